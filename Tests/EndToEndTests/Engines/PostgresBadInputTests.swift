import Foundation
import TestKit
import Testing

/// What only PostgreSQL can get wrong.
@Suite struct PostgresBadInputTests {
    static let table = """
        CREATE TABLE members (id int, uid text, tier text, points int8, balance float8, price numeric, seen timestamptz,
            active bool, segments text[]);
        """

    static func project(url: String) -> MembersProject {
        var project = MembersProject()
        project.source = "{type: postgres, url: \"\(url)\"}"
        project.sql = "SELECT * FROM members\n"
        project.attributes += [
            "balance: {type: number}", "price: {type: number}", "last_seen: {type: timestamp}",
            "audience_ids: {type: string_list}",
        ]
        project.mappings += [
            "{column: balance, attribute: balance}", "{column: price, attribute: price}",
            "{column: seen, attribute: last_seen}", "{column: segments, attribute: audience_ids}",
        ]
        return project
    }

    @Test(arguments: [
        ("balance", "'NaN'"), ("balance", "'Infinity'"), ("price", "'NaN'"), ("price", "1e400"),
        ("price", "0.12345678901234567891"), ("points", "9007199254740993"), ("seen", "'infinity'"),
        ("segments", "ARRAY['a', NULL]"), ("segments", "ARRAY['a|b']"), ("tier", "'platinum'"), ("uid", "'a b'"),
        ("uid", "NULL"), ("id", "NULL"),
    ])
    func aValueThatDoesNotFitIsInvalidAndTheOthersGoOn(column: String, value: String) async throws {
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute(
            """
            \(Self.table)
            INSERT INTO members (id, uid, tier, points) VALUES (1, 'good', 'gold', 1), (2, 'bad', 'gold', 1);
            UPDATE members SET \(column) = \(value) WHERE uid = 'bad';
            """)
        let shop = try await Workshop(Self.project(url: database.readerURL))
        let run = try await shop.run()
        #expect(run.exit == 3, "\(run.line)")
        #expect(run.rows == RowNumbers(queried: 2, added: 1, invalid: 1))
        #expect(run.line.invalidSample.map(\.column) == [column])
        #expect(try await shop.simulator.requests().map(\.uid) == ["good"])
    }

    @Test func aWrongPasswordIsToldWithoutThePassword() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let url =
            "postgresql://\(PostgresDatabase.readerName):opensesame@127.0.0.1:\(database.server.port)/\(database.name)"
        let shop = try await Workshop(Self.project(url: url))
        for command in ["check", "run"] {
            let output = try await shop.headrace(command)
            #expect(output.exit == 6)
            let text = output.stdout + output.stderr
            #expect(text.contains("headrace.yml:4"), "\(text)")
            #expect(text.contains("password authentication failed"), "\(text)")
            #expect(!text.contains("opensesame"))
        }
        #expect(try await shop.simulator.stats().requests == 0)
    }

    @Test(arguments: [
        ("SELECT id, uid, tier,\n  points FORM members\n", 2),
        ("SELECT id, uid, tier, points FROM members; SELECT 1\n", 1),
        ("DELETE FROM members RETURNING id, uid, tier, points\n", 1), ("DROP TABLE members\n", 1),
        ("COPY members TO PROGRAM 'true'\n", 1), ("COMMIT; DELETE FROM members\n", 1),
        ("SELECT id, uid, tier, nowhere AS points FROM members\n", 1),
        ("SELECT id, uid, tier, points FROM nowhere\n", 1),
    ])
    func aBadStatementIsFoundAtItsLineAndHarmsNothing(sql: String, line: Int) async throws {
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute(Self.table + "INSERT INTO members (id, uid) VALUES (1, 'u1');")
        var project = MembersProject()
        project.source = "{type: postgres, url: \"\(database.readerURL)\"}"
        project.sql = sql
        let shop = try await Workshop(project)
        let check = try await shop.check()
        #expect(check.exit == 2)
        #expect(check.findings.map { "\($0.file ?? "?"):\($0.line ?? 0)" } == ["models/members.sql:\(line)"])
        #expect(try await shop.headrace("run").exit == 2)
        #expect(try await shop.simulator.stats().requests == 0)
        #expect(try await database.execute("SELECT count(*) FROM members") == "1")
    }
}
