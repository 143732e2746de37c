import Foundation
import TestKit
import Testing

/// `headrace test` on both engines, and what it has to do with `check`.
@Suite struct ModelTestTests {
    static let sql = "SELECT id, uid, tier, points, born FROM members; -- the end\n"

    private func postgresShop(_ project: MembersProject, rows: String = ModelTestProject.rows) async throws -> Workshop
    {
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute(
            """
            CREATE TABLE members (id int PRIMARY KEY, uid text, tier text, points int, born text, seen timestamptz,
                local timestamp, day date);
            \(ModelTestProject.teams) \(rows)
            """)
        var project = project
        project.source = "{type: postgres, url: \"\(database.readerURL)\"}"
        return try await Workshop(project)
    }

    private func expectVerdicts(_ shop: Workshop) async throws {
        let (exit, lines) = try await shop.test()
        #expect(exit == 3)
        let expected = ModelTestProject.tests
        try #require(lines.count == expected.count, "\(lines)")
        for (line, expectation) in zip(lines, expected) {
            #expect(line.status == expectation.status, "\(line)")
            #expect(line.failures == expectation.failures, "\(line)")
            #expect(line.sample == expectation.sample, "\(line)")
            #expect(line.file == "models/members.yml")
        }
        #expect(lines[3].test == "not_null_members_tier")
        #expect(lines[10].test == "expression_members_2")
        #expect(lines[7].actual == 5)
        #expect(lines[7].message == "5 rows, at least 6 expected")
        let text = try await shop.headrace("test", "mem*")
        #expect(
            text.stdout.contains(
                "FAIL   not_null_members_tier: 2 rows are null  models/members.yml:7\n        keys: 2, 5\n"))
        #expect(text.stdout.contains("11 tests: 5 passed, 6 failed"), "\(text.stdout)")
        #expect(try await shop.simulator.stats().requests == 0)
    }

    @Test func judgesARowsClaimsOnSQLite() async throws {
        var project = MembersProject()
        project.sql = Self.sql
        project.model = ModelTestProject.model()
        let shop = try await Workshop(project, rows: ModelTestProject.teams + ModelTestProject.rows)
        try await expectVerdicts(shop)
        #expect(!FileManager.default.fileExists(atPath: shop.folder.path + ".headrace"))
    }

    @Test func judgesARowsClaimsOnPostgreSQL() async throws {
        var project = MembersProject()
        project.sql = Self.sql
        project.model = ModelTestProject.model()
        try await expectVerdicts(try await postgresShop(project))
    }

    @Test func personalValuesAreMasked() async throws {
        var project = MembersProject()
        project.sql = Self.sql
        project.model = ["pii: [id]"] + ModelTestProject.model()
        project.attributes[2] = "note: {type: string, pii: true}"
        project.mappings.append("{column: born, attribute: note}")
        let shop = try await Workshop(project, rows: ModelTestProject.teams + ModelTestProject.rows)
        let bare = try await shop.test().lines
        #expect(bare[1].sample == ["‹masked›"])
        #expect(bare[3].sample == ["‹masked›", "‹masked›"])
        #expect(try await shop.run().rows.queried == 5)
        let keyed = try await shop.test().lines
        #expect(keyed[1].sample.allSatisfy { $0.hasPrefix("‹masked ") })
        #expect(keyed[4].sample == ["lead"])
    }

    @Test func aMistakeInAnExpressionIsFoundAtItsPlace() async throws {
        var project = MembersProject()
        project.sql = Self.sql
        project.model = ["tests:", "  - {row_count: {min: 0}}", "  - {expression: \"points > 0 AND pionts < 9\"}"]
        for shop in [try await Workshop(project), try await postgresShop(project, rows: "")] {
            let check = try await shop.headrace("check")
            #expect(check.exit == 2)
            #expect(check.stdout.contains("models/members.yml:6:36: error:"), "\(check.stdout)")
            let (exit, lines) = try await shop.test()
            #expect(exit == 2)
            #expect(lines.map(\.status) == ["pass", "error"])
            #expect(lines[1].message.hasPrefix("models/members.yml:6: "), "\(lines)")
        }
    }

    @Test(arguments: [
        ("- {expression: \"points > 0) OR (true\"}", "a parenthesis closes that is not open"),
        ("- {expression: \"points > 'x\"}", "a quote is not closed"), ("- {expression: \"1; 2\"}", "no statement"),
        ("- {expression: \" \"}", "it is empty"), ("- {accepted_values: {column: tier, values: []}}", "list is empty"),
        ("- {relationships: {column: tier, to: \"a b\", field: x}}", "schema.table"),
        ("- {freshness: {column: tier, max_age: 2 hours}}", "is no duration"), ("- {not_null: tire}", "tire"),
        ("- {uniqe: tier}", "did you mean `unique`?"),
    ])
    func aTestThatIsNoneIsFoundByCheck(line: String, text: String) async throws {
        var project = MembersProject()
        project.model = ["tests:", "  " + line]
        let shop = try await Workshop(project)
        let check = try await shop.headrace("check")
        #expect(check.exit == 2)
        #expect(check.stdout.contains("models/members.yml:5:") && check.stdout.contains(text), "\(check.stdout)")
    }

    @Test func relationshipsToAModelReadItsStatement() async throws {
        var project = MembersProject()
        project.model = ["tests:", "  - {relationships: {column: tier, to: tiers, field: name}}"]
        let shop = try await Workshop(project, rows: Workshop.plainRows(3))
        let other = "model: {source: shop, primary_key: name}\n"
        try shop.folder.write([
            "models/tiers.sql": "SELECT 'gold' AS name;", "models/tiers.yml": other,
        ])
        let failing = try await shop.test("members")
        #expect(failing.exit == 3)
        #expect(failing.lines.map(\.failures) == [3])
        try shop.folder.write(["models/tiers.sql": "SELECT 'gold' AS name UNION ALL SELECT 'silver'"])
        #expect(try await shop.test("members").exit == 0)
        try shop.folder.write(["models/tiers.yml": other.replacing("shop", with: "other")])
        let config = try String(contentsOf: shop.folder.url.appending(path: "headrace.yml"), encoding: .utf8)
        try shop.folder.write([
            "headrace.yml": config.replacing("sources:", with: "sources:\n  other: {type: sqlite, path: shop.db}")
        ])
        let check = try await shop.headrace("check")
        #expect(check.exit == 2)
        #expect(check.stdout.contains("[different_source]"))
    }

    @Test func freshnessComparesTheNewestTimeWithTheClock() async throws {
        var project = MembersProject()
        project.sql = "SELECT id, uid, tier, points, seen FROM members\n"
        project.model = ["tests:", "  - {freshness: {column: seen, max_age: 2h}}"]
        let lite = try await Workshop(project, rows: Workshop.plainRows(2))
        let postgres = try await postgresShop(
            project, rows: "INSERT INTO members (id, uid) VALUES (1, 'u1'), (2, 'u2');")
        #expect(try await lite.test().lines.map(\.message) == ["no row has a time"])
        #expect(try await postgres.test().exit == 3)
        try await lite.sql("UPDATE members SET seen = strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-3 hours') WHERE id = 1")
        let old = try await lite.test()
        #expect(old.exit == 3)
        #expect(old.lines[0].message.hasPrefix("the newest value is 3h"), "\(old.lines)")
        #expect((10_790...11_000).contains(try #require(old.lines[0].actual)))
        try await lite.sql("UPDATE members SET seen = strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-1 hours') WHERE id = 2")
        #expect(try await lite.test().exit == 0)
        try await lite.sql("UPDATE members SET seen = datetime('now')")
        let local = try await lite.test()
        #expect(local.exit == 2)
        #expect(local.lines[0].message.contains("a time without a zone"))
    }

    @Test func checkWithDataReportsFailingTestsAsFindings() async throws {
        var project = MembersProject()
        project.model = ["tests:", "  - {unique: id}", "  - {not_null: points}"]
        let shop = try await Workshop(project, rows: Workshop.plainRows(3))
        #expect(try await shop.headrace("check", "--with-data").exit == 0)
        try await shop.sql("UPDATE members SET points = NULL WHERE id = 2")
        #expect(try await shop.headrace("check").exit == 0)
        let check = try await shop.headrace("check", "--with-data")
        #expect(check.exit == 3)
        #expect(
            check.stdout.contains(
                "models/members.yml:6:18: error: not_null_members_points: 1 row is null; keys: 2 [test_failed]"),
            "\(check.stdout)")
    }

    @Test func aSourceThatIsNotThereIsAskedOnce() async throws {
        var project = MembersProject()
        project.model = ModelTestProject.model()
        project.source = "{type: postgres, url: \"postgresql://nobody@127.0.0.1:1/none\"}"
        let shop = try await Workshop(project)
        let (exit, lines) = try await shop.test()
        #expect(exit == 6)
        #expect(lines.count == 11)
        #expect(lines.allSatisfy { $0.status == "error" })
    }
}
