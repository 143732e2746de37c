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

    /// The function counts its calls in the transaction, and gives the count.
    @Test(arguments: [
        "SELECT counted(id) AS tier FROM t", "SELECT tier FROM shown", "SELECT t.id, tier FROM t JOIN shown USING (id)",
        "SELECT jsonb_build_array(counted(id)) ->> 0 AS tier FROM t WHERE id > 0",
        "WITH c AS (SELECT id, counted(id) AS tier FROM t) SELECT tier FROM c",
    ])
    func anExpressionRunsOnceARow(_ sql: String) async throws {
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute(
            """
            CREATE TABLE t AS SELECT i AS id FROM generate_series(1, 3) i;
            CREATE FUNCTION counted(id int) RETURNS text STABLE LANGUAGE plpgsql AS $$ BEGIN RETURN set_config(
                'test.calls', (coalesce(nullif(current_setting('test.calls', true), ''), '0')::int + 1)::text, true);
            END $$;
            CREATE VIEW shown AS SELECT id, counted(id) AS tier FROM t;
            """)
        let rows = try await database.source().rows(sql)
        #expect(rows.compactMap(\.last) == [.text("1"), .text("2"), .text("3")])
    }

    @Test func columnsOfOneNameThatExpressionsMakeAreRead() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let rows = try await database.source().rows("SELECT 'x' || 1 AS a, 'y' || 2 AS a, ARRAY['z' || 3] -- end\n;")
        #expect(rows == [[.text("x1"), .text("y2"), .list(["z3"])]])
        let failure = try #require(
            await database.source().describeFailure(of: "SELECT 'x' || 1 AS a,\n  'y' || nope AS a"))
        #expect(failure.diagnostic.position == Diagnostic.Position("models/m.sql", line: 2, column: 10))
    }

    /// `seen::date` is the day that psql shows to the same role.
    @Test(arguments: ["ROLE \(PostgresDatabase.readerName) IN DATABASE", "DATABASE"])
    func aModelsOwnSQLFollowsTheTimeZoneOfTheRole(of whom: String) async throws {
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute(
            """
            ALTER \(whom) \(database.name) SET TimeZone = 'Asia/Kathmandu';
            CREATE TABLE t AS SELECT '2026-07-01 20:00Z'::timestamptz AS seen
            """)
        let read = try await database.source().rows(
            """
            SELECT seen, seen::date::text, date_trunc('day', seen), seen::timestamp, tstzrange(seen, NULL), ARRAY[seen]
            FROM t
            """)
        let moment = Int64(1_782_936_000_000_000)
        #expect(
            read == [
                [
                    .cell(.timestamp(moment)), .text("2026-07-02"),
                    .cell(.timestamp(moment - 6_300_000_000)), .cell(.localTimestamp(moment + 20_700_000_000)),
                    .text("[\"2026-07-02 01:45:00+05:45\",)"), .list(["2026-07-02 01:45:00+05:45"]),
                ]
            ])
    }

    static let settings = [
        "extra_float_digits = 0", "DateStyle = 'SQL, DMY'", "IntervalStyle = 'sql_standard'", "bytea_output = 'escape'",
        "xmlbinary = 'hex'", "xmloption = 'document'",
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
                ARRAY['2026-02-03 00:00'::timestamp], tsrange('2026-02-03 00:00', NULL), '10:00+02'::timetz,
                ROW('2026-02-03 00:00'::timestamp, '\\x01'::bytea), '-1 day'::interval, ARRAY['\\x01ff'::bytea],
                '<a/>'::xml, 'ä'::text
            """)
        #expect(
            read == [
                [
                    .list(["0.30000000000000004"]), .list(["2026-02-03"]), .cell(.timestamp(0)),
                    .list(["2026-02-03 00:00:00"]), .text("[\"2026-02-03 00:00:00\",)"), .text("10:00:00+02"),
                    .text("(\"2026-02-03 00:00:00\",\"\\\\x01\")"), .text("-1 days"), .list(["\\x01ff"]),
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
