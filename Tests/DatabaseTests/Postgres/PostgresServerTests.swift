import TestKit
import Testing

@Suite struct PostgresServerTests {
    @Test func givesEveryTestADatabaseOfItsOwn() async throws {
        let server = try await PostgresServer.shared()
        let (first, second) = (try await server.newDatabase(), try await server.newDatabase())
        try await first.execute("CREATE TABLE t (a int); INSERT INTO t VALUES (7)")
        #expect(try await first.execute("SELECT a FROM t") == "7")
        #expect(try await second.execute("SELECT to_regclass('t') IS NULL") == "t")
    }

    @Test func saysWhatPsqlSaidAboutAMistake() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        await #expect(throws: PostgresServerProblem.self) { try await database.execute("SELCT 1") }
    }
}
