import Foundation
import TestKit
import Testing

/// `vars:` and `--var` on both engines.
@Suite struct VariableTests {
    static let sql = """
        SELECT id, uid, tier, points -- :nothing
        FROM members WHERE points >= :min AND tier <> :except AND ':min' <> 'x' AND (:all OR id < 3)

        """

    static func shop(_ vars: String = "{min: 20, except: gold, all: true}", postgres: Bool, sql: String = sql)
        async throws -> Workshop
    {
        var project = MembersProject()
        project.sql = sql
        project.state += "\nvars: \(vars)"
        guard postgres else { return try await Workshop(project, rows: Workshop.plainRows(4)) }
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute(
            """
            CREATE TABLE members (id int, uid text, tier text, points int8, parts int[]);
            \(Workshop.plainRows(4))
            """)
        project.source = "{type: postgres, url: \"\(database.readerURL)\"}"
        return try await Workshop(project)
    }

    private func rows(_ shop: Workshop, _ arguments: String...) async throws -> Int {
        let output = try await shop.start(["preview", "members", "--output", "json"] + arguments).end()
        #expect(output.exit == 0, "\(output)")
        return output.stdout.split(separator: "\n").count
    }

    @Test(arguments: [false, true]) func valuesAreBound(postgres: Bool) async throws {
        let shop = try await Self.shop(postgres: postgres)
        #expect(try await rows(shop) == 3)
        #expect(try await rows(shop, "--var", "min=30") == 2)
        #expect(try await rows(shop, "--var", "min=30", "--var", "all=false") == 0)
        #expect(try await rows(shop, "--var", "except='; DROP TABLE members; --") == 3)
        #expect(try await rows(shop, "--var", "except=silver") == 0)
        #expect(try await shop.run("--var", "min=40").operations == .allConfirmed(1))
    }

    @Test(arguments: [false, true]) func aPlanBelongsToItsValues(postgres: Bool) async throws {
        let shop = try await Self.shop(postgres: postgres)
        let plan = try await shop.plan("--var", "min=30").line
        #expect(plan.operations.planned == 2)
        let other = try await shop.apply(plan.planID)
        #expect(other.exit == 2)
        #expect(other.line.error?.contains("made from other definitions") == true, "\(other.line)")
        #expect(try await shop.apply(plan.planID, "--var", "min=30").operations == .allConfirmed(2))
    }

    @Test(arguments: [false, true]) func aValueThatNobodyGivesIsFoundAtItsPlace(postgres: Bool) async throws {
        let shop = try await Self.shop("{mini: 20, all: true}", postgres: postgres)
        let check = try await shop.headrace("check")
        #expect(check.exit == 2)
        #expect(
            check.stdout.contains("models/members.sql:2:30: error: the variable :min has no value [unknown_variable]"),
            "\(check.stdout)")
        #expect(check.stdout.contains("hint: did you mean :mini?"))
        #expect(check.stdout.contains("models/members.sql:2:47: error: the variable :except"))
        #expect(check.stdout.contains("hint: write except under `vars:` of headrace.yml, or give --var except=VALUE"))
        #expect(try await shop.headrace("check", "--var", "min=1", "--var", "except=x").exit == 0)
    }

    @Test(arguments: [
        (["--var", "mni=3"], "--var mni: no model reads :mni"), (["--var", "min"], "--var takes NAME=VALUE"),
        (["--var", "min=1", "--var", "min=2"], "--var min is given twice"),
        (["--var", "min=secret"], "--var min: expected a whole number"),
        (["--var", "all=1"], "--var all: expected true or false"),
    ])
    func aValueThatIsNoneExitsWith2(arguments: [String], text: String) async throws {
        let shop = try await Self.shop(postgres: false)
        for command in [["check"], ["run"], ["test"]] {
            let output = try await shop.start(command + arguments).end()
            #expect(output.exit == 2)
            #expect((output.stdout + output.stderr).contains(text), "\(output)")
            #expect(!output.stderr.contains("secret"))
        }
    }

    @Test(arguments: [
        ("SELECT id, uid, tier, points FROM members\nWHERE id > :min AND  nowhere = 1\n", "2:22"),
        ("SELECT id, uid, tier, points FROM members\nWHERE :min :min\n", "2:12"),
        ("SELECT id, uid, tier, points FROM members WHERE :min\n  = 'a' || $1\n", "2:12"),
    ])
    func placesOnPostgreSQLAreThoseOfTheFile(sql: String, place: String) async throws {
        let shop = try await Self.shop("{min: 1}", postgres: true, sql: sql)
        let check = try await shop.headrace("check")
        #expect(check.exit == 2)
        #expect(check.stdout.contains("models/members.sql:\(place): error:"), "\(check.stdout)")
    }

    @Test func postgreSQLTakesTypesFromWhereAVariableStands() async throws {
        let sql = """
            SELECT id, uid, :tier::text AS tier, (ARRAY[1, :n, 3])[2:2] AS parts, points + :n AS points FROM members
            WHERE id = ANY (string_to_array(:ids, ',')::int[]) AND :tier IN ('gold', $$:x$$) LIMIT :n

            """
        let shop = try await Self.shop("{tier: gold, n: 2, ids: \"1,3,4\"}", postgres: true, sql: sql)
        let output = try await shop.headrace("preview", "members", "--output", "json")
        #expect(output.stdout.contains("\"points\":\"12\""), "\(output)")
        #expect(output.stdout.contains(#""parts":"[\"2\"]""#), "\(output)")
        #expect(output.stdout.split(separator: "\n").count == 2)
        let unfit = try await Self.shop(
            "{n: hush}", postgres: true, sql: "SELECT id, uid, tier, points FROM members WHERE id = :n\n")
        let check = try await unfit.headrace("check")
        #expect(check.exit == 2)
        #expect(check.stdout.contains("[variable_value]") && !check.stdout.contains("hush"), "\(check.stdout)")
        let untyped = try await Self.shop(
            "{n: 1}", postgres: true, sql: "SELECT id, uid, tier, points FROM members WHERE :n IS NULL\n")
        #expect(try await untyped.headrace("check").stdout.contains("[variable_type]"))
    }

    @Test func postgreSQLGetsAValueAsItIsWritten() async throws {
        let sql = """
            SELECT 1 AS id, 'u1' AS uid, 0 AS points, k.tier || :code::text || :version::text AS tier
            FROM (VALUES (12345678901234567890, 'right '), (12345678901234567000, 'wrong ')) AS k(id, tier)
            WHERE k.id = :id

            """
        let declared = try await Self.shop(
            "{id: 12345678901234567890, code: 01234, version: 1.10}", postgres: true, sql: sql)
        let given = try await Self.shop("{id: 7}", postgres: true, sql: sql)
        let arguments = ["id=12345678901234567890", "code=01234", "version=1.10"].flatMap { ["--var", $0] }
        for (shop, arguments) in [(declared, []), (given, arguments)] {
            let output = try await shop.start(["preview", "members", "--output", "json"] + arguments).end()
            #expect(output.stdout.contains("right 012341.10"), "\(output)")
        }
    }

    @Test func aPlanBelongsToItsValuesAsTheyAreWritten() async throws {
        let sql = "SELECT id, uid, tier, points FROM members WHERE uid <> :code\n"
        let shop = try await Self.shop("{}", postgres: true, sql: sql)
        let plan = try await shop.plan("--var", "code=01234").line
        #expect(try await shop.apply(plan.planID, "--var", "code=1234").exit == 2)
        #expect(try await shop.apply(plan.planID, "--var", "code=01234").operations == .allConfirmed(4))
    }

    @Test(arguments: [false, true]) func anExpressionReadsThemToo(postgres: Bool) async throws {
        let shop = try await Self.shop(postgres: postgres)
        let yml = try String(contentsOf: shop.folder.url.appending(path: "models/members.yml"), encoding: .utf8)
        try shop.folder.write([
            "models/members.yml": yml.replacing(
                "syncs:", with: "  tests:\n    - {expression: \"points < :limit\"}\nsyncs:")
        ])
        #expect(try await shop.test("--var", "limit=50").exit == 0)
        #expect(try await shop.test("--var", "limit=40").lines.map(\.sample) == [["4"]])
        let missing = try await shop.headrace("test")
        #expect(missing.exit == 2)
        #expect(missing.stderr.contains("models/members.yml:5:30: error: the variable :limit"), "\(missing.stderr)")
    }
}
