import SyncCore

/// A model file as read: the model where it is sound, and its syncs.
struct ModelFile {
    var name: String
    var model: ModelDefinition?
    var syncs: [WrittenSync] = []
}

/// Reads models/NAME.yml, whose shape was checked.
struct ModelSection {
    let name: String
    let file: ProjectFile
    /// Nil where the .sql file is missing, blank or unreadable.
    let statement: SQLStatement?
    let configuration: Configuration
    let attributes: Registry<AttributeDefinition>
    let findings: Findings

    func read(_ document: YAMLValue) -> ModelFile {
        guard let root = Settings(document) else { return ModelFile(name: name) }
        let syncs = SyncSection(
            file: file, destinations: configuration.destinations, attributes: attributes, findings: findings)
        return ModelFile(name: name, model: model(root), syncs: root.items("syncs").compactMap(syncs.read))
    }

    private func model(_ root: Settings) -> ModelDefinition? {
        guard let entry = root.entry("model"), let settings = Settings(entry.value) else { return nil }
        let source = configuration.sources.resolve(
            settings.entry("source"), what: "source", code: "unknown_source", findings: findings)
        let primaryKey = distinct("primary_key", in: settings)
        let tests = settings.items("tests").compactMap(test)
        guard let source, let statement else { return nil }
        var model = ModelDefinition(
            name: name, source: source, statement: statement, primaryKey: primaryKey, position: entry.keyPosition)
        model.description = settings.text("description")
        model.tests = tests
        model.piiColumns = distinct("pii", in: settings)
        model.columnPlaces = columnPlaces(settings)
        model.timeZone = settings.text("time_zone")
        model.primaryKeyPosition = settings.position(of: "primary_key")
        model.primaryKeyPlaces = Self.places(settings.texts("primary_key"))
        return model
    }

    /// Where `pii` and the tests name columns.
    private func columnPlaces(_ settings: Settings) -> [ColumnPlace] {
        let tests = settings.items("tests").compactMap { Settings($0) }
        let named = tests.flatMap { test in
            test.texts("unique") + test.texts("not_null") + (test.settings("accepted_values")?.texts("column") ?? [])
        }
        return Self.places(settings.texts("pii") + named)
    }

    private static func places(_ texts: [(text: String, position: Diagnostic.Position)]) -> [ColumnPlace] {
        texts.filter { !$0.text.isEmpty }.map { ColumnPlace(column: $0.text, position: $0.position) }
    }

    private func distinct(_ key: String, in settings: Settings) -> [String] {
        var seen: [String] = []
        for (text, position) in settings.texts(key) {
            if text.isEmpty {
                findings.error("invalid_value", "`\(key)`: a column's name cannot be empty", at: position)
            } else if seen.contains(text) {
                findings.error("invalid_value", "`\(key)`: `\(text)` is named twice", at: position)
            } else {
                seen.append(text)
            }
        }
        return seen
    }

    private func test(_ item: YAMLValue) -> ModelTest? {
        guard let settings = Settings(item) else { return nil }
        if settings.entry("unique") != nil { return .unique(settings.texts("unique").map(\.text)) }
        if settings.entry("not_null") != nil { return .notNull(settings.texts("not_null").map(\.text)) }
        if let accepted = settings.settings("accepted_values"), let column = accepted.text("column") {
            return .acceptedValues(column: column, values: accepted.items("values").compactMap(value))
        }
        guard let entry = settings.entry("row_count"), let count = Settings(entry.value) else { return nil }
        let (minimum, maximum) = (count.integer("min"), count.integer("max"))
        if count.entries.isEmpty {
            findings.error(
                "missing_key", "row_count needs at least one of the keys `min` and `max`", at: entry.keyPosition)
        }
        if let minimum, let maximum, minimum > maximum {
            findings.error("invalid_value", "`row_count`: `min` is above `max`", at: entry.value.position)
        }
        return .rowCount(minimum: minimum, maximum: maximum)
    }

    private func value(_ item: YAMLValue) -> AttributeValue? {
        guard let scalar = item.scalar else { return nil }
        switch scalar.meaning {
        case .boolean(let flag): return .boolean(flag)
        case .integer(let whole): return .integer(whole)
        case .number(let number): return .number(number)
        case .text, .null: return .string(scalar.text)
        }
    }
}
