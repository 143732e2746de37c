package import SyncCore

/// What a prepared statement alone says can never fit its sync. No row is read.
package struct SyncCheck {
    private let model: ModelDefinition
    private let columns: [ColumnDescription]
    private var findings: [Diagnostic] = []

    /// All findings, in the order of the sync's own file: the model's columns first, then mappings.
    package static func findings(
        sync: SyncDefinition, columns: [ColumnDescription], dialect: SQLDialect
    ) -> [Diagnostic] {
        var check = SyncCheck(model: sync.model, columns: columns)
        check.checkKeys(matchColumn: sync.match.column, at: sync.match.position ?? sync.position)
        check.checkNamedColumns()
        check.findings += CursorCheck.findings(model: check.model, columns: columns, sync: sync)
        for mapping in sync.mappings { check.checkMapping(mapping, dialect: dialect) }
        return check.findings
    }

    /// The findings of a model that no sync reads.
    package static func findings(model: ModelDefinition, columns: [ColumnDescription]) -> [Diagnostic] {
        var check = SyncCheck(model: model, columns: columns)
        check.checkKeys(matchColumn: nil, at: nil)
        check.checkNamedColumns()
        check.findings += CursorCheck.findings(model: check.model, columns: columns)
        return check.findings
    }

    private init(model: ModelDefinition, columns: [ColumnDescription]) {
        self.model = model
        self.columns = columns
    }

    private mutating func checkKeys(matchColumn: String?, at matchPosition: Diagnostic.Position?) {
        var keys = model.primaryKey.map { name in
            let place = model.primaryKeyPlaces.first { $0.column == name }
            return (name, place?.position ?? model.primaryKeyPosition ?? model.position)
        }
        if let matchColumn { keys.append((matchColumn, matchPosition)) }
        var seen: Set<String> = []
        for (name, position) in keys {
            guard seen.insert(name).inserted, let column = column(name, at: position) else { continue }
            if ![.text, .integer, .uuid, .dynamic].contains(column.type) {
                findings.append(
                    .error(
                        "type_mismatch",
                        "the key column \(name) is \(named(column)); a key must be text, an integer or a uuid",
                        at: position))
            } else if column.isNullable == true {
                findings.append(
                    .note(
                        "nullable_key", "the key column \(name) may be null; a row with a null key is invalid",
                        at: position))
            }
        }
    }

    private mutating func checkNamedColumns() {
        for place in model.columnPlaces where !columns.contains(where: { $0.name == place.column }) {
            findings.append(.unknownColumn(place.column, among: columns, at: place.position))
        }
        for test in model.tests {
            guard case .freshness(let name, _) = test.claim, let column = columns.first(where: { $0.name == name })
            else { continue }
            checkFreshness(column, at: test.position)
        }
    }

    private mutating func checkFreshness(_ column: ColumnDescription, at position: Diagnostic.Position) {
        switch column.type {
        case .timestamp, .dynamic: break
        case .localTimestamp, .date: if model.timeZone == nil { missTimeZone(column, at: position) }
        default:
            findings.append(
                .error(
                    "type_mismatch", "freshness compares times, and column \(column.name) is \(named(column))",
                    at: position))
        }
    }

    private mutating func missTimeZone(_ column: ColumnDescription, at position: Diagnostic.Position?) {
        findings.append(
            .error(
                "time_zone_missing", "column \(column.name) is \(named(column)), a time without a zone",
                at: position, hint: "set time_zone: in the model, for example time_zone: UTC"))
    }

    private mutating func checkMapping(_ mapping: Mapping, dialect: SQLDialect) {
        switch mapping.origin {
        case .value: break
        case .column(let name):
            guard let column = column(name, at: mapping.position) else { return }
            checkType(of: column, in: mapping, dialect: dialect)
        case .template(let template):
            checkPlaces(of: template, in: mapping, dialect: dialect)
            if !ConversionTable.canFit(.text, mapping.attribute.type, cast: mapping.cast, unit: mapping.castUnit) {
                mismatch("a template gives text, which does not fit \(described(mapping))", mapping)
            }
        }
    }

    private mutating func checkPlaces(of template: Template, in mapping: Mapping, dialect: SQLDialect) {
        var unknown: Set<String> = []
        var positions = mapping.templatePositions[...]
        for case .column(let name, let filters) in template.parts {
            let position = positions.popFirst() ?? mapping.position
            guard !unknown.contains(name) else { continue }
            guard let column = column(name, at: position) else {
                unknown.insert(name)
                continue
            }
            checkPlace(column, filters, at: position, dialect: dialect)
        }
    }

    private mutating func checkPlace(
        _ column: ColumnDescription, _ filters: [TemplateFilter], at position: Diagnostic.Position?, dialect: SQLDialect
    ) {
        let what = "column \(column.name) is \(named(column))"
        guard case .date(let format)? = filters.first else {
            if !ConversionTable.fitsTemplate(column.type, filters: filters) {
                report("\(what), which has no plain text for a template", at: position)
            }
            return
        }
        if !ConversionTable.fitsTemplate(column.type, filters: filters) {
            report("\(what), and the filter date takes dates and timestamps", at: position)
        } else if column.type == .date, let field = format.firstFieldOfTime {
            report("\(what), which has no time of day for %\(field.rawValue)", at: position)
        } else if dialect == .sqlite, SQLiteAffinity(declaredType: column.typeName).rarelyFits(.date) {
            findings.append(
                .warning(
                    "type_mismatch",
                    "column \(column.name) is declared \(column.typeName), whose values rarely are dates for the filter date",
                    at: position))
        }
    }

    private mutating func checkType(of column: ColumnDescription, in mapping: Mapping, dialect: SQLDialect) {
        let type = mapping.attribute.type
        if let cast = mapping.cast, !ConversionTable.gives(cast, type) {
            return mismatch("cast: \(cast.rawValue) does not give what \(described(mapping)) takes", mapping)
        }
        guard ConversionTable.canFit(column.type, type, cast: mapping.cast, unit: mapping.castUnit) else {
            let help = mapping.cast == nil ? ConversionTable.helpfulCast(column.type, type) : nil
            return mismatch(
                "column \(column.name) is \(named(column)), which does not fit \(described(mapping))", mapping,
                hint: help.map { "add cast: \($0.rawValue) to the mapping" })
        }
        if needsTimeZone(column.type, mapping), model.timeZone == nil {
            missTimeZone(column, at: mapping.position)
        }
        if dialect == .sqlite, column.type == .dynamic { checkDeclaredType(of: column, in: mapping) }
    }

    private func needsTimeZone(_ type: SourceType, _ mapping: Mapping) -> Bool {
        guard mapping.attribute.type == .timestamp else { return false }
        return type == .localTimestamp || type == .date
    }

    /// A declared type is a habit in SQLite, not a promise: a warning at most.
    private mutating func checkDeclaredType(of column: ColumnDescription, in mapping: Mapping) {
        let affinity = SQLiteAffinity(declaredType: column.typeName)
        switch mapping.cast {
        case nil where affinity.rarelyFits(mapping.attribute.type):
            findings.append(
                .warning(
                    "type_mismatch",
                    "column \(column.name) is declared \(column.typeName), whose values rarely fit \(described(mapping))",
                    at: mapping.position))
        case .date? where affinity == .real && mapping.castUnit == nil,
            .timestamp? where affinity == .real && mapping.castUnit == nil:
            let cast = mapping.attribute.type.rawValue
            findings.append(
                .warning(
                    "time_unit_unsaid",
                    "column \(column.name) is declared \(column.typeName), and a real under cast: \(cast) is a Julian day",
                    at: mapping.position,
                    hint: "write what it counts: cast: {\(cast): julian_day}, or {\(cast): epoch_seconds}"))
        default: break
        }
    }

    private mutating func column(_ name: String, at position: Diagnostic.Position?) -> ColumnDescription? {
        let found = columns.filter { $0.name == name }
        if found.isEmpty { findings.append(.unknownColumn(name, among: columns, at: position)) }
        if found.count > 1 {
            findings.append(
                .error(
                    "duplicate_column", "the model has \(found.count) columns named \(name)", at: position,
                    hint: "give each its own name with AS"))
        }
        return found.count == 1 ? found[0] : nil
    }

    private mutating func mismatch(_ message: String, _ mapping: Mapping, hint: String? = nil) {
        report(message, at: mapping.position, hint: hint)
    }

    private mutating func report(_ message: String, at position: Diagnostic.Position?, hint: String? = nil) {
        findings.append(.error("type_mismatch", message, at: position, hint: hint))
    }

    private func named(_ column: ColumnDescription) -> String { column.typeName.isEmpty ? "untyped" : column.typeName }

    private func described(_ mapping: Mapping) -> String {
        "\(mapping.attribute.key) (\(mapping.attribute.type.rawValue))"
    }
}
