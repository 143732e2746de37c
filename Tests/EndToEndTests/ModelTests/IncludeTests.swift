import Foundation
import TestKit
import Testing

/// Models that include others, on both engines.
@Suite struct IncludeTests {
    /// `members` reads the models `tiers` and `recent`; `recent` reads a table `tiers` and a variable, and includes
    /// `best`.
    private func shop(postgres: Bool) async throws -> Workshop {
        var project = MembersProject()
        project.sql = """
            WITH own AS (SELECT 2 AS factor)
            SELECT r.id, r.uid, t.tier, r.points * own.factor AS points
            FROM recent AS r JOIN tiers AS t ON t.id = r.id CROSS JOIN own;

            """
        project.model = ["include: [tiers, recent]", "tests:", "  - {row_count: {min: 2, max: 2}}", "  - {unique: id}"]
        project.state += "\nvars: {least: 20}"
        let tiers = "CREATE TABLE tiers (id INTEGER, tier TEXT); INSERT INTO tiers VALUES (2, 'x'), (3, 'x'), (9, 'x');"
        let shop: Workshop
        if postgres {
            let database = try await PostgresServer.shared().newDatabase()
            try await database.execute(
                """
                CREATE TABLE members (id int, uid text, tier text, points int8);
                \(tiers) \(Workshop.plainRows(4))
                """)
            project.source = "{type: postgres, url: \"\(database.readerURL)\"}"
            shop = try await Workshop(project)
        } else {
            shop = try await Workshop(project, rows: tiers + Workshop.plainRows(4))
        }
        try FileManager.default.createDirectory(
            atPath: shop.folder.path + "models/parts", withIntermediateDirectories: true)
        try shop.folder.write([
            "models/parts/tiers.sql": "SELECT id, 'gold' AS tier FROM members\n",
            "models/parts/tiers.yml": "model: {source: shop, primary_key: id}\n",
            "models/recent.sql": "SELECT * FROM best\nWHERE id IN (SELECT id FROM tiers WHERE tier = 'x')\n",
            "models/recent.yml": "model: {source: shop, primary_key: id, include: best}\n",
            "models/best.sql": "SELECT id, uid, points FROM members WHERE points >= :least -- end",
            "models/best.yml": "model: {source: shop, primary_key: id}\n",
        ])
        return shop
    }

    @Test(arguments: [false, true]) func namesMeanTheModelsWhereTheyAreIncluded(postgres: Bool) async throws {
        let shop = try await shop(postgres: postgres)
        let check = try await shop.headrace("check")
        #expect(check.exit == 0, "\(check.stdout)")
        let plan = try await shop.plan()
        #expect(plan.line.users.map(\.key).sorted() == ["2", "3"])
        #expect(plan.line.users.first { $0.key == "3" }?.attributes["points"]?.new == 60)
        #expect(plan.line.users.allSatisfy { $0.attributes["loyalty_tier"]?.new == "gold" })
        #expect(try await shop.test().exit == 0)

        try shop.folder.write([
            "models/best.sql": "SELECT id, uid, points + 1 AS points FROM members WHERE id <= :least"
        ])
        let outdated = try await shop.apply(plan.line.planID)
        #expect(outdated.exit == 2)
        #expect(try await shop.run().operations == .allConfirmed(2))
        #expect(try await shop.plan("--var", "least=2").line.rows.queried == 1)
    }

    @Test(arguments: [false, true]) func errorsPointIntoTheFileThatHasThem(postgres: Bool) async throws {
        let shop = try await shop(postgres: postgres)
        for (path, sql, place) in [
            ("models/best.sql", "SELECT id, uid, points\nFROM members WHERE  nowhere >= :least", "2:21"),
            ("models/recent.sql", "SELECT *\nFROM best JOIN  nothing ON 1 = 1", "2:17"),
            ("models/members.sql", "with own AS (SELECT 1)\nSELECT id, uid,  pionts FROM recent", "2:18"),
        ] {
            let before = try String(contentsOf: shop.folder.url.appending(path: path), encoding: .utf8)
            try shop.folder.write([path: sql])
            let plan = try await shop.headrace("plan")
            #expect(plan.exit == 2)
            #expect(plan.stderr.contains("\(path):\(place): error: "), "\(plan.stderr)")
            try shop.folder.write([path: before])
        }
    }

    /// SQLite makes `id` and `id:1` of them in a subquery.
    @Test(arguments: [false, true]) func columnsOfOneNameAreFound(postgres: Bool) async throws {
        let shop = try await shop(postgres: postgres)
        let end = "FROM recent AS r JOIN tiers AS t ON t.id = r.id"
        for sql in [
            "SELECT r.id, r.uid, r.points, t.tier, t.id \(end)", "SELECT * \(end)",
            "WITH own AS (SELECT 2 AS factor) SELECT r.*, own.factor, t.* \(end), own",
            "-- a comment\nWITH RECURSIVE own AS (SELECT 2 AS factor) SELECT r.*, own.factor, t.* \(end), own;",
        ] {
            try shop.folder.write(["models/members.sql": sql])
            let check = try await shop.headrace("check")
            #expect(check.exit == 2)
            #expect(check.stdout.contains("the model has 2 columns named id [duplicate_column]"), "\(check.stdout)")
        }
        try shop.folder.write([
            "models/members.sql": "SELECT r.id, r.id AS \"id:1\", r.uid, r.points, t.tier \(end)"
        ])
        let check = try await shop.headrace("check")
        #expect(check.exit == 0, "\(check.stdout)")
    }

    @Test(arguments: [false, true]) func nothingInsideMayWrite(postgres: Bool) async throws {
        let shop = try await shop(postgres: postgres)
        try shop.folder.write(["models/best.sql": "DELETE FROM members RETURNING id, uid, points"])
        #expect(try await shop.headrace("check").exit == 2)
        #expect(try await shop.headrace("run").exit == 2)
        try shop.folder.write(["models/best.sql": "SELECT id, uid, points FROM members WHERE points >= :least"])
        #expect(try await shop.run().operations == .allConfirmed(2))
    }
}
