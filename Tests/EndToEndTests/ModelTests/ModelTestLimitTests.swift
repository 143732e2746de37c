import Foundation
import TestKit
import Testing

/// A test's statement is under the rules of a model's own read.
@Suite struct ModelTestLimitTests {
    private func project(_ test: String, source: String? = nil) -> MembersProject {
        var project = MembersProject()
        if let source { project.source = source }
        project.model = ["tests:", "  - {row_count: {min: 0}}", "  - \(test)"]
        return project
    }

    private func database() async throws -> PostgresDatabase {
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute(
            """
            CREATE TABLE members (id int, uid text, tier text, points int8, note text, seen timestamptz, day date);
            INSERT INTO members VALUES (1, 'u1', 'gold', 1, 'x', now() - interval '3 hours', current_date);
            """)
        return database
    }

    @Test func aTestThatTakesTooLongIsEndedByTheSourcesLimit() async throws {
        let url = try await database().readerURL
        let endless = "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n) > 0"
        for (source, expression) in [
            ("{type: postgres, url: \"\(url)\", statement_timeout: 300ms}", "pg_sleep(600) IS NULL"),
            ("{type: sqlite, path: shop.db, statement_timeout: 300ms}", endless),
        ] {
            let shop = try await Workshop(
                project("{expression: \"\(expression)\"}", source: source), rows: Workshop.plainRows(1))
            let (exit, lines) = try await shop.test()
            #expect(exit == 6)
            #expect(lines.map(\.status) == ["pass", "error"])
            #expect(lines[1].message.hasPrefix("models/members.yml:6: "), "\(lines)")
        }
    }

    @Test func aSignalEndsATestOnTheServer() async throws {
        let database = try await database()
        let shop = try await Workshop(
            project("{expression: pg_sleep(600) IS NULL}", source: "{type: postgres, url: \"\(database.readerURL)\"}"))
        let process = try shop.start(["test"])
        func working() async throws -> String {
            try await database.execute(
                """
                SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'
                    AND usename = '\(PostgresDatabase.readerName)' AND query LIKE '%pg_sleep%';
                """)
        }
        try await eventually { try await working() == "1" }
        process.send(SIGINT)
        let output = await process.end(timeout: 30)
        #expect(output.exit == 130)
        #expect(output.stdout.contains("PASS   row_count_members"))
        try await eventually { try await working() == "0" }
    }

    @Test func anErrorOnARowQuotesNoRow() async throws {
        let url = try await database().readerURL
        let shop = try await Workshop(
            project("{expression: \"note::int > 0\"}", source: "{type: postgres, url: \"\(url)\"}"))
        let output = try await shop.headrace("test")
        #expect(output.exit == 6)
        #expect(output.stdout.contains("models/members.yml:6"), "\(output.stdout)")
        #expect(!output.stdout.contains("\"x\""))
    }

    @Test(arguments: ["seen", "day"]) func anInfiniteTimeIsTheFutureOrThePast(column: String) async throws {
        let database = try await database()
        var project = project(
            "{freshness: {column: \(column), max_age: 2h}}", source: "{type: postgres, url: \"\(database.readerURL)\"}")
        project.sql = "SELECT * FROM members\n"
        project.model.append("time_zone: UTC")
        let shop = try await Workshop(project)
        try await database.execute("UPDATE members SET \(column) = 'infinity'")
        let future = try await shop.test()
        #expect(future.exit == 0)
        #expect(future.lines.last?.message == "the newest value is in the future")
        #expect(future.lines.last?.actual == nil)
        try await database.execute("UPDATE members SET \(column) = '-infinity'")
        let past = try await shop.test()
        #expect(past.exit == 3)
        #expect(past.lines.last?.message == "the newest value is -infinity, at most 2h expected")
        project.model.append("pii: \(column)")
        try shop.write(project)
        #expect(try await shop.test().lines.last?.message == "the newest value is older than 2h")
    }

    @Test(arguments: [
        ("{freshness: {column: seen, max_age: 2h}}", 3, "the newest value is 3h"),
        ("{freshness: {column: seen, max_age: 4h}}", 0, "the newest value is 3h"),
        ("{freshness: {column: day, max_age: 30h}}", 2, "a time without a zone"),
        ("{freshness: {column: tier, max_age: 2h}}", 2, "freshness compares times, and column tier is text"),
    ])
    func freshnessOnPostgreSQL(test: String, exit: Int32, text: String) async throws {
        var project = project(test, source: "{type: postgres, url: \"\(try await database().readerURL)\"}")
        project.sql = "SELECT * FROM members\n"
        let shop = try await Workshop(project)
        let output = try await shop.headrace("test")
        #expect(output.exit == exit)
        #expect(output.stdout.contains(text), "\(output.stdout)")
        if exit != 2 {
            project.model.append("pii: seen")
            try shop.write(project)
            let masked = try await shop.headrace("test", "--output", "json")
            #expect(masked.exit == exit)
            #expect(!masked.stdout.contains("3h") && masked.stdout.contains("\"actual\":null"), "\(masked.stdout)")
        }
    }
}
