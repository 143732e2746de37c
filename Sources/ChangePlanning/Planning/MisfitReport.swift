import SyncCore

/// Says in words why a row is invalid, with every personal value masked.
struct MisfitReport: Sendable {
    private let columns: [ColumnDescription]
    let maskedColumns: Set<Int>
    private let masksKeys: Bool
    private let keyColumns: Set<Int>
    private let matchColumn: Int
    private let attributes: [AttributeDefinition]
    private let keys: KeyRing
    private static let longestValue = 80

    init(sync: SyncDefinition, typer: RowTyper, keys: KeyRing) {
        columns = typer.columns
        attributes = typer.mappings.map(\.definition.attribute)
        masksKeys = sync.match.isPII
        matchColumn = typer.matchColumn
        keyColumns = Set(typer.keyColumns)
        var masked = Set(typer.mappings.filter(\.isProtected).flatMap(\.columns))
        masked.formUnion(columns.indices.filter { sync.model.piiColumns.contains(typer.columns[$0].name) })
        if sync.match.isPII { masked.formUnion(typer.keyColumns + [typer.matchColumn]) }
        maskedColumns = masked
        self.keys = keys
    }

    /// The row that the typer has just read.
    func row(_ misfit: RowTyper.Misfit, row: Int, of batch: RowBatch, typer: RowTyper) -> InvalidRow {
        var result = self.row(misfit, key: String(decoding: typer.primaryKey, as: UTF8.self))
        if !typer.hasPrimaryKey { result.key = nil }
        let cell = batch.cell(row: row, column: misfit.column)
        result.value = shown(cell, of: batch, isMasked: maskedColumns.contains(misfit.column))
        if misfit.problem == .otherType, let mapping = misfit.mapping {
            let type = attributes[mapping].type.rawValue
            let article = "aeiou".contains(type.prefix(1)) ? "an" : "a"
            result.reason = "\(Self.noun(cell)) in \(article) \(type) attribute"
        }
        return result
    }

    /// A row of which only the key is at hand.
    func row(_ misfit: RowTyper.Misfit, key: String) -> InvalidRow {
        let expected: String
        if let mapping = misfit.mapping {
            expected = attributes[mapping].type.rawValue
        } else {
            expected = misfit.column == matchColumn ? "a user uid" : "a primary key"
        }
        let reason = misfit.mapping.flatMap { Self.reason(misfit.problem, attributes[$0].limits) }
        return InvalidRow(
            key: masksKeys ? keys.mask(key) : escaped(key), column: columns[misfit.column].name, value: nil,
            expected: expected, reason: reason ?? misfit.problem.reason)
    }

    /// Names the limit that a value broke.
    private static func reason(_ problem: TypingProblem, _ limits: AttributeLimits) -> String? {
        switch problem {
        case .belowMinimum: "a value below \(limits.name(of: .belowMinimum))"
        case .aboveMaximum: "a value above \(limits.name(of: .aboveMaximum))"
        case .tooLong: "a text longer than \(limits.name(of: .tooLong))"
        default: nil
        }
    }

    private func shown(_ cell: Cell, of batch: RowBatch, isMasked: Bool) -> String? {
        guard cell != .null else { return nil }
        let text = cell.text(of: batch)
        return isMasked ? keys.mask(text) : escaped(text)
    }

    private func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars.prefix(Self.longestValue) {
            let isControl =
                scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
            result += isControl ? scalar.escaped(asASCII: true) : String(scalar)
        }
        return String(result.prefix(Self.longestValue))
    }

    private static func noun(_ cell: Cell) -> String {
        switch cell {
        case .null: "null"
        case .boolean: "a boolean"
        case .integer: "an integer"
        case .double, .float: "a real"
        case .decimal, .bigDecimal: "a numeric"
        case .text: "text"
        case .uuid: "a uuid"
        case .date: "a date"
        case .timestamp, .localTimestamp, .infiniteTime: "a timestamp"
        case .textList, .nestedList: "a list"
        case .json: "JSON"
        case .bytes: "binary data"
        case .other: "a value of another type"
        }
    }
}

extension Cell {
    /// The cell as people read it, however odd; invalid UTF-8 shows replacement characters.
    func text(of batch: RowBatch) -> String {
        switch self {
        case .null: return "null"
        case .bytes(let slice): return "\(slice.count) bytes"
        case .infiniteTime(let isNegative): return PlainText.infiniteTime(isNegative: isNegative)
        case .textList(let slice): return StringLists.shown(slice, of: batch)
        case .nestedList: return "a list of lists"
        case .text(let slice), .json(let slice), .other(let slice), .bigDecimal(let slice):
            return String(decoding: batch.slice(slice).prefix(400), as: UTF8.self)
        case .double(let value): return value.description
        case .float(let value): return value.description
        default:
            var bytes: [UInt8] = []
            var clock: LocalClock?
            do { try PlainText.append(self, of: batch.bytes, to: &bytes, clock: &clock) } catch {
                return "out of range"
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
