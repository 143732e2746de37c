import SQLDatabases
import SyncCore
import TestKit
import Testing

/// What one row may hold: more is refused by name, if possible before the process has to hold it.
@Suite struct RowLimitTests {
    @Test(arguments: [
        ("repeat('x', 300000000)", "NULL::text", "page"), ("NULL::text", "repeat('x', 70000000)", "other"),
        ("repeat('x', 40000000)", "repeat('x', 41000000)", "other"),
        // How large it is the server does not say without making a text of it: refused when it is here.
        ("NULL::text", "(SELECT jsonb_agg(repeat('x', 100)) FROM generate_series(1, 700000))", "other"),
    ]) func postgresNamesRowAndColumn(page: String, other: String, column: String) async throws {
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute(
            """
            CREATE TABLE t AS SELECT 2 AS id, \(page) AS page, \(other) AS other;
            INSERT INTO t (id, page) VALUES (1, 'small')
            """)
        let failure = try #require(await database.source().failure(of: "SELECT page, other FROM t ORDER BY id"))
        #expect(failure.kind == .unavailable && failure.diagnostic.code == "row_too_large")
        #expect(failure.diagnostic.message.contains("row 2 of the read is larger than 64 MB"))
        #expect(failure.diagnostic.message.contains("column \"\(column)\""))
        #expect(failure.diagnostic.position == Diagnostic.Position("models/m.sql", line: 1))
        #expect(try await database.openTransactions() == "0")
    }

    @Test(arguments: [
        ("repeat('x', 70000000)", #"left("big", 1000)"#),
        ("convert_to(repeat('x', 70000000), 'UTF8')", #"left("big"::text, 1000)"#),
        ("ARRAY[repeat('x', 70000000)]", #"left("big"::text, 1000)"#),
    ]) func theHintIsSQLThatTheColumnTakes(value: String, cut: String) async throws {
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute(
            "CREATE TABLE t AS SELECT \(value) AS big; ALTER TABLE t ALTER big SET STORAGE EXTERNAL")
        try await database.execute("UPDATE t SET big = \(value)")
        let failure = try #require(await database.source().failure(of: "SELECT big FROM t"))
        #expect(try #require(failure.diagnostic.hint).hasSuffix(cut))
        #expect(try await database.source().rows("SELECT \(cut) FROM t").count == 1)
    }

    @Test func postgresReadsWhatIsBelowTheLimit() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let rows = try await database.source().rows("SELECT repeat('x', 30000000) AS a, repeat('y', 30000000) AS b")
        #expect(rows.count == 1 && rows[0].count == 2)
    }

    @Test func postgresDoesNotLookAtRowsThatTheModelLeavesOut() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute(
            "CREATE TABLE t AS SELECT i AS id, repeat('x', i * 35000000) AS page FROM generate_series(1, 2) i")
        #expect(try await database.source().rows("SELECT page FROM t WHERE length(page) < 40000000").count == 1)
    }

    private func shop(_ rows: String, _ body: (SQLiteSource) async throws -> Void) async throws {
        try await withScratchFolder { folder async throws in
            let path = folder + "/shop.db"
            try SQLiteConnection(path: path, mode: .create).execute(
                "CREATE TABLE t (id INTEGER, page, other); INSERT INTO t VALUES (1, 'small', 1), \(rows)")
            try await body(SQLiteSource(name: "shop", path: path))
        }
    }

    @Test(
        arguments: [
            ("(2, zeroblob(300000000), 1)", nil), ("(2, zeroblob(40000000), zeroblob(41000000))", "other"),
        ] as [(String, String?)]) func sqliteNamesTheRow(rows: String, column: String?) async throws
    {
        try await shop(rows) { source async throws in
            let failure = try #require(await source.failure(of: "SELECT id, page, other FROM t"))
            #expect(failure.kind == .unavailable && failure.diagnostic.code == "row_too_large")
            let message =
                column.map { "row 2 of the read is larger than 64 MB; most of it is in column \"\($0)\"" }
                ?? "a row after the first 1 of the read is larger than 64 MB"
            #expect(failure.diagnostic.message == "source \"shop\": \(message)")
            #expect(failure.diagnostic.position == Diagnostic.Position("models/m.sql", line: 1))
        }
    }

    @Test func sqliteReadsWhatIsBelowTheLimit() async throws {
        try await shop("(2, zeroblob(30000000), zeroblob(30000000))") { source async throws in
            #expect(try await source.rows("SELECT page, other FROM t").count == 2)
        }
    }

    @Test func sixteenHundredColumnsAreRead() async throws {
        let names = (1...1600).map { "c\($0)" }
        let values = (1...1600).map(String.init).joined(separator: ", ")
        let sql = "SELECT " + names.map { "'\($0)' AS \($0)" }.joined(separator: ", ")
        try await shop("(2, 2, 2)") { source async throws in #expect(try await source.rows(sql).first?.count == 1600) }
        let database = try await PostgresServer.shared().newDatabase()
        let columns = names.map { "\($0) int2" }.joined(separator: ", ")
        try await database.execute("CREATE TABLE t (\(columns)); INSERT INTO t VALUES (\(values))")
        let rows = try await database.source().rows("SELECT * FROM t")
        #expect(rows.first?.last == .cell(.integer(1600)))
        #expect(try await database.source().rows(sql).first?.count == 1600)
        #expect(try await database.source().rows("SELECT * FROM (\(sql)) x ORDER BY 1").first?.count == 1600)
    }
}
