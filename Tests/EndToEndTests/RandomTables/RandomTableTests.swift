import Foundation
import TestKit
import Testing

/// Random tables in both engines, synced to the simulator, which must then hold what the generated values say it should.
/// HEADRACE_TABLES says how many (`scripts/soak` asks for many), HEADRACE_SEED repeats one.
@Suite struct RandomTableTests {
    static let rows = 10_000
    static let projects: [Engine: String] = [
        .postgres: "6400000000000000000000aa", .sqlite: "6400000000000000000000bb",
    ]

    @Test func theSimulatorHoldsWhatTheValuesSay() async throws {
        let environment = ProcessInfo.processInfo.environment
        let tables = environment["HEADRACE_TABLES"].flatMap { Int($0) } ?? 1
        let first = environment["HEADRACE_SEED"].flatMap { UInt64($0) } ?? .random(in: 0...999_999_999)
        for seed in first..<first + UInt64(tables) { try await Self.compare(seed: seed) }
    }

    @Test func theComparisonTellsValuesApart() {
        typealias Case = (expected: ExpectedAttribute, literal: String?, isHeld: Bool)
        let cases: [Case] = [
            (.number("1.50"), "1.5", true), (.number("1e21"), "1e+21", true), (.number("-0.0"), "0", true),
            (.number("1.5"), "1.51", false), (.number("1.5"), "\"1.5\"", false), (.number("1"), nil, false),
            (.text("e\u{301}"), "\"e\u{301}\"", true), (.text("e\u{301}"), "\"é\"", false), (.text("1"), "1", false),
            (.flag(true), "true", true), (.flag(true), "1", false), (.nothing, nil, true), (.nothing, "null", false),
        ]
        for (expected, literal, isHeld) in cases {
            #expect(expected.isHeld(as: literal) == isHeld, "\(expected), \(literal ?? "absent")")
        }
        #expect(Clock(microsecondsSince1970: -1).date == "1969-12-31")
        #expect(CentralEurope.lastSunday(of: 3, 2026) == 29 && CentralEurope.lastSunday(of: 10, 2026) == 25)
    }

    private static func compare(seed: UInt64) async throws {
        let table = RandomTable(seed: seed, rows: rows)
        print("random table: HEADRACE_SEED=\(seed) \(rows) rows of \(table.description)")
        let writer = TableWriter(table: table)
        let database = try await PostgresServer.shared().newDatabase()
        let onSQLite = try await Workshop(
            table.project(projects[.sqlite, default: ""], source: "{type: sqlite, path: shop.db}"))
        let onPostgres = try await Workshop(
            table.project(
                projects[.postgres, default: ""], source: "{type: postgres, url: \"\(database.readerURL)\"}"),
            sharing: onSQLite.simulator)
        async let ofSQLite: Void = {
            try await onSQLite.sql(writer.sqliteScript)
            try await compare(table, .sqlite, in: onSQLite, seed: seed)
        }()
        try onPostgres.folder.write(["rows.copy": writer.postgresRows])
        try await database.execute("\(writer.postgresTable)\n\\copy t FROM '\(onPostgres.folder.path)rows.copy'")
        try await compare(table, .postgres, in: onPostgres, seed: seed)
        try await ofSQLite
    }

    /// Syncs the table from one engine, reads back what the simulator holds, and syncs again: nothing is left to send.
    private static func compare(_ table: RandomTable, _ engine: Engine, in shop: Workshop, seed: UInt64) async throws {
        let expected = (0..<rows).map { table.expected(row: $0, on: engine) }
        let valid = expected.count { $0 != nil }
        let run = try await shop.run()
        let first = RowNumbers(queried: rows, added: valid, invalid: rows - valid)
        #expect(run.rows == first, "\(engine), seed \(seed)")
        #expect(run.operations == .allConfirmed(valid), "\(engine), seed \(seed)")
        let page = try await shop.simulator.text("users?project=\(projects[engine, default: ""])&limit=\(rows)")
        let held = try HeldUsers(page).byUID
        for problem in problems(table, expected, held).prefix(10) {
            Issue.record("\(engine), seed \(seed), \(problem)")
        }
        let again = try await shop.run()
        #expect(again.rows == RowNumbers(queried: rows, unchanged: valid, invalid: rows - valid))
        #expect(again.operations.planned == 0, "\(engine), seed \(seed)")
    }

    private static func problems(
        _ table: RandomTable, _ expected: [[String: ExpectedAttribute]?], _ held: [String: [String: String]]
    ) -> [String] {
        var problems: [String] = []
        for (row, attributes) in expected.enumerated() {
            guard let attributes, let user = held[RandomTable.uid(row)] else {
                let isHeld = held[RandomTable.uid(row)] != nil
                if isHeld != (attributes != nil) {
                    problems.append("row \(row) is \(isHeld ? "sent" : "not sent"): \(table.rows[row])")
                }
                continue
            }
            for (key, attribute) in attributes where !attribute.isHeld(as: user[key]) {
                let value = key == "origin" ? "a constant" : "\(table.rows[row][Int(key.dropFirst()) ?? 0])"
                problems.append("row \(row), \(key): \(value) is \(user[key] ?? "absent"), expected \(attribute)")
            }
        }
        return problems
    }
}
