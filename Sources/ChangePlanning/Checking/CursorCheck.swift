import SyncCore

/// Whether a model can be read by its cursor, as far as the prepared statement says.
enum CursorCheck {
    /// `sync` is the one that reads the model, where there is one.
    static func findings(
        model: ModelDefinition, columns: [ColumnDescription], sync: SyncDefinition? = nil
    ) -> [Diagnostic] {
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
        // The mark, a value of the column, is stored and shown as it is.
        if RowPreview.maskedColumns(of: model, syncs: sync.map { [$0] } ?? []).contains(column.name) {
            return [
                .error(
                    "cursor_pii",
                    "the cursor column \(column.name) is personal, and the state, status and plans show its values",
                    at: cursor.position,
                    hint: "give the model another column that grows with every change, or go without a cursor")
            ]
        }
        switch column.type {
        case .dynamic: return trailing(column, model, cursor)
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

    /// Of a clock whose zone nobody says the mark stays half a day behind now, and so much is read again by every run.
    private static func trailing(
        _ column: ColumnDescription, _ model: ModelDefinition, _ cursor: CursorDefinition
    ) -> [Diagnostic] {
        if case .count = cursor.overlap { return [] }
        guard model.timeZone == nil, SQLiteAffinity(declaredType: column.typeName) != .integer else { return [] }
        return [
            .note(
                "cursor_trails",
                "if the cursor column \(column.name) holds times without a zone, every run reads the last 12 hours again",
                at: cursor.position, hint: "set time_zone: in the model, for example time_zone: UTC")
        ]
    }

    /// The SELECT around the model could not tell them apart; SQLite's names differ by more than their case.
    private static func repeatedName(_ columns: [ColumnDescription]) -> String? {
        var seen: Set<String> = []
        return columns.first { column in
            !seen.insert(column.type == .dynamic ? column.name.lowercased() : column.name).inserted
        }?.name
    }
}
