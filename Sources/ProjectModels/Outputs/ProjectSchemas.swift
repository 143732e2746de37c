import SyncCore

/// JSON Schemas (draft 2020-12) of the YAML files, for editors; made from the tables that the files are checked with.
package enum ProjectSchemas {
    /// The schemas of headrace.yml, models/attributes.yml and models/NAME.yml, by the name of their own file.
    package static var all: [(name: String, schema: String)] {
        [
            ("headrace.schema.json", document(KeyTables.headrace, title: "headrace.yml")),
            ("attributes.schema.json", document(KeyTables.attributesFile, title: "models/attributes.yml")),
            ("model.schema.json", document(KeyTables.modelFile, title: "models/NAME.yml")),
        ]
    }

    private static func document(_ spec: MappingSpec, title: String) -> String {
        let head: [(key: String, value: SchemaNode)] = [
            ("$schema", .text("https://json-schema.org/draft/2020-12/schema")), ("title", .text(title)),
        ]
        return SchemaNode.object(head + mapping(spec)).rendered() + "\n"
    }

    private static func mapping(_ spec: MappingSpec) -> [(key: String, value: SchemaNode)] {
        var members: [(key: String, value: SchemaNode)] = [
            ("type", .text("object")),
            ("properties", .object(spec.keys.map { ($0.name, property($0)) })),
            ("additionalProperties", .flag(false)),
        ]
        let required = spec.keys.filter(\.isRequired)
        if !required.isEmpty { members.append(("required", .list(required.map { .text($0.name) }))) }
        return members
    }

    private static func property(_ key: KeySpec) -> SchemaNode {
        var members = kind(key.kind)
        if key.isNullable { members = [("anyOf", .list([.object([("type", .text("null"))]), .object(members)]))] }
        return .object([("description", .text(key.description))] + members)
    }

    private static func kind(_ kind: ValueKind) -> [(key: String, value: SchemaNode)] {
        switch kind {
        case .text, .secret, .region, .httpURL, .timeZone: scalarText
        case .integer(let minimum): orVariable([("type", .text("integer")), ("minimum", .whole(minimum))])
        case .number(minimum: -.infinity): orVariable([("type", .text("number"))])
        case .number(let minimum): orVariable([("type", .text("number")), ("minimum", .whole(Int64(minimum)))])
        case .boolean: orVariable([("type", .text("boolean"))])
        case .duration: orVariable(pattern("^[0-9]+(ms|s|m|h|d)$"))
        case .percent: orVariable(pattern("^[0-9]+(\\.[0-9]*)?%$"))
        case .byteCount, .percentOrCount, .durationOrCount: [("type", .list([.text("string"), .text("integer")]))]
        case .choice(let choices): orVariable([("enum", .list(choices.map { .text($0) }))])
        case .texts, .secretTexts:
            [("anyOf", .list([.object(scalarText), .object(list(.text) + [("minItems", .whole(1))])]))]
        case .constants: list(.text)
        case .constant: [("anyOf", .list([.object(scalarText), .object(list(.text))]))]
        case .mapping(let spec): mapping(spec)
        case .choiceOrOneOf(let choices, let spec):
            [("anyOf", .list([.object(self.kind(.choice(choices))), .object(self.kind(.oneOf(spec)))]))]
        case .oneOf(let spec): mapping(spec) + [("minProperties", .whole(1)), ("maxProperties", .whole(1))]
        case .named(let kind):
            [("type", .list([.text("object"), .text("null")])), ("additionalProperties", .object(self.kind(kind)))]
        case .list(let kind): list(kind, orNull: true)
        case .variants(let spec): variants(spec)
        }
    }

    /// YAML writes texts such as 2026 or true without quotes.
    private static let scalarText: [(key: String, value: SchemaNode)] = [
        ("type", .list([.text("string"), .text("number"), .text("boolean")]))
    ]

    private static func pattern(_ pattern: String) -> [(key: String, value: SchemaNode)] {
        [("type", .text("string")), ("pattern", .text(pattern))]
    }

    private static func orVariable(_ members: [(key: String, value: SchemaNode)]) -> [(key: String, value: SchemaNode)]
    {
        [("anyOf", .list([.object(members), .object(pattern("\\$\\{"))]))]
    }

    private static func list(_ kind: ValueKind, orNull: Bool = false) -> [(key: String, value: SchemaNode)] {
        let type: SchemaNode = orNull ? .list([.text("array"), .text("null")]) : .text("array")
        return [("type", type), ("items", .object(self.kind(kind)))]
    }

    private static func variants(_ spec: VariantSpec) -> [(key: String, value: SchemaNode)] {
        let choices = spec.variants.map { variant -> SchemaNode in
            var mapping = variant.mapping
            mapping.keys.removeAll { $0.name == spec.discriminator.name }
            var members = self.mapping(mapping)
            let constant = SchemaNode.object([
                ("description", .text(spec.discriminator.description)), ("const", .text(variant.name)),
            ])
            for index in members.indices {
                switch (members[index].key, members[index].value) {
                case ("properties", .object(let properties)):
                    members[index].value = .object([(spec.discriminator.name, constant)] + properties)
                case ("required", .list(let names)):
                    members[index].value = .list([.text(spec.discriminator.name)] + names)
                default: break
                }
            }
            if !members.contains(where: { $0.key == "required" }) {
                members.append(("required", .list([.text(spec.discriminator.name)])))
            }
            return .object(members)
        }
        return [("oneOf", .list(choices))]
    }
}
