import SyncCore

/// Whether a model can be read by its cursor, as far as the prepared statement says.
enum CursorCheck {
    static func findings(model: ModelDefinition, columns: [ColumnDescription]) -> [Diagnostic] {
        guard let cursor = model.cursor else { return [] }
        guard let column = columns.first(where: { $0.name == cursor.column }) else {
            return [.unknownColumn(cursor.column, among: columns, at: cursor.position)]
        }
        if let repeated = repeatedName(columns) {
            return [
                .error(
                    "duplicate_column", "the model has a cursor, and more than one column named \(repeated)",
                    at: cursor.position, hint: "give each its own name with AS")
            ]
        }
        switch column.type {
        case .dynamic: return []
        case .integer:
            if case .time = cursor.overlap { return [CursorValue.wrongOverlap(of: cursor, isInteger: true)] }
            return []
        case .timestamp, .localTimestamp, .date:
            if case .count = cursor.overlap { return [CursorValue.wrongOverlap(of: cursor, isInteger: false)] }
            guard column.type == .localTimestamp, model.timeZone == nil else { return [] }
            return [
                .error(
                    "time_zone_missing",
                    "the cursor column \(column.name) is \(column.typeName), a time without a zone",
                    at: cursor.position, hint: "set time_zone: in the model, for example time_zone: UTC")
            ]
        default:
            return [
                .error(
                    "cursor_type",
                    "the cursor column \(column.name) is \(column.typeName): a cursor is an integer, a date or a "
                        + "timestamp", at: cursor.position)
            ]
        }
    }

    /// The SELECT around the model could not tell them apart; SQLite's names differ by more than their case.
    private static func repeatedName(_ columns: [ColumnDescription]) -> String? {
        var seen: Set<String> = []
        return columns.first { column in
            !seen.insert(column.type == .dynamic ? column.name.lowercased() : column.name).inserted
        }?.name
    }
}
