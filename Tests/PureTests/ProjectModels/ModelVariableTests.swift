import ProjectModels
import SyncCore
import Testing

/// Values of variables before any database is asked.
@Suite struct ModelVariableTests {
    private func findings(
        _ vars: String, _ given: [String: String] = [:], source: String = "{type: sqlite, path: a.db}"
    )
        throws -> [Diagnostic]
    {
        let sample = try SampleProject([
            "headrace.yml": """
            version: 1
            sources: {shop: \(source)}
            destinations:
              personalize: {type: contentstack_personalize, project_uid: abc, auth: {method: none}}
            vars:
              x: \(vars)

            """,
            "models/people.sql": "SELECT id, uid, tier, points FROM people WHERE id <> :x OR tier = :x\n",
        ])
        return ProjectLoader.read(
            directory: sample.directory, environment: ["BIG": "9007199254740993.5"], variables: given
        )
        .findings
    }

    @Test(arguments: [
        "12345678901234567890", "0.1234567890123456789", "01234", "-007", "00.5", "1e-400", "1.0000000000000000001",
    ])
    func sqliteRefusesANumberThatItWouldChange(number: String) throws {
        let found = try findings(number)
        #expect(found.map(\.code) == ["invalid_value"])
        #expect(found.first?.position == Diagnostic.Position("headrace.yml", line: 6, column: 6))
        #expect(found.first?.hint == "write it in quotes if it is a text")
        #expect(try findings("\"\(number)\"").isEmpty)
        #expect(try findings("\"text\"", ["x": number]).isEmpty)
        #expect(try findings(number, source: "{type: postgres}").isEmpty)
        let given = try findings("1.5", ["x": number])
        #expect(given.map(\.code) == ["invalid_value"])
        #expect(given.first?.message.hasPrefix("--var x: ") == true)
    }

    @Test(arguments: [
        "0", "-0", "+5", "0.5", "-0.50", "1.10", "1e3", "0e7", "12345678901234567000", ".5", "9223372036854775807",
    ])
    func whatSQLiteKeepsIsTaken(number: String) throws {
        #expect(try findings(number).isEmpty)
    }

    @Test func aWholeNumberIsOneOfAnySize() throws {
        let big = "12345678901234567890"
        #expect(try findings("5", ["x": big], source: "{type: postgres}").isEmpty)
        #expect(try findings("5", ["x": "5.5"], source: "{type: postgres}").map(\.code) == ["invalid_value"])
        #expect(try findings("5", ["x": big]).map(\.code) == ["invalid_value"])
    }

    @Test func aNameOfOurOwnIsRefused() throws {
        let sample = try SampleProject([
            "headrace.yml": """
            version: 1
            sources: {shop: {type: sqlite, path: a.db}}
            destinations:
              personalize: {type: contentstack_personalize, project_uid: abc, auth: {method: none}}
            vars: {headrace: 1, headrace_cursor_from: 1}

            """,
            "models/people.sql":
                "SELECT id, uid, tier, points FROM people WHERE id <> :headrace\nAND :headrace_cursor_shape\n",
        ])
        #expect(
            sample.places() == [
                "headrace.yml:5:21 reserved_name", "models/people.sql:2:5 reserved_name",
            ])
        let given = ProjectLoader.read(
            directory: sample.directory, environment: [:],
            variables: ["headrace_x": "1", "headrace_cursor_shape": "1"])
        #expect(given.findings.map(\.code).sorted() == Array(repeating: "reserved_name", count: 4))
        #expect(
            given.findings.filter { $0.position == nil }.map(\.message).allSatisfy { $0.hasPrefix("--var headrace_") })
    }

    @Test func whatAVariableOfTheEnvironmentHoldsIsNotShown() throws {
        let found = try findings("\"${BIG}\"")
        #expect(found.map(\.code) == ["invalid_value"])
        #expect(found.first?.message.contains("9007") == false && found.first?.hint == nil)
    }
}
