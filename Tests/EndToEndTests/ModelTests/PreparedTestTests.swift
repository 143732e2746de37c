import Foundation
import TestKit
import Testing

/// What `check` learns about tests, before any of them runs.
@Suite struct PreparedTestTests {
    private func shop(_ sql: String, _ test: String) async throws -> Workshop {
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute(
            "CREATE TABLE members (id int, uid text, tier text, points int8, note text, data json)")
        var project = MembersProject()
        project.source = "{type: postgres, url: \"\(database.readerURL)\"}"
        project.sql = sql
        project.model = ["tests:", "  - {row_count: {min: 0}}", "  - \(test)"]
        return try await Workshop(project)
    }

    @Test(arguments: [
        ("SELECT * FROM members", "{unique: data}", "could not identify an ordering operator for type json"),
        ("SELECT * FROM members", "{unique: [tier, data]}", "could not identify an ordering operator for type json"),
        ("SELECT *, 1 AS more, 2 AS more FROM members", "{not_null: more}", "ambiguous"),
    ])
    func everyTestIsPrepared(sql: String, test: String, text: String) async throws {
        let shop = try await shop(sql, test)
        let check = try await shop.headrace("check")
        #expect(check.exit == 2)
        #expect(check.stdout.contains("models/members.yml:6:"), "\(check.stdout)")
        #expect(check.stdout.contains(text), "\(check.stdout)")
        #expect(try await shop.test().lines.map(\.status) == ["pass", "error"])
    }
}
