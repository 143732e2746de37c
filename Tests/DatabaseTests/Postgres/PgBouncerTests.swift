import SQLDatabases
import SyncCore
import TestKit
import Testing

/// PgBouncer in transaction mode hands a connection on as it is: whatever was set on it, the next client has.
@Suite(.timeLimit(.minutes(1))) struct PgBouncerTests {
    private let settings = """
        SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings WHERE name IN
        ('DateStyle', 'client_encoding', 'default_transaction_read_only', 'extra_float_digits',
        'idle_in_transaction_session_timeout', 'lock_timeout', 'statement_timeout', 'transaction_read_only')
        """

    private func source(_ pool: PgBouncer, _ database: PostgresDatabase) -> PostgresSource {
        PostgresSource(
            name: "warehouse", url: Secret(pool.url(database)), allowSuperuser: false,
            statementTimeout: .seconds(20), lockTimeout: .seconds(7))
    }

    @Test func readsAndLeavesNothingSetForTheNextClient() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let pool = try PgBouncer(before: database.server)
        let before = try await pool.execute(settings, database: database)
        #expect(before.contains("lock_timeout=0"))
        let source = source(pool, database)
        // Twice: unnamed statements of an earlier client are no trouble.
        for _ in 0..<2 {
            #expect(try await source.describe(.model("SELECT i FROM generate_series(1, 3) i")).count == 1)
            let rows = try await source.rows("SELECT current_setting('lock_timeout'), i FROM generate_series(1, 3) i")
            #expect(rows.count == 3 && rows[0][0] == .text("7s"))
        }
        #expect(try await pool.execute(settings, database: database) == before)
        #expect(try await pool.execute("SELECT count(*) FROM pg_prepared_statements", database: database) == "0")
    }

    @Test func leavesNothingBehindAfterAReadThatFailsOrIsGivenUp() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let pool = try PgBouncer(before: database.server)
        let before = try await pool.execute(settings, database: database)
        let source = source(pool, database)
        #expect(await source.failure(of: "SELECT 1 / (i - 2900) FROM generate_series(1, 3000) i") != nil)
        #expect(await source.describeFailure(of: "SELECT nope") != nil)
        let reader = try await source.read(.model("SELECT i, repeat('x', 200) FROM generate_series(1, 2000000) i"))
        _ = try #require(try await reader.next(reusing: RowBatch(columnCount: 2)))
        await reader.close()
        #expect(try await pool.execute(settings, database: database) == before)
        #expect(try await database.openTransactions() == "0")
    }
}
