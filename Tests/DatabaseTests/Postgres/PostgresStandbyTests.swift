import SQLDatabases
import SyncCore
import TestKit
import Testing

/// A primary and a hot standby that streams from it.
@Suite(.timeLimit(.minutes(1))) struct PostgresStandbyTests {
    private struct Pair {
        var primary: PostgresServer
        var standby: PostgresServer
    }

    // Unstructured, because both outlive the test that happens to ask first.
    private static let pair = Task {
        let primary = try await PostgresServer.own()
        return Pair(primary: primary, standby: try await primary.standby())
    }

    private func source(_ url: String) -> PostgresSource {
        PostgresSource(name: "warehouse", url: Secret(url), allowSuperuser: false, statementTimeout: nil)
    }

    @Test(arguments: [
        ("primary", true), ("read-write", true), ("standby", false), ("prefer-standby", false), ("read-only", false),
    ])
    func connectsToTheServerThatTheSessionAttributesAskFor(attributes: String, isPrimary: Bool) async throws {
        let pair = try await Self.pair.value
        let ports = (pair.primary.port, pair.standby.port)
        // The one that is asked for comes last.
        let order = isPrimary ? [ports.1, ports.0] : [ports.0, ports.1]
        let places = order.map { "127.0.0.1:\($0)" }.joined(separator: ",")
        let database = try await pair.primary.newDatabase()
        try await database.reaches(pair.standby)
        let url =
            database.readerURL.replacing("127.0.0.1:\(ports.0)", with: places) + "?target_session_attrs=\(attributes)"
        #expect(try await source(url).probe().contains("at 127.0.0.1:\(order[1])"))
    }

    /// The standby must remove rows that a read still sees, and ends the read.
    @Test func aRecoveryConflictIsALostReadThatCanStartAgain() async throws {
        let pair = try await Self.pair.value
        let database = try await pair.primary.newDatabase()
        try await database.execute("CREATE TABLE t AS SELECT i FROM generate_series(1, 20000) i")
        try await database.reaches(pair.standby)
        let source = source(database.readerURL.replacing(":\(pair.primary.port)", with: ":\(pair.standby.port)"))
        // After its first rows it would go on for ten minutes.
        let endless = "SELECT i FROM t UNION ALL SELECT i FROM t, pg_sleep(600)"
        let reader = try await source.read(.model(endless))
        _ = try #require(try await reader.next(reusing: RowBatch(columnCount: 1)))
        try await database.execute("DELETE FROM t WHERE i % 2 = 0; VACUUM t")

        var failure: SourceFailure?
        do throws(SourceFailure) {
            while try await reader.next(reusing: RowBatch(columnCount: 1)) != nil {}
        } catch { failure = error }
        #expect(failure?.kind == .lost && failure?.diagnostic.code == "source_lost")
        let hint = try #require(failure?.diagnostic.hint)
        #expect(hint.contains("hot_standby_feedback") && hint.contains("max_standby_streaming_delay"))

        try await database.reaches(pair.standby)
        #expect(try await source.rows("SELECT i FROM t").count == 10000)
    }
}

extension PostgresDatabase {
    /// Waits until the standby has everything that this database has.
    fileprivate func reaches(_ standby: PostgresServer) async throws {
        let position = try await execute("SELECT pg_current_wal_lsn()")
        let isThere = "SELECT pg_last_wal_replay_lsn() >= '\(position)'"
        while try await standby.execute(isThere, database: "postgres") != "t" { await Task.yield() }
    }
}
