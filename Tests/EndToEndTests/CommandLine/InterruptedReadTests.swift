import Foundation
import TestKit
import Testing

/// A signal while a command only reads: its statement ends on the server, too.
@Suite struct InterruptedReadTests {
    /// Longer than any test waits.
    static let endless = "SELECT id, uid, tier, points, pg_sleep(600)::text AS note FROM members\n"

    private struct Shop {
        var database: PostgresDatabase
        var workshop: Workshop

        /// Statements of the reader that the server works on. Every question is a psql of its own, so that it waits a
        /// little on the server first.
        func working() async throws -> Int {
            let text = try await database.execute(
                """
                SELECT pg_sleep(0.1);
                SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'
                    AND usename = '\(PostgresDatabase.readerName)';
                """)
            return Int(text.split(separator: "\n").last ?? "") ?? -1
        }
    }

    private func shop(sql: String) async throws -> Shop {
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute(
            """
            CREATE TABLE members (id int, uid text, tier text, points int8, note text);
            INSERT INTO members VALUES (1, 'u1', 'gold', 1, 'x');
            """)
        var project = MembersProject()
        project.source = "{type: postgres, url: \"\(database.readerURL)\"}"
        project.sql = sql
        return Shop(database: database, workshop: try await Workshop(project))
    }

    private func interrupt(_ command: [String], of shop: Shop, signal: Int32) async throws -> HeadraceProcess.Output {
        let process = try shop.workshop.start(command)
        try await eventually { try await shop.working() == 1 }
        process.send(signal)
        let output = await process.end(timeout: 30)
        try await eventually { try await shop.working() == 0 }
        return output
    }

    @Test(arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143))])
    func aSignalEndsAPreviewAndItsStatement(signal: Int32, exit: Int32) async throws {
        let output = try await interrupt(["preview", "members"], of: shop(sql: Self.endless), signal: signal)
        #expect(output.exit == exit, "\(output)")
        #expect(output.stdout.isEmpty)
    }

    /// It would be waited for until the connection's own limit of 10 s, and reading commands are left after 3 s.
    @Test(arguments: ["doctor", "run"]) func aSignalDoesNotWaitForAServerThatIsSilent(command: String) async throws {
        let silent = try RawServer { connection, _ in connection.waitForClose() }
        defer { silent.stop() }
        var project = MembersProject()
        project.source = "{type: postgres, url: \"postgresql://a@127.0.0.1:\(silent.port)/x?sslmode=disable\"}"
        let shop = try await Workshop(project)
        let process = try shop.start([command])
        try await eventually { silent.connectionCount > 0 }
        let start = ContinuousClock.now
        process.send(SIGTERM)
        #expect(await process.end(timeout: 30).exit == 143)
        #expect(ContinuousClock.now - start < .milliseconds(2500))
    }

    /// A table that is locked lets no statement on it be prepared.
    @Test(arguments: ["check", "plan", "run", "preview members"])
    func aSignalEndsTheCheckOfEveryCommand(command: String) async throws {
        let shop = try await shop(sql: "SELECT id, uid, tier, points, note FROM members\n")
        async let lock: String = shop.database.execute(
            "BEGIN; LOCK TABLE members IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(20); ROLLBACK;")
        try await eventually {
            try await shop.database.execute(
                """
                SELECT pg_sleep(0.1);
                SELECT count(*) FROM pg_locks WHERE relation = 'members'::regclass AND mode = 'AccessExclusiveLock'
                    AND granted;
                """
            ).contains("1")
        }
        let words = command.split(separator: " ").map(String.init)
        let output = try await interrupt(words + ["--output", "json"], of: shop, signal: SIGINT)
        #expect(output.exit == 130, "\(output)")
        #expect(output.stderr.contains(#""code":"interrupted""#), "\(output.stderr)")
        if command == "run" {
            #expect(output.json.map { $0["status"] as? String } == ["interrupted"], "\(output.stdout)")
        } else {
            #expect(output.stdout.isEmpty, "\(output.stdout)")
        }
        try await shop.database.execute(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND query LIKE '%pg_sleep(20)%' AND pid <> pg_backend_pid();
            """)
        _ = try? await lock
    }
}
