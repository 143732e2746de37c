import ChangePlanning
import SQLDatabases
import SyncCore
import TestKit
import Testing

/// The SELECT around a model, on both engines.
@Suite struct CursorReadTests {
    private func ids(_ source: some Source, _ statement: SQLStatement) async throws -> [Int64] {
        let reader = try await source.read(statement)
        var ids: [Int64] = []
        while let batch = try await reader.next(reusing: RowBatch(columnCount: reader.columns.count)) {
            for row in 0..<batch.rowCount {
                if case .integer(let id) = batch.cell(row: row, column: 0) { ids.append(id) }
            }
        }
        await reader.close()
        return ids.sorted()
    }

    private func filtered(
        _ source: some Source, _ sql: String, _ column: String, _ kind: CursorMark.Kind, _ value: String
    ) -> SQLStatement {
        CursorFilter.statement(.model(sql), source.dialect, column: column, from: CursorMark(kind, value))
    }

    // MARK: PostgreSQL

    struct Typed: Sendable, CustomTestStringConvertible {
        var type: String
        /// Before the mark, at it, after it.
        var values: [String]
        var kind: CursorMark.Kind
        var mark: String
        /// Rows 4 to 6 hold null, infinity and -infinity; integers have no infinity.
        var read: [Int64] = [2, 3, 4, 5, 6]
        var testDescription: String { type }
    }

    static let types: [Typed] = [
        Typed(
            type: "timestamptz", values: ["2026-11-23 12:59:59.999999+02", "2026-11-23 11:00+00", "2026-11-24"],
            kind: .timestamp, mark: "2026-11-23T11:00:00Z"),
        Typed(
            type: "timestamp", values: ["2026-11-23 10:59:59.999999", "2026-11-23 11:00", "2026-11-24"],
            kind: .localTimestamp, mark: "2026-11-23T11:00:00"),
        Typed(
            type: "date", values: ["2026-11-22", "2026-11-23", "2026-11-24"], kind: .date, mark: "2026-11-23"),
        Typed(type: "int8", values: ["-10", "-9", "7"], kind: .integer, mark: "-9", read: [2, 3, 4]),
        Typed(type: "int4", values: ["6", "7", "8"], kind: .integer, mark: "7", read: [2, 3, 4]),
        Typed(type: "int2", values: ["6", "7", "8"], kind: .integer, mark: "7", read: [2, 3, 4]),
    ]

    @Test(arguments: types) func postgresReadsFromTheMarkOn(typed: Typed) async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let source = database.source()
        var rows = typed.values.enumerated().map { "(\($0 + 1), '\($1)'::\(typed.type))" } + ["(4, NULL)"]
        if typed.kind != .integer { rows += ["(5, 'infinity'::\(typed.type))", "(6, '-infinity'::\(typed.type))"] }
        // A comment, a CTE, a semicolon and a name that needs quotes.
        let name = #""Updated ""At""""#
        let sql = """
            -- members
            WITH m(id, \(name)) AS (VALUES \(rows.joined(separator: ", ")))
            SELECT id, \(name) FROM m ORDER BY id; -- the end
            """
        let statement = filtered(source, sql, "Updated \"At\"", typed.kind, typed.mark)
        #expect(statement.text.contains(">= :headrace_cursor_from") && statement.variables.count == 1)
        #expect(try await ids(source, statement) == typed.read)
        #expect(try await source.describe(statement).map(\.name) == source.describe(.model(sql)).map(\.name))
    }

    @Test func postgresKeepsTheModelsOwnVariables() async throws {
        let source = try await PostgresServer.shared().newDatabase().source()
        let model = SQLStatement.model("SELECT i::int8 AS id FROM generate_series(1, 9) i WHERE i <> :skipped")
            .binding(["skipped": .integer(8)])
        let statement = CursorFilter.statement(model, .postgres, column: "id", from: CursorMark(.integer, "6"))
        #expect(try await ids(source, statement) == [6, 7, 9])
    }

    @Test func postgresErrorsPointIntoTheFile() async throws {
        let source = try await PostgresServer.shared().newDatabase().source()
        let sql = "SELECT 1 AS id,\n  nope AS at\nFROM pg_class"
        let statement = filtered(source, sql, "at", .integer, "1")
        let error = await #expect(throws: SourceFailure.self) { try await source.read(statement) }
        #expect(error?.diagnostic.position == Diagnostic.Position("models/m.sql", line: 2, column: 3))
        #expect(error?.diagnostic.code == "unknown_source_column")
    }

    @Test func postgresCanUseAnIndex() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute(
            """
            CREATE TABLE t (id int8, at timestamptz);
            INSERT INTO t SELECT i, timestamptz '2026-01-01' + i * interval '1 minute' FROM generate_series(1, 50000) i;
            CREATE INDEX ON t (at); ANALYZE t;
            """)
        let statement = filtered(
            database.source(), "SELECT id, at FROM t", "at", .timestamp, "2026-02-04T00:00:00Z")
        let text = statement.text.replacing(
            ":headrace_cursor_from", with: "'2026-02-04T00:00:00Z'")
        #expect(try await database.execute("EXPLAIN " + text).contains("Index"))
    }

    // MARK: SQLite

    private func shop(
        _ rows: String, _ body: (SQLiteSource) async throws -> Void
    ) async throws {
        try await withScratchFolder { folder async throws in
            let path = folder + "/shop.db"
            try SQLiteConnection(path: path, mode: .create).execute(
                "CREATE TABLE t (id INTEGER, at DATETIME COLLATE NOCASE); INSERT INTO t VALUES \(rows)")
            try await body(SQLiteSource(name: "shop", path: path))
        }
    }

    struct Stored: Sendable, CustomTestStringConvertible {
        var rows: String
        var kind: CursorMark.Kind
        var mark: String
        var read: [Int64]
        var testDescription: String { mark }
    }

    static let stored: [Stored] = [
        // Other classes and other ways of writing are read, for the run to refuse them.
        Stored(
            rows: "(1, 9), (2, 10), (3, 11), (4, NULL), (5, 'x'), (6, 1.5)", kind: .integer, mark: "10",
            read: [2, 3, 4, 5, 6]),
        Stored(
            rows: """
                (1, '2026-11-23 10:59:59.9'), (2, '2026-11-23 11:00:00'), (3, '2026-11-23 11:00:00.5'), (4, NULL),
                (5, 7), (6, '2026-11-22T10:00:00'), (7, '2026-11-22 10:00:00Z'), (8, '2026-11-22 10:00:00+02:00'),
                (9, ''), (10, '22.11.2026')
                """, kind: .text, mark: "2026-11-23 11:00:00", read: [2, 3, 4, 5, 6, 7, 8, 9, 10]),
        Stored(
            rows: """
                (1, '2026-11-23T10:59:59.999Z'), (2, '2026-11-23T11:00:00Z'), (3, '2026-11-23T11:00:00.1Z'),
                (4, '2026-11-23T09:00:00+00:00')
                """, kind: .text, mark: "2026-11-23T11:00:00Z", read: [2, 3, 4]),
        Stored(
            rows: "(1, '2026-11-22'), (2, '2026-11-23'), (3, '2026-11-22 10:00:00')", kind: .text,
            mark: "2026-11-23", read: [2, 3]),
    ]

    @Test(arguments: stored) func sqliteReadsFromTheMarkOn(stored: Stored) async throws {
        try await shop(stored.rows) { source async throws in
            let sql = "WITH m AS (SELECT id, at AS \"the at\" FROM t)\nSELECT id, \"the at\" FROM m; -- the end"
            let statement = filtered(source, sql, "the at", stored.kind, stored.mark)
            #expect(!statement.text.contains(stored.mark))
            #expect(try await ids(source, statement) == stored.read)
            #expect(
                try await source.describe(statement).map(\.typeName) == source.describe(.model(sql)).map(\.typeName))
        }
    }

    @Test func sqliteKeepsTheModelsOwnVariables() async throws {
        try await shop("(1, 1), (2, 2), (3, 3), (4, 4)") { source async throws in
            let model = SQLStatement.model("SELECT id, at FROM t WHERE id <> :skipped").binding(["skipped": .integer(3)]
            )
            let statement = CursorFilter.statement(model, .sqlite, column: "at", from: CursorMark(.integer, "2"))
            #expect(try await ids(source, statement) == [2, 4])
        }
    }

    @Test func sqliteErrorsPointIntoTheFile() async throws {
        try await shop("(1, 1)") { source async throws in
            let statement = filtered(source, "SELECT id,\n  nope AS at\nFROM t", "at", .integer, "1")
            let error = await #expect(throws: SourceFailure.self) { try await source.read(statement) }
            #expect(error?.diagnostic.position == Diagnostic.Position("models/m.sql", line: 2, column: 3))
        }
    }
}
