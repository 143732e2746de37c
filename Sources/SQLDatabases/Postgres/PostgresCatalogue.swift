import SyncCore

/// What only the server's catalogue knows of a statement's columns.
enum PostgresCatalogue {
    /// The type of each column, asking about those that are not built in.
    static func types(of columns: [PGColumn], on connection: PGConnection) throws(PGError) -> [PostgresType] {
        let unknown = Set(columns.map(\.typeID)).filter { PostgresType.builtIn($0) == nil }.sorted()
        var found: [UInt32: PostgresType] = [:]
        if !unknown.isEmpty {
            found = try catalogued(unknown, on: connection)
        }
        return columns.map {
            PostgresType.builtIn($0.typeID) ?? found[$0.typeID] ?? PostgresType("unknown", .other, .other, form: .text)
        }
    }

    /// Items of a domain are read as the type below it; a column of one is described as that by the server itself.
    private static func catalogued(
        _ ids: [UInt32], on connection: PGConnection
    ) throws(PGError) -> [UInt32: PostgresType] {
        let result = try connection.execute(
            """
            WITH RECURSIVE item (array_type, name, type) AS (
                SELECT e.typarray, e.typname, e.oid FROM pg_catalog.pg_type e WHERE e.typarray IN (\(list(ids)))
                UNION ALL
                SELECT i.array_type, i.name, d.typbasetype
                FROM item i JOIN pg_catalog.pg_type d ON d.oid = i.type AND d.typtype = 'd'
            )
            SELECT t.oid, coalesce(i.name, t.typname), t.typtype, t.typcategory, i.oid, i.typtype, i.typcategory
            FROM pg_catalog.pg_type t LEFT JOIN (
                SELECT i.array_type, i.name, e.oid, e.typtype, e.typcategory
                FROM item i JOIN pg_catalog.pg_type e ON e.oid = i.type AND e.typtype <> 'd'
            ) i ON i.array_type = t.oid
            WHERE t.oid IN (\(list(ids)))
            """)
        var found: [UInt32: PostgresType] = [:]
        for row in 0..<result.rowCount {
            let text = (0..<7).map { result.text(row: row, column: $0) ?? "" }
            let type = PostgresType.Catalogued(
                id: UInt32(text[0]) ?? 0, name: text[1], kind: text[2], category: text[3])
            let item = UInt32(text[4]).map {
                PostgresType.Catalogued(id: $0, name: text[1], kind: text[5], category: text[6])
            }
            found[type.id] = .catalogued(type, item: item)
        }
        return found
    }

    /// Where a column's values come from.
    struct Origin {
        /// Whether it may be null: known where it is simply one of a table and no outer join or grouping set can have
        /// made nulls of it.
        var isNullable: Bool?
        /// Its values lie in a table: no expression makes them.
        var isStored = false
    }

    static func origins(
        of columns: [PGColumn], _ outline: SQLOutline, on connection: PGConnection
    ) throws(PGError) -> [Origin] {
        let tables = Set(columns.map(\.tableID)).subtracting([0]).sorted()
        guard !tables.isEmpty else { return columns.map { _ in Origin() } }
        // Old servers have no `attgenerated`; on new ones a virtual column is an expression.
        let result = try connection.execute(
            """
            SELECT a.attrelid, a.attnum, a.attnotnull, c.relkind IN ('r', 'p'), \
            coalesce(pg_catalog.to_jsonb(a) ->> 'attgenerated', '') <> 'v' FROM pg_catalog.pg_attribute a \
            JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'm', 'f') \
            WHERE a.attrelid IN (\(list(tables))) AND a.attnum > 0
            """)
        let makesNulls = !outline.words.isDisjoint(with: ["LEFT", "RIGHT", "FULL", "ROLLUP", "CUBE", "GROUPING"])
        var origins: [[Int]: Origin] = [:]
        for row in 0..<result.rowCount {
            let place = (0..<2).map { Int(result.text(row: row, column: $0) ?? "") ?? 0 }
            let isNullable = result.text(row: row, column: 2) != "t"
            let isKnown = result.text(row: row, column: 3) == "t" && (isNullable || !makesNulls)
            origins[place] = Origin(
                isNullable: isKnown ? isNullable : nil, isStored: result.text(row: row, column: 4) == "t")
        }
        return columns.map { origins[[Int($0.tableID), $0.tableColumn]] ?? Origin() }
    }

    private static func list(_ ids: [UInt32]) -> String { ids.map(String.init).joined(separator: ", ") }
}
