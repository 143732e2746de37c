import Foundation
import TestKit
import Testing

/// The same purchases in PostgreSQL and in SQLite, through one recency-frequency-spend model each: equal attributes.
/// HEADRACE_ORDERS names a CSV file of other purchases: customer_id, purchased_on, cds, dollars.
@Suite struct TwoEnginesTests {
    static let postgresProject = "6400000000000000000000aa"
    static let sqliteProject = "6400000000000000000000bb"

    /// The dialects differ in the days between two dates and in the list.
    static func model(days: String, audiences: String) -> String {
        """
        WITH customers AS (
            SELECT customer_id, min(purchased_on) AS first_on, max(purchased_on) AS last_on, count(*) AS purchases,
                sum(cds) AS cds, round(sum(dollars), 2) AS spend
            FROM orders GROUP BY customer_id
        )
        SELECT customer_id, 'customer-' || customer_id AS uid, first_on, last_on, purchases, cds, spend,
            \(days) AS recency_days, purchases > 1 AS is_repeat,
            ntile(5) OVER (ORDER BY last_on, customer_id) AS recency_score,
            ntile(5) OVER (ORDER BY purchases, customer_id) AS frequency_score,
            ntile(5) OVER (ORDER BY spend, customer_id) AS spend_score,
            CASE WHEN spend >= 200 THEN 'gold' WHEN spend >= 50 THEN 'silver' ELSE 'bronze' END AS tier,
            \(audiences) AS audiences
        FROM customers

        """
    }

    static let postgresModel = model(
        days: "DATE '1998-07-01' - last_on",
        audiences: """
            array_remove(ARRAY[CASE WHEN purchases > 3 THEN 'frequent' END, CASE WHEN spend > 100 THEN 'big spender' END],
                NULL)
            """)
    static let sqliteModel = model(
        days: "CAST(julianday('1998-07-01') - julianday(last_on) AS INTEGER)",
        audiences: """
            (SELECT json_group_array(value) FROM json_each(json_array(
                CASE WHEN purchases > 3 THEN 'frequent' END, CASE WHEN spend > 100 THEN 'big spender' END))
             WHERE value IS NOT NULL)
            """)

    static func project(_ uid: String, source: String, sql: String) -> MembersProject {
        var project = MembersProject()
        project.projectUID = uid
        project.source = source
        project.sql = sql
        project.primaryKey = "customer_id"
        let types = [
            ("first_on", "date"), ("last_on", "date"), ("purchases", "integer"), ("cds", "integer"),
            ("spend", "number"), ("recency_days", "integer"), ("is_repeat", "boolean"), ("recency_score", "integer"),
            ("frequency_score", "integer"), ("spend_score", "integer"), ("tier", "string"),
            ("audiences", "string_list"),
        ]
        project.attributes = types.map { "\($0.0): {type: \($0.1)}" }
        project.mappings = types.map { "{column: \($0.0), attribute: \($0.0)}" }
        return project
    }

    /// 600 customers with one to nine purchases each; some prices are 0.
    static func generatedOrders() -> String {
        var random = SeededGenerator(seed: 97)
        var lines = ["customer_id,purchased_on,cds,dollars"]
        for customer in 1...600 {
            for _ in 0..<Int.random(in: 1...9, using: &random) {
                let day = String(
                    format: "199%d-%02d-%02d", Int.random(in: 7...8, using: &random),
                    Int.random(in: 1...6, using: &random), Int.random(in: 1...28, using: &random))
                let cents = Int.random(in: 0...9, using: &random) == 0 ? 0 : Int.random(in: 1...9999, using: &random)
                let price = String(format: "%d.%02d", cents / 100, cents % 100)
                lines.append("\(customer),\(day),\(Int.random(in: 1...6, using: &random)),\(price)")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    @Test func giveEveryUserEqualAttributes() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let onSQLite = try await Workshop(
            Self.project(Self.sqliteProject, source: "{type: sqlite, path: shop.db}", sql: Self.sqliteModel))
        let simulator = onSQLite.simulator
        let onPostgres = try await Workshop(
            Self.project(
                Self.postgresProject, source: "{type: postgres, url: \"\(database.readerURL)\"}",
                sql: Self.postgresModel),
            sharing: simulator)
        let given = ProcessInfo.processInfo.environment["HEADRACE_ORDERS"]
        let orders = try given.map { try String(contentsOfFile: $0, encoding: .utf8) } ?? Self.generatedOrders()
        try onSQLite.folder.write(["orders.csv": orders])
        try await onSQLite.sql(
            """
            CREATE TABLE orders (customer_id INTEGER, purchased_on TEXT, cds INTEGER, dollars REAL);
            .import --csv --skip 1 orders.csv orders
            """)
        try await database.execute(
            """
            CREATE TABLE orders (customer_id int, purchased_on date, cds int, dollars numeric(10,2));
            \\copy orders FROM '\(onSQLite.folder.path)orders.csv' WITH (FORMAT csv, HEADER true)
            """)
        let users = try #require(Int(try await onSQLite.sql("SELECT count(DISTINCT customer_id) FROM orders")))

        for shop in [onSQLite, onPostgres] {
            let run = try await shop.run()
            #expect(run.exit == 0, "\(run.line)")
            #expect(run.rows == RowNumbers(queried: users, added: users))
            #expect(run.operations == .allConfirmed(users))
        }
        try await expectEqualUsers(simulator, count: users)
        for shop in [onSQLite, onPostgres] {
            let run = try await shop.run()
            #expect(run.rows == RowNumbers(queried: users, unchanged: users))
            #expect(run.operations.planned == 0)
        }
        #expect(try await simulator.stats().requests == 2 * users)

        let change = "UPDATE orders SET dollars = dollars + 0.1 WHERE customer_id % 50 = 0"
        try await onSQLite.sql(change)
        try await database.execute(change)
        let plans = try await [onSQLite.plan("--details", "100000"), onPostgres.plan("--details", "100000")]
        #expect(plans[0].line.operations.planned > 0)
        #expect(plans[0].line.rows == plans[1].line.rows)
        #expect(Self.changes(plans[0].line) == Self.changes(plans[1].line))
        for shop in [onSQLite, onPostgres] { #expect(try await shop.run().exit == 0) }
        try await expectEqualUsers(simulator, count: users)
    }

    private static func changes(_ plan: ReportedPlan) -> [String: [String: ReportedPlan.User.Change]] {
        Dictionary(uniqueKeysWithValues: plan.users.map { ($0.userUID, $0.attributes) })
    }

    /// Byte by byte, in the digits that were sent.
    private func expectEqualUsers(_ simulator: SimulatorProcess, count: Int) async throws {
        let texts = try await [Self.sqliteProject, Self.postgresProject].asyncMap { project in
            try await simulator.text("users?project=\(project)&limit=1000000").replacing(project, with: "PROJECT")
        }
        #expect(texts[0].hasPrefix("{\"count\":\(count),"))
        guard texts[0] != texts[1] else { return }
        let pairs = zip(texts[0].split(separator: "{\"project\""), texts[1].split(separator: "{\"project\""))
        for (left, right) in pairs.filter({ $0 != $1 }).prefix(5) { Issue.record("\(left)\n\(right)") }
    }
}

extension Array where Element: Sendable {
    fileprivate func asyncMap<Result>(_ transform: (Element) async throws -> Result) async rethrows -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
