package import SyncCore

/// The text of everything in a sync's definitions that decides a plan. Equal texts make equal plans from equal rows;
/// hashing is the caller's.
package enum DefinitionDigest {
    /// One line a part, `name=JSON text`; no secret is in it. Descriptions, schedules, guards and retries, which do
    /// not change what is sent, are left out.
    package static func canonicalText(of sync: SyncDefinition) -> String {
        var lines = ["headrace definitions 1"]
        func add(_ name: String, _ value: String?) { lines.append("\(name)=\(value.map(quoted) ?? "null")") }
        add("sync", sync.name)
        add("model", sync.model.name)
        add("source", sync.model.source.name)
        add("statement", sync.model.statement.text)
        for (name, value) in sync.model.statement.variables.sorted(by: { $0.key < $1.key }) {
            // The text says more where a value can be written in several ways: PostgreSQL gets it as written.
            let written = value.isWrittenPlainly ? "" : " written \(quoted(value.text))"
            lines.append("variable=\(quoted(name)) \(text(of: value.value))\(written)")
        }
        if let cursor = sync.model.cursor { add("cursor", cursor.column) }
        add("project_uid", sync.destination.projectUID)
        add("region", sync.destination.region)
        add("edge_url", sync.destination.edgeURL)
        add("send", sync.send.rawValue)
        return lines.joined(separator: "\n") + "\n" + typingText(of: sync)
    }

    /// The part of it that decides what a row is typed to, whatever statement gives the row.
    package static func typingText(of sync: SyncDefinition) -> String {
        var lines = sync.model.primaryKey.map { "primary_key=\(quoted($0))" }
        lines.append("time_zone=\(sync.model.timeZone.map(quoted) ?? "null")")
        lines.append("match=\(quoted(sync.match.column))")
        lines.append("match_pii=\(sync.match.isPII)")
        for mapping in sync.mappings { lines.append("mapping=" + text(of: mapping)) }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func text(of mapping: Mapping) -> String {
        let origin =
            switch mapping.origin {
            case .column(let name): "column " + quoted(name)
            case .value(let value): "value " + text(of: value)
            case .template(let template): "template " + template.parts.map(text).joined(separator: " ")
            }
        let policy =
            switch mapping.onNull {
            case .skip: "skip"
            case .null: "null"
            case .constant(let value): "constant " + text(of: value)
            }
        let unit = mapping.castUnit.map { " " + $0.rawValue } ?? ""
        return [
            origin, "cast " + (mapping.cast?.rawValue ?? "none") + unit, "on_null " + policy,
            "on_removed " + (mapping.onRemoved.map(text) ?? "none"), text(of: mapping.attribute),
        ].joined(separator: "; ")
    }

    private static func text(of attribute: AttributeDefinition) -> String {
        [
            "attribute " + quoted(attribute.key), "type " + attribute.type.rawValue,
            "allowed [" + attribute.allowed.map(text).joined(separator: ",") + "]",
            "pii \(attribute.isPII)", "encoding " + attribute.encoding.rawValue,
            "precision " + attribute.precision.rawValue,
        ].joined(separator: "; ") + text(of: attribute.limits)
    }

    /// Nothing for an attribute without limits, so that a plan made before there were any stays valid.
    private static func text(of limits: AttributeLimits) -> String {
        let parts = [
            limits.minimum.map { "min \($0)" }, limits.maximum.map { "max \($0)" },
            limits.maximumLength.map { "max_length \($0)" },
        ]
        return parts.compactMap { $0 }.map { "; " + $0 }.joined()
    }

    private static func text(of part: Template.Part) -> String {
        switch part {
        case .text(let text): "text " + quoted(text)
        case .column(let name, let filters):
            (["column " + quoted(name)] + filters.map(text)).joined(separator: " | ")
        }
    }

    private static func text(of filter: TemplateFilter) -> String {
        switch filter {
        case .trim: "trim"
        case .upper: "upper"
        case .lower: "lower"
        case .capitalize: "capitalize"
        case .date(let format): "date " + quoted(format.text)
        }
    }

    /// The kind is part of the text: 1 as an integer is not 1 as a number.
    private static func text(of value: AttributeValue) -> String {
        switch value {
        case .null: "null"
        case .boolean, .string: value.json
        case .integer: "integer " + value.json
        case .number: "number " + value.json
        }
    }

    private static func quoted(_ text: String) -> String { AttributeValue.string(text).json }
}
