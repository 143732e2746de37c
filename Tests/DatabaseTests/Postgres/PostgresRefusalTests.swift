import SQLDatabases
import SyncCore
import TestKit
import Testing

@Suite struct PostgresRefusalTests {
    struct Refusal: Sendable, CustomTestStringConvertible {
        var text: String, code: String, line: Int, column: Int
        var testDescription: String { text }
        init(_ text: String, _ code: String, _ line: Int, _ column: Int) {
            (self.text, self.code, self.line, self.column) = (text, code, line, column)
        }
    }

    static let refusals = [
        Refusal("", "empty_model", 1, 1), Refusal(" -- nothing\n/* here */ ;", "empty_model", 1, 1),
        Refusal("SELECT 1;\n  SELECT 2", "two_statements", 2, 3),
        Refusal("SELECT 1; COMMIT", "two_statements", 1, 11),
        Refusal("INSERT INTO t VALUES (1)", "writes", 1, 1),
        Refusal("\n  INSERT INTO t VALUES (1) RETURNING a", "writes", 2, 3),
        Refusal("WITH x AS (INSERT INTO t VALUES (1) RETURNING a)\nSELECT * FROM x", "writes", 1, 6),
        Refusal("WITH y AS (SELECT 1),\n  x AS (DELETE FROM t RETURNING a)\nSELECT a || 'x' FROM x", "writes", 2, 3),
        Refusal("WITH x AS (SELECT 1) DELETE FROM t RETURNING a", "writes", 1, 22),
        Refusal("SELECT a FROM t FOR UPDATE", "writes", 1, 1),
        Refusal("SELECT a INTO copy FROM t", "not_a_select", 1, 1),
        Refusal("COPY t TO STDOUT", "writes", 1, 1), Refusal("DO $$ BEGIN END $$", "writes", 1, 1),
        Refusal("SET work_mem = '1MB'", "not_a_select", 1, 1), Refusal("COMMIT", "not_a_select", 1, 1),
        Refusal("SHOW work_mem", "not_a_select", 1, 1), Refusal("EXPLAIN SELECT 1", "not_a_select", 1, 1),
        Refusal("SELECT FROM t", "not_a_select", 1, 1),
        Refusal("SELECT 'ä🙂', 1\nFRM t", "sql_syntax", 2, 5),
        Refusal("SELECT a\nFROM nowhere", "unknown_table", 2, 6),
        Refusal("SELECT a,\n\n   'é', mail FROM t", "unknown_source_column", 3, 9),
        Refusal("SELECT nothing(a) FROM t", "unknown_function", 1, 8),
        Refusal("SELECT a FROM t\nWHERE a = $1", "sql_parameter", 2, 11),
        Refusal("SELECT 1) AS x, (SELECT 2", "sql_syntax", 1, 9),
    ]

    @Test(arguments: refusals) func refusesWhatIsNotOneSelect(_ refusal: Refusal) async throws {
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute("CREATE TABLE t (a int)")
        try await database.execute("GRANT ALL ON t TO \(PostgresDatabase.readerName)")
        let failure = try #require(await database.source().describeFailure(of: refusal.text))
        #expect(failure.kind == .statement)
        #expect(failure.diagnostic.code == refusal.code, "\(failure.diagnostic.message)")
        #expect(failure.diagnostic.position == .init("models/m.sql", line: refusal.line, column: refusal.column))
        #expect(try await database.execute("SELECT count(*) FROM t") == "0")
        #expect(try await database.openTransactions() == "0")
    }

    @Test func showsTheLineAndACaretUnderTheBadToken() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let failure = try #require(await database.source().describeFailure(of: "SELECT 1,\n  'ä', nope"))
        #expect(
            failure.diagnostic.rendered() == """
                models/m.sql:2:8: error: column "nope" does not exist [unknown_source_column]
                      'ä', nope
                           ^
                """)
    }

    @Test func refusesATableThatTheRoleMayNotRead() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute("CREATE SCHEMA hidden; CREATE TABLE s (a int)")
        try await database.execute("REVOKE ALL ON s FROM \(PostgresDatabase.readerName)")
        let failure = try #require(await database.source().describeFailure(of: "SELECT a FROM s"))
        #expect(failure.kind == .unavailable && failure.diagnostic.code == "source_permission")
    }
}
