import SyncCore

/// A model file as read: the model where it is sound, and its syncs.
struct ModelFile {
    var name: String
    var model: ModelDefinition?
    var syncs: [WrittenSync] = []
    /// The models that its statement reads by their names.
    var includes: [Include] = []

    struct Include {
        var name: String
        var position: Diagnostic.Position
    }
}

/// Reads models/NAME.yml, whose shape was checked.
struct ModelSection {
    let name: String
    let file: ProjectFile
    /// Nil where the .sql file is missing, blank or unreadable.
    let statement: SQLStatement?
    let configuration: Configuration
    let attributes: Registry<AttributeDefinition>
    /// Every model of the project that is written.
    let modelNames: Set<String>
    let variables: ModelVariables
    let findings: Findings

    func read(_ document: YAMLValue) -> ModelFile {
        guard let root = Settings(document) else { return ModelFile(name: name) }
        let syncs = SyncSection(
            file: file, destinations: configuration.destinations, attributes: attributes, findings: findings)
        return ModelFile(
            name: name, model: model(root), syncs: root.items("syncs").compactMap(syncs.read),
            includes: includes(root.settings("model")))
    }

    private func includes(_ model: Settings?) -> [ModelFile.Include] {
        guard let model else { return [] }
        let names = Set(distinct("include", in: model, what: "model"))
        var seen: Set<String> = []
        return model.texts("include").filter { names.contains($0.text) && seen.insert($0.text).inserted }
            .map { ModelFile.Include(name: $0.text, position: $0.position) }
    }

    private func model(_ root: Settings) -> ModelDefinition? {
        guard let entry = root.entry("model"), let settings = Settings(entry.value) else { return nil }
        let source = configuration.sources.resolve(
            settings.entry("source"), what: "source", code: "unknown_source", findings: findings)
        let primaryKey = distinct("primary_key", in: settings)
        guard let source else { return nil }
        let section = TestSection(
            model: name, dialect: source.kind.dialect, file: file, modelNames: modelNames,
            variables: variables, findings: findings)
        let tests = section.read(settings.items("tests"))
        guard let statement else { return nil }
        var model = ModelDefinition(
            name: name, source: source, statement: variables.bind(statement, source.kind.dialect),
            primaryKey: primaryKey, position: entry.keyPosition)
        model.description = settings.text("description")
        model.tests = tests
        model.piiColumns = distinct("pii", in: settings)
        model.columnPlaces = columnPlaces(settings)
        model.timeZone = settings.text("time_zone")
        model.cursor = cursor(settings.settings("cursor"))
        model.primaryKeyPosition = settings.position(of: "primary_key")
        model.primaryKeyPlaces = Self.places(settings.texts("primary_key"))
        return model
    }

    private func cursor(_ settings: Settings?) -> CursorDefinition? {
        guard let settings, let column = settings.text("column"), !column.isEmpty else { return nil }
        var cursor = CursorDefinition(column: column, position: settings.position(of: "column"))
        if let overlap = settings.text("overlap") {
            cursor.overlap = Int64(overlap).map { .count($0) } ?? Quantities.duration(overlap).map { .time($0) }
        }
        if settings.value("full_every")?.isNull == true { cursor.fullEvery = nil }
        if let fullEvery = settings.duration("full_every") { cursor.fullEvery = fullEvery }
        return cursor
    }

    /// Where `pii` and the tests name columns.
    private func columnPlaces(_ settings: Settings) -> [ColumnPlace] {
        let tests = settings.items("tests").compactMap { Settings($0) }
        let named = tests.flatMap { test in
            test.texts("unique") + test.texts("not_null")
                + ["accepted_values", "relationships", "freshness"].flatMap {
                    test.settings($0)?.texts("column") ?? []
                }
        }
        return Self.places(settings.texts("pii") + named)
    }

    private static func places(_ texts: [(text: String, position: Diagnostic.Position)]) -> [ColumnPlace] {
        texts.filter { !$0.text.isEmpty }.map { ColumnPlace(column: $0.text, position: $0.position) }
    }

    private func distinct(_ key: String, in settings: Settings, what: String = "column") -> [String] {
        var seen: [String] = []
        for (text, position) in settings.texts(key) {
            if text.isEmpty {
                findings.error("invalid_value", "`\(key)`: a \(what)'s name cannot be empty", at: position)
            } else if seen.contains(text) {
                findings.error("invalid_value", "`\(key)`: `\(text)` is named twice", at: position)
            } else {
                seen.append(text)
            }
        }
        return seen
    }
}
