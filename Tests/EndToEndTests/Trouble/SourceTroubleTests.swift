import Foundation
import TestKit
import Testing

/// A source that fails before or while its rows flow: no plan, no request, exit 6 and what to do; or a read that starts
/// again from zero where that can help.
@Suite struct SourceTroubleTests {
    static let users = 40
    /// Rows wait for as long as the table `pace` says.
    static let paced = """
        SELECT id, uid, tier, points, note FROM members, LATERAL pg_sleep((SELECT seconds FROM pace)) AS waited

        """
    static let tables = """
        CREATE TABLE members (id int, uid text, tier text, points int8, note text);
        INSERT INTO members SELECT i, 'u' || i, 'gold', i, 'x' FROM generate_series(1, \(users)) i;
        CREATE TABLE pace AS SELECT 600 AS seconds;
        """

    private func shop(
        _ database: PostgresDatabase, port: Int? = nil, settings: String = "", sql: String = paced
    ) async throws -> Workshop {
        try await database.execute(Self.tables)
        let url = database.readerURL.replacing(":\(database.server.port)", with: ":\(port ?? database.server.port)")
        var project = MembersProject()
        project.source = "{type: postgres, url: \"\(url)\"\(settings)}"
        project.sql = sql
        return try await Workshop(project)
    }

    /// A run whose statement waits on the server.
    private func reading(_ shop: Workshop, _ database: PostgresDatabase, on server: PostgresServer) async throws
        -> RunningProcess
    {
        let run = try shop.start(["run", "--output", "json"])
        try await eventually {
            try await server.execute(
                """
                SELECT pg_sleep(0.1);
                SELECT count(*) FROM pg_stat_activity WHERE datname = '\(database.name)' AND wait_event = 'PgSleep'
                    AND usename = '\(PostgresDatabase.readerName)';
                """, database: "postgres"
            ).hasSuffix("1")
        }
        return run
    }

    /// How many of the reader's are open.
    private func sessions(of database: PostgresDatabase) async throws -> String {
        try await database.execute(
            """
            SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                AND usename = '\(PostgresDatabase.readerName)'
            """)
    }

    private func expectNothing(of shop: Workshop) async throws {
        #expect(try await shop.simulator.stats().requests == 0)
        let state = shop.folder.url.appending(path: ".headrace/state.db")
        guard FileManager.default.fileExists(atPath: state.path) else { return }
        #expect(try await shop.sql("SELECT count(*) FROM plans_data", database: ".headrace/state.db") == "0")
    }

    @Test func aTerminatedReadStartsAgainFromZero() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let shop = try await shop(database)
        let process = try await reading(shop, database, on: database.server)
        try await database.execute(
            """
            UPDATE pace SET seconds = 0;
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
                AND usename = '\(PostgresDatabase.readerName)';
            """)
        let run = try Workshop.run(from: await process.end(timeout: 60))
        #expect(run.exit == 0, "\(run.output.stderr)")
        #expect(run.output.stderr.contains("reading again from the start"))
        #expect(run.operations == .allConfirmed(Self.users))
        #expect(try await shop.simulator.stats().requests == Self.users)
    }

    /// Three times, and the server does not come back: about half a minute of waiting.
    @Test func aServerThatDiesMidReadEndsTheRunWithoutAPlan() async throws {
        let server = try await PostgresServer.own()
        let database = try await server.newDatabase()
        let shop = try await shop(database)
        let process = try await reading(shop, database, on: server)
        try server.stopImmediately()
        let run = try Workshop.run(from: await process.end(timeout: 120))
        #expect(run.exit == 6 && run.line.status == "failed", "\(run.output)")
        #expect(try #require(run.line.error).contains("cannot connect to host 127.0.0.1, port \(server.port)"))
        let again = run.output.stderr.split(separator: "\n").filter { $0.contains("reading again from the start") }
        #expect(again.count == 3)
        #expect(run.output.stderr.contains(#""hint":"check host, port"#), "\(run.output.stderr)")
        try await expectNothing(of: shop)
    }

    @Test func aRecoveryConflictOnAStandbyStartsTheReadAgain() async throws {
        let primary = try await PostgresServer.own()
        let standby = try await primary.standby()
        let database = try await primary.newDatabase()
        let shop = try await shop(database, port: standby.port)
        try await eventually {
            let position = try await database.execute("SELECT pg_current_wal_lsn()")
            let isThere = "SELECT pg_last_wal_replay_lsn() >= '\(position)'"
            return try await standby.execute(isThere, database: "postgres") == "t"
        }
        let process = try await reading(shop, database, on: standby)
        // The old rows of `pace` are still seen by the read.
        try await database.execute("UPDATE pace SET seconds = 0")
        try await database.execute("VACUUM pace")
        let run = try Workshop.run(from: await process.end(timeout: 60))
        #expect(run.exit == 0, "\(run.output)")
        #expect(run.output.stderr.contains("reading again from the start"))
        #expect(try await shop.simulator.stats().requests == Self.users)
    }

    @Test func aLockThatIsNotGivenUpEndsTheRunAndNamesItsHolder() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let shop = try await shop(database, settings: ", lock_timeout: 200ms", sql: "SELECT * FROM members\n")
        let (session, holder) = try database.openSession("BEGIN; LOCK TABLE members")
        let output = try await shop.headrace("run")
        #expect(output.exit == 6)
        #expect(output.stderr.contains("a lock on members, held up by process \(holder) of role \"postgres\""))
        #expect(output.stderr.contains("SELECT pg_terminate_backend(\(holder))"), "\(output.stderr)")
        try await expectNothing(of: shop)
        session.closeInput()
        _ = await session.end()
        #expect(try await shop.headrace("run").exit == 0)
    }

    @Test func aRevokedGrantEndsTheRunAndDoctorPrintsIt() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let shop = try await shop(database, sql: "SELECT * FROM members\n")
        try await database.execute("REVOKE SELECT ON members FROM \(PostgresDatabase.readerName)")
        let output = try await shop.headrace("run")
        #expect(output.exit == 6)
        #expect(output.stderr.contains("permission denied for table members"), "\(output.stderr)")
        #expect(output.stderr.contains("`headrace doctor` prints the GRANT statements"))
        try await expectNothing(of: shop)

        let doctor = try await shop.headrace("doctor", "--output", "json")
        #expect(doctor.exit == 6)
        let rights = try #require(doctor.json.first { $0["part"] as? String == "rights" })
        let grant = "GRANT SELECT ON public.members TO \(PostgresDatabase.readerName);"
        #expect(rights["verdict"] as? String == "fail" && rights["hint"] as? String == grant, "\(rights)")
        try await database.execute(grant)
        #expect(try await shop.headrace("doctor").exit == 0)
        #expect(try await shop.headrace("run").exit == 0)
    }

    @Test func aDroppedColumnIsNamed() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let shop = try await shop(database, sql: "SELECT id, uid,\n  tier, points FROM members\n")
        try await database.execute("ALTER TABLE members DROP COLUMN points")
        let output = try await shop.headrace("run")
        #expect(output.exit == 2)
        #expect(output.stderr.contains(#"models/members.sql:2:9: error: column "points" does not exist"#))
        try await expectNothing(of: shop)
    }

    /// `users` of SQLite's rows sort in memory, and these do not.
    @Test func aFullDiskUnderSQLitesTemporaryFilesEndsTheRunWithoutAPlan() async throws {
        var project = MembersProject()
        project.sql = """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
            SELECT i AS id, 'u' || i AS uid, 'gold' AS tier, i AS points, hex(zeroblob(200)) AS note FROM n
            ORDER BY note, 0 - i

            """
        let shop = try await Workshop(project)
        // Root needs no namespace of users to mount in, and may not be allowed one.
        let namespaces = getuid() == 0 ? "--mount" : "--user --map-root-user --mount"
        let script = """
            mkdir small && mount -t tmpfs -o size=256k headrace small &&
            SQLITE_TMPDIR="$PWD/small" exec \(try HeadraceProcess.executable().path) run --output json
            """
        let process = try RunningProcess(
            program: URL(filePath: "/usr/bin/unshare"),
            namespaces.split(separator: " ").map(String.init) + ["sh", "-c", script], in: shop.folder.url,
            environment: HeadraceProcess.environment(["XDG_STATE_HOME": shop.folder.path + "xdg"]))
        let run = try Workshop.run(from: await process.end(timeout: 60))
        #expect(run.exit == 6, "\(run.output)")
        #expect(try #require(run.line.error).contains("SQLite cannot write its temporary files"))
        #expect(run.output.stderr.contains("SQLITE_TMPDIR"), "\(run.output.stderr)")
        try await expectNothing(of: shop)
    }

    @Test(arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143))])
    func aSignalWhileRowsAreWaitedForEndsTheStatementOnTheServer(signal: Int32, exit: Int32) async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let shop = try await shop(database)
        let process = try await reading(shop, database, on: database.server)
        process.send(signal)
        let run = try Workshop.run(from: await process.end(timeout: 30))
        #expect(run.exit == exit && run.line.status == "interrupted", "\(run.output)")
        #expect(try await sessions(of: database) == "0")
        try await expectNothing(of: shop)
    }

    @Test func theReadsTransactionIsOverBeforeTheFirstRequest() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let shop = try await shop(database, sql: "SELECT * FROM members\n")
        try await shop.simulator.setFaults(#"{"rules":[{"effect":{"type":"hang"}}]}"#)
        let process = try shop.start(["run"])
        try await eventually { try await shop.simulator.stats().requests > 0 }
        #expect(try await sessions(of: database) == "0")
        process.send(SIGKILL)
        _ = await process.end()
    }
}
