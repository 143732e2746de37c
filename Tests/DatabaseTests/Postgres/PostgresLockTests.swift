import SQLDatabases
import SyncCore
import TestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct PostgresLockTests {
    private func source(_ url: String) -> PostgresSource {
        PostgresSource(
            name: "warehouse", url: Secret(url), allowSuperuser: false, statementTimeout: nil,
            lockTimeout: .milliseconds(100))
    }

    @Test func namesWhoLocksTheTableAndHowToEndIt() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute("CREATE TABLE members (id int)")
        let (session, holder) = try database.openSession("BEGIN; LOCK TABLE members")
        let failure = try #require(await source(database.readerURL).describeFailure(of: "SELECT id FROM members"))
        #expect(failure.kind == .unavailable && failure.diagnostic.code == "source_lock")
        #expect(
            failure.diagnostic.message == """
                source "warehouse" waited 0.1 seconds for a lock on members, \
                held up by process \(holder) of role "postgres"
                """)
        let hint = try #require(failure.diagnostic.hint)
        #expect(hint.contains("SELECT pg_terminate_backend(\(holder));"))
        #expect(hint.contains("sources.warehouse.lock_timeout"))
        session.closeInput()
        _ = await session.end()
    }

    /// The server locks a partition only when it plans the statement.
    @Test func namesWhoLocksAPartitionOnceRowsAreAskedFor() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute(
            "CREATE TABLE t (id int) PARTITION BY LIST (id); CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1)")
        let (session, holder) = try database.openSession("BEGIN; LOCK TABLE ONLY t1")
        let failure = try #require(await source(database.readerURL).failure(of: "SELECT id FROM t;"))
        #expect(failure.diagnostic.code == "source_lock")
        #expect(failure.diagnostic.message.contains("a lock on t1, held up by process \(holder) "))
        #expect(try await database.openTransactions() == "1")
        session.closeInput()
        _ = await session.end()
    }

    @Test func namesWhoLocksAPartitionThatAModelWithVariablesReads() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute(
            "CREATE TABLE t (id int) PARTITION BY LIST (id); CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1)")
        let (session, holder) = try database.openSession("BEGIN; LOCK TABLE ONLY t1")
        let model = SQLStatement.model("SELECT id FROM t WHERE id >= :least").binding(["least": .integer(1)])
        let failure = try #require(await source(database.readerURL).failure(of: model))
        #expect(failure.diagnostic.message.contains("a lock on t1, held up by process \(holder) "))
        session.closeInput()
        _ = await session.end()
    }

    @Test func saysLessWhereAPoolerHasNoConnectionToLookWith() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let pool = try PgBouncer(before: database.server)
        try await database.execute("CREATE TABLE members (id int)")
        let (session, _) = try database.openSession("BEGIN; LOCK TABLE members")
        let failure = try #require(await source(pool.url(database)).describeFailure(of: "SELECT id FROM members"))
        #expect(failure.diagnostic.code == "source_lock")
        #expect(failure.diagnostic.message.contains("that another session holds"))
        session.closeInput()
        _ = await session.end()
    }
}
