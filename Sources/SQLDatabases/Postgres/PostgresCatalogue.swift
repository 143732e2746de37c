import SyncCore

/// What only the server's catalogue knows of a statement's columns.
enum PostgresCatalogue {
    /// The type of each column, asking about those that are not built in.
    static func types(of columns: [PGColumn], on connection: PGConnection) throws(PGError) -> [PostgresType] {
        let unknown = Set(columns.map(\.typeID)).filter { PostgresType.builtIn($0) == nil }.sorted()
        var found: [UInt32: PostgresType] = [:]
        if !unknown.isEmpty {
            let result = try connection.execute(
                """
                SELECT t.oid, t.typname, t.typtype, coalesce(e.typname, ''), coalesce(e.typtype, '') \
                FROM pg_catalog.pg_type t \
                LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND t.typcategory = 'A' \
                WHERE t.oid IN (\(list(unknown)))
                """)
            for row in 0..<result.rowCount {
                let text = (0..<5).map { result.text(row: row, column: $0) ?? "" }
                found[UInt32(text[0]) ?? 0] = .catalogued(
                    name: text[1], kind: text[2], element: text[3], elementKind: text[4])
            }
        }
        return columns.map {
            PostgresType.builtIn($0.typeID) ?? found[$0.typeID] ?? PostgresType("unknown", .other, .other)
        }
    }

    /// Whether each column may be null: known where it is simply one of a table and no outer join or grouping set can
    /// have made nulls of it.
    static func nullability(
        of columns: [PGColumn], _ outline: SQLOutline, on connection: PGConnection
    ) throws(PGError) -> [Bool?] {
        let tables = Set(columns.map(\.tableID)).subtracting([0]).sorted()
        guard !tables.isEmpty else { return columns.map { _ in nil } }
        let result = try connection.execute(
            """
            SELECT a.attrelid, a.attnum, a.attnotnull FROM pg_catalog.pg_attribute a \
            JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p') \
            WHERE a.attrelid IN (\(list(tables))) AND a.attnum > 0
            """)
        var isNullable: [[Int]: Bool] = [:]
        for row in 0..<result.rowCount {
            let place = (0..<2).map { Int(result.text(row: row, column: $0) ?? "") ?? 0 }
            isNullable[place] = result.text(row: row, column: 2) != "t"
        }
        let makesNulls = !outline.words.isDisjoint(with: ["LEFT", "RIGHT", "FULL", "ROLLUP", "CUBE", "GROUPING"])
        return columns.map { column in
            guard let known = isNullable[[Int(column.tableID), column.tableColumn]] else { return nil }
            return known || !makesNulls ? known : nil
        }
    }

    private static func list(_ ids: [UInt32]) -> String { ids.map(String.init).joined(separator: ", ") }
}
