import TestKit
import Testing

/// One row that does not fit among rows that do.
struct BadRow: Sendable, CustomTestStringConvertible {
    var name: String
    /// SQL of the columns that are not as in `BadRowTests.good`.
    var columns: [String: String]
    var column: String

    var testDescription: String { name }

    static let cases: [BadRow] = [
        BadRow(name: "an empty key", columns: ["code": "''"], column: "code"),
        BadRow(name: "a null key", columns: ["code": "NULL"], column: "code"),
        BadRow(name: "a null uid", columns: ["uid": "NULL"], column: "uid"),
        BadRow(name: "an empty uid", columns: ["uid": "''"], column: "uid"),
        BadRow(name: "a uid with a space", columns: ["uid": "'a b'"], column: "uid"),
        BadRow(name: "a uid that ends in a space", columns: ["uid": "'ab '"], column: "uid"),
        BadRow(name: "a uid with CR LF", columns: ["uid": "'a' || char(13,10) || 'x: y'"], column: "uid"),
        BadRow(name: "a uid with NUL", columns: ["uid": "'a' || char(0) || 'b'"], column: "uid"),
        BadRow(name: "a uid beyond ASCII", columns: ["uid": "'jürgen'"], column: "uid"),
        BadRow(name: "a uid of 257 bytes", columns: ["uid": "printf('%.257c', 'u')"], column: "uid"),
        BadRow(name: "text in an integer", columns: ["points": "'many'"], column: "points"),
        BadRow(name: "a blob in an integer", columns: ["points": "x'3132'"], column: "points"),
        BadRow(name: "a fraction in an integer", columns: ["points": "1.5"], column: "points"),
        BadRow(name: "2^53 + 1", columns: ["points": "9007199254740993"], column: "points"),
        BadRow(name: "-(2^53 + 1)", columns: ["points": "-9007199254740993"], column: "points"),
        BadRow(name: "infinity", columns: ["balance": "9e999"], column: "balance"),
        BadRow(name: "text 'true' in a boolean", columns: ["active": "'true'"], column: "active"),
        BadRow(name: "2 in a boolean", columns: ["active": "2"], column: "active"),
        BadRow(name: "a NUL", columns: ["note": "'a' || char(0)"], column: "note"),
        BadRow(name: "invalid UTF-8", columns: ["note": "CAST(x'61ff' AS TEXT)"], column: "note"),
        BadRow(name: "a value outside allowed", columns: ["tier": "'platinum'"], column: "tier"),
        BadRow(name: "an allowed value in another case", columns: ["tier": "'Gold'"], column: "tier"),
        BadRow(name: "a date that is none", columns: ["seen": "'2026-02-30T00:00:00Z'"], column: "seen"),
        BadRow(name: "a list item with a pipe", columns: ["segments": "'[\"a|b\"]'"], column: "segments"),
        BadRow(name: "a null list item", columns: ["segments": "'[\"a\",null]'"], column: "segments"),
        BadRow(name: "an empty list item", columns: ["segments": "'[\"\"]'"], column: "segments"),
        BadRow(name: "a list that is none", columns: ["segments": "'a,b'"], column: "segments"),
    ]
}

@Suite struct BadRowTests {
    static let good = [
        "code": "'bad'", "uid": "'bad'", "tier": "'gold'", "points": "1", "balance": "1.5", "active": "1",
        "seen": "'2026-11-01T12:00:00Z'", "segments": "'[]'", "note": "'x'",
    ]

    static func project() -> MembersProject {
        var project = MembersProject()
        project.sql = "SELECT * FROM things\n"
        project.primaryKey = "code"
        project.attributes += [
            "balance: {type: number}", "active: {type: boolean}", "last_seen: {type: timestamp}",
            "audience_ids: {type: string_list}",
        ]
        project.mappings += [
            "{column: balance, attribute: balance}", "{column: active, attribute: active}",
            "{column: seen, attribute: last_seen}", "{column: segments, attribute: audience_ids}",
            "{column: note, attribute: note}",
        ]
        return project
    }

    static func insert(_ changes: [String: String]) -> String {
        let values = good.merging(changes) { _, new in new }
        let names = values.keys.sorted()
        return """
            INSERT INTO things (\(names.joined(separator: ", ")))
            VALUES (\(names.map { values[$0] ?? "NULL" }.joined(separator: ", ")));
            """
    }

    static let things = """
        CREATE TABLE things (code TEXT, uid TEXT, tier TEXT, points INTEGER, balance REAL, active INTEGER, seen TEXT,
          segments TEXT, note TEXT);
        """

    @Test(arguments: BadRow.cases) func isInvalidAndTheOthersGoOn(bad: BadRow) async throws {
        let shop = try await Workshop(
            Self.project(),
            rows: Self.things + Self.insert(["code": "'good'", "uid": "'good'"]) + Self.insert(bad.columns))
        let run = try await shop.run()
        #expect(run.exit == 3, "\(run.line)")
        #expect(run.rows == RowNumbers(queried: 2, added: 1, invalid: 1))
        #expect(run.operations == .allConfirmed(1))
        let invalid = try #require(run.line.invalidSample.first)
        #expect(invalid.column == bad.column)
        #expect(!invalid.reason.isEmpty)
        #expect(try await shop.simulator.requests().map(\.uid) == ["good"])
    }

    @Test(arguments: ["code", "uid"]) func twoRowsOfOneKeyAreBothInvalid(column: String) async throws {
        var second = ["code": "'b'", "uid": "'b'"]
        second[column] = "'a'"
        let shop = try await Workshop(
            Self.project(),
            rows: Self.things + Self.insert(["code": "'a'", "uid": "'a'"]) + Self.insert(second)
                + Self.insert(["code": "'good'", "uid": "'good'"]))
        let run = try await shop.run()
        #expect(run.exit == 3)
        #expect(run.rows == RowNumbers(queried: 3, added: 1, invalid: 2))
        #expect(Set(run.line.invalidSample.map(\.column)) == [column])
        #expect(try await shop.simulator.requests().map(\.uid) == ["good"])
    }

    @Test func aDuplicateSeenLateWithdrawsItsFirstRow() async throws {
        let shop = try await Workshop(
            rows: Workshop.plainRows(9000)
                + "INSERT INTO members (id, uid, tier, points) VALUES (9001, 'u1', 'gold', 1);")
        let plan = try await shop.plan()
        #expect(plan.line.rows == RowNumbers(queried: 9001, added: 8999, invalid: 2))
        #expect(plan.line.operations.planned == 8999)
        let run = try await shop.run("--key", "uid:u1")
        #expect(run.rows == RowNumbers(queried: 9001, added: 8999, invalid: 2))
        #expect(run.operations.planned == 0)
        #expect(try await shop.simulator.stats().requests == 0)
    }
}
