import Foundation
import TestKit
import Testing

/// `accepted_values` compares with what the file says, by the rules of the database.
@Suite struct AcceptedValueTests {
    private func project(_ tests: [(column: String, values: String)]) -> MembersProject {
        var project = MembersProject()
        project.sql = "SELECT * FROM members\n"
        project.model =
            ["tests:"] + tests.map { "  - {accepted_values: {column: \($0.column), values: [\($0.values)]}}" }
        return project
    }

    @Test func postgreSQLReadsAValueAsTheColumnsType() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute(
            """
            CREATE TABLE members (id int, uid text, tier text, points int8, ver text, zip text, big numeric, flag bool);
            INSERT INTO members VALUES (1, 'u1', 'gold', 1, '1.0', '01234', 12345678901234567890, true),
                (2, 'u2', 'gold', 2, '2.0', '01234', 1.10, false);
            """)
        var project = project([
            ("ver", "1.0, 2.0"), ("zip", "01234"), ("big", "12345678901234567890, 1.1"), ("points", "1, \"2\""),
            ("flag", "true, False"), ("zip", "1234"), ("big", "12345678901234567000, 1.1"),
        ])
        project.source = "{type: postgres, url: \"\(database.readerURL)\"}"
        let shop = try await Workshop(project)
        #expect(try await shop.headrace("check").exit == 0)
        let lines = try await shop.test().lines
        #expect(lines.map(\.failures) == [0, 0, 0, 0, 0, 1, 1], "\(lines)")
        #expect(lines.last?.sample == ["12345678901234567890"])
    }

    @Test func sqliteComparesByTheColumnsAffinity() async throws {
        var project = project([
            ("points", "\"1\", \"3\""), ("note", "1.0, 2"), ("points", "1.0, 3"), ("bare", "\"1\", \"3\""),
            ("bare", "1, 3"),
        ])
        project.sql = "SELECT id, uid, tier, points, note, points + 0 AS bare FROM members\n"
        let rows = """
            INSERT INTO members (id, uid, tier, points, note) VALUES (1, 'u1', 'gold', 1, '1.0'), (2, 'u2', 'gold', 3, '2');
            """
        let lines = try await Workshop(project, rows: rows).test().lines
        #expect(lines.map(\.failures) == [0, 0, 0, 2, 0], "\(lines)")
    }

    @Test func sqliteRefusesANumberThatItWouldChange() async throws {
        let shop = try await Workshop(project([("points", "1, 12345678901234567890"), ("note", "01234, \"01234\"")]))
        let check = try await shop.headrace("check")
        #expect(check.exit == 2)
        for place in ["models/members.yml:5:54", "models/members.yml:6:49"] {
            #expect(check.stdout.contains("\(place): error: "), "\(check.stdout)")
        }
    }
}
