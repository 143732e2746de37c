import SQLDatabases
import SyncCore
import TestKit
import Testing

@Suite struct PostgresReadTests {
    private let many = "SELECT i, repeat('x', 200) AS filler FROM generate_series(1, 2000000) i"

    private func drain(_ reader: any RowReader) async throws(SourceFailure) -> Int {
        var rows = 0
        while let batch = try await reader.next(reusing: RowBatch(columnCount: reader.columns.count)) {
            rows += batch.rowCount
        }
        return rows
    }

    private func drainFailure(_ reader: any RowReader) async -> SourceFailure? {
        do throws(SourceFailure) {
            _ = try await drain(reader)
            return nil
        } catch { return error }
    }

    @Test func endsAfterTheLastRowWithoutATransaction() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let reader = try await database.source().read(.model("SELECT i FROM generate_series(1, 3000) i"))
        #expect(try await drain(reader) == 3000)
        #expect(try await reader.next(reusing: RowBatch(columnCount: 1)) == nil)
        #expect(try await database.openTransactions() == "0")
        await reader.close()
        await reader.close()
    }

    @Test func givesNothingForNoRows() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        #expect(try await database.source().rows("SELECT 1 WHERE false").isEmpty)
    }

    @Test func stopsAtTheStatementTimeout() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let failure = try #require(
            await database.source(statementTimeout: .milliseconds(100)).failure(of: "SELECT pg_sleep(30)"))
        #expect(failure.kind == .timedOut && failure.diagnostic.code == "source_timeout")
        #expect(try await database.openTransactions() == "0")
    }

    @Test(.timeLimit(.minutes(1))) func stopsOnTheServerWhenTheTaskIsCancelled() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let source = database.source()
        let failure = await withTaskGroup(of: SourceFailure?.self) { group in
            group.addTask { await source.failure(of: "SELECT pg_sleep(600)") }
            group.cancelAll()
            return await group.next() ?? nil
        }
        #expect(failure?.kind == .cancelled)
        #expect(try await database.openTransactions() == "0")
    }

    @Test(.timeLimit(.minutes(1))) func stopsARunningStatementWhenTheTaskIsCancelled() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let source = database.source()
        let isRunning = """
            DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = '\(database.name)'
            AND usename = '\(PostgresDatabase.readerName)' AND wait_event = 'PgSleep') LOOP
            PERFORM pg_sleep(0.01), pg_stat_clear_snapshot(); END LOOP; END $$
            """
        let reading = Task { await source.failure(of: "SELECT pg_sleep(600)") }
        try await database.server.execute(isRunning, database: "postgres")
        reading.cancel()
        #expect(await reading.value?.kind == .cancelled)
        #expect(try await database.openTransactions() == "0")
    }

    @Test func throwsWhenTheServerEndsTheConnectionMidRead() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let reader = try await database.source().read(.model(many))
        _ = try #require(try await reader.next(reusing: RowBatch(columnCount: 2)))
        try await database.server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(database.name)'",
            database: "postgres")
        #expect(await drainFailure(reader)?.kind == .lost)
        #expect(await drainFailure(reader)?.kind == .lost)
    }

    @Test(arguments: [
        ("SELECT CASE WHEN i = 2900 THEN 'secret' ELSE '1' END::int", "22P02"),
        ("SELECT to_tsquery('english', CASE WHEN i = 2900 THEN 'a secret' END)::text", "42601"),
        ("SELECT CASE WHEN i = 2900 THEN 'secret' ELSE 'pg_class' END::regclass", "42P01"),
    ])
    func throwsWhenARowFailsAndShowsNothingOfIt(select: String, sqlState: String) async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let failure = try #require(
            await database.source().failure(of: "\(select) FROM generate_series(1, 3000) i"))
        #expect(failure.kind == .unavailable && failure.diagnostic.code == "source_error")
        #expect(!failure.diagnostic.rendered().contains("secret") && failure.diagnostic.message.contains(sqlState))
        #expect(try await database.openTransactions() == "0")
    }

    @Test func handsOnBytesThatAreNoUTF8() async throws {
        let database = try await PostgresServer.shared().newDatabase(
            options: "ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
        try await database.execute("CREATE TABLE t AS SELECT E'\\xff\\xfe'::text AS a UNION ALL SELECT 'ok'")
        let reader = try await database.source().read(.model("SELECT a FROM t ORDER BY a"))
        let batch = try #require(try await reader.next(reusing: RowBatch(columnCount: 1)))
        #expect(batch.bytes == Array("ok".utf8) + [0xFF, 0xFE])
        await reader.close()
    }

    static let settings = [
        "extra_float_digits = 0", "DateStyle = 'SQL, DMY'", "TimeZone = 'Asia/Kathmandu'",
        "IntervalStyle = 'sql_standard'", "bytea_output = 'escape'", "xmlbinary = 'hex'", "xmloption = 'document'",
        "client_encoding = 'LATIN1'",
    ]

    @Test(arguments: ["ROLE \(PostgresDatabase.readerName) IN DATABASE", "DATABASE"])
    func theTextOfAValueDoesNotDependOnSettings(of whom: String) async throws {
        let database = try await PostgresServer.shared().newDatabase()
        for setting in Self.settings {
            try await database.execute("ALTER \(whom) \(database.name) SET \(setting)")
        }
        let read = try await database.source().rows(
            """
            SELECT ARRAY[0.30000000000000004::float8], ARRAY['03/02/2026'::date], '1970-01-01Z'::timestamptz,
                ARRAY['2026-02-03 00:00Z'::timestamptz], tstzrange('2026-02-03 00:00Z', NULL), '10:00+02'::timetz,
                ROW('2026-02-03 00:00Z'::timestamptz, '\\x01'::bytea), '-1 day'::interval, ARRAY['\\x01ff'::bytea],
                '<a/>'::xml, 'ä'::text
            """)
        #expect(
            read == [
                [
                    .list(["0.30000000000000004"]), .list(["2026-02-03"]), .cell(.timestamp(0)),
                    .list(["2026-02-03 00:00:00+00"]), .text("[\"2026-02-03 00:00:00+00\",)"), .text("10:00:00+02"),
                    .text("(\"2026-02-03 00:00:00+00\",\"\\\\x01\")"), .text("-1 days"), .list(["\\x01ff"]),
                    .text("<a/>"), .text("ä"),
                ]
            ])
    }

    @Test func seesOneSnapshotWhileOthersWrite() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute(
            "CREATE TABLE t AS SELECT i, 0 AS v, repeat('x', 200) AS f FROM generate_series(1, 50000) i")
        let reader = try await database.source().read(.model("SELECT v FROM t"))
        let first = try #require(try await reader.next(reusing: RowBatch(columnCount: 1)))
        try await database.execute("UPDATE t SET v = 1; INSERT INTO t VALUES (0, 1, '')")
        var sum = 0
        var rows = first.rowCount
        while let batch = try await reader.next(reusing: RowBatch(columnCount: 1)) {
            rows += batch.rowCount
            for cell in batch.cells where cell != .integer(0) { sum += 1 }
        }
        #expect(rows == 50000 && sum == 0)
    }

    @Test func stopsTheServerWhenClosedEarly() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let reader = try await database.source().read(.model(many))
        _ = try #require(try await reader.next(reusing: RowBatch(columnCount: 2)))
        await reader.close()
        #expect(try await database.openTransactions() == "0")
        #expect(await drainFailure(reader)?.kind == .cancelled)
    }
}
