import TestKit
import Testing

/// One mistake in a project's files: `check` says what is wrong and where, `run` sends nothing.
struct BadFile: Sendable, CustomTestStringConvertible {
    var name: String
    /// Changes the project before its files are written.
    var project: @Sendable (inout MembersProject) -> Void = { _ in }
    /// Replaces text of a written file.
    var replace: (file: String, old: String, new: String)?
    /// Where the finding is: the first line of that file that holds `mark`.
    var file: String
    var mark: String
    /// What the message or the hint must name.
    var says: [String]
    var exit: Int32 = 2

    var testDescription: String { name }

    static let cases: [BadFile] = [
        BadFile(
            name: "YAML that is no YAML", replace: ("models/members.yml", "primary_key: id", "primary_key: [id"),
            file: "models/members.yml", mark: "", says: []),
        BadFile(
            name: "a typo in a key of headrace.yml", project: { $0.destination = ["max_in_fligth: 16"] },
            file: "headrace.yml", mark: "max_in_fligth", says: ["max_in_fligth", "max_in_flight"]),
        BadFile(
            name: "a typo in a key of a model", project: { $0.model = ["descripton: members"] },
            file: "models/members.yml", mark: "descripton", says: ["descripton", "description"]),
        BadFile(
            name: "a typo in a key of a mapping",
            project: { $0.mappings[1] = "{column: points, atribute: points}" },
            file: "models/members.yml", mark: "atribute:", says: ["atribute", "attribute"]),
        BadFile(
            name: "an unset variable", project: { $0.projectUID = "${NO_SUCH_VARIABLE_HERE}" },
            file: "headrace.yml", mark: "NO_SUCH_VARIABLE_HERE", says: ["NO_SUCH_VARIABLE_HERE"]),
        BadFile(
            name: "an unknown source", replace: ("models/members.yml", "source: shop", "source: shopp"),
            file: "models/members.yml", mark: "source:", says: ["shopp", "shop"]),
        BadFile(
            name: "an unknown destination",
            replace: ("models/members.yml", "destination: personalize", "destination: personalise"),
            file: "models/members.yml", mark: "destination:", says: ["personalise", "personalize"]),
        BadFile(
            name: "an unknown column", project: { $0.mappings[1] = "{column: pionts, attribute: points}" },
            file: "models/members.yml", mark: "pionts", says: ["pionts", "points"]),
        BadFile(
            name: "an unknown key column", project: { $0.primaryKey = "ident" },
            file: "models/members.yml", mark: "primary_key", says: ["ident"]),
        BadFile(
            name: "an unknown column in pii", project: { $0.model = ["pii: [tier, teir]"] },
            file: "models/members.yml", mark: "pii:", says: ["teir", "tier"]),
        BadFile(
            name: "an unknown column in a test",
            project: { $0.model = ["tests:", "  - {accepted_values: {column: pionts, values: [1]}}"] },
            file: "models/members.yml", mark: "pionts", says: ["pionts", "points"]),
        BadFile(
            name: "a time zone that is none", project: { $0.model = ["time_zone: Europe/Berln"] },
            file: "models/members.yml", mark: "time_zone", says: ["Europe/Berln", "Europe/Berlin"]),
        BadFile(
            name: "an unknown part of a key", project: { $0.primaryKey = "\n    - id\n    - tierr" },
            file: "models/members.yml", mark: "- tierr", says: ["tierr", "tier"]),
        BadFile(
            name: "an unknown attribute", project: { $0.mappings[0] = "{column: tier, attribute: loyalty_teir}" },
            file: "models/members.yml", mark: "loyalty_teir", says: ["loyalty_teir", "loyalty_tier"]),
        BadFile(
            name: "an unknown type", project: { $0.attributes[1] = "points: {type: intger}" },
            file: "models/attributes.yml", mark: "intger", says: ["intger", "integer"]),
        BadFile(
            name: "an attribute mapped twice", project: { $0.mappings.append("{value: 5, attribute: points}") },
            file: "models/members.yml", mark: "value: 5", says: ["points"]),
        BadFile(
            name: "a constant of another type",
            project: { $0.mappings[1] = "{column: points, attribute: points, on_null: none}" },
            file: "models/members.yml", mark: "on_null", says: ["points", "whole number"]),
        BadFile(
            name: "SQL with a syntax error", project: { $0.sql = "SELECT id, uid, tier, points\nFORM members\n" },
            file: "models/members.sql", mark: "FORM", says: ["syntax"]),
        BadFile(
            name: "a table that is not there", project: { $0.sql = "SELECT id, uid, tier, points\nFROM membres\n" },
            file: "models/members.sql", mark: "", says: ["membres"]),
        BadFile(
            name: "two statements",
            project: { $0.sql = "SELECT id, uid, tier, points FROM members;\nSELECT 1\n" },
            file: "models/members.sql", mark: "", says: ["statement"]),
        BadFile(
            name: "a statement that writes", project: { $0.sql = "DELETE FROM members\n" },
            file: "models/members.sql", mark: "DELETE", says: []),
        BadFile(
            name: "a statement that writes and returns rows",
            project: { $0.sql = "UPDATE members SET points = 0 RETURNING id, uid, tier, points\n" },
            file: "models/members.sql", mark: "UPDATE", says: []),
        BadFile(
            name: "an empty model", project: { $0.sql = "" }, file: "models/members.sql", mark: "",
            says: ["no statement"]),
        BadFile(
            name: "a model of comments", project: { $0.sql = "-- later\n" }, file: "models/members.sql", mark: "",
            says: []),
        BadFile(
            name: "a missing database", project: { $0.source = "{type: sqlite, path: nowhere.db}" },
            file: "headrace.yml", mark: "shop:", says: ["nowhere.db"], exit: 6),
        BadFile(
            name: "a file that is no database", project: { $0.source = "{type: sqlite, path: models/members.yml}" },
            file: "headrace.yml", mark: "shop:", says: [], exit: 6),
    ]
}

@Suite struct BadFileTests {
    @Test(arguments: BadFile.cases) func isFoundWithItsPlaceAndNothingIsSent(bad: BadFile) async throws {
        var project = MembersProject()
        bad.project(&project)
        let shop = try await Workshop(project, rows: Workshop.plainRows(3))
        if let replace = bad.replace {
            let text = try shop.folder.text(of: replace.file)
            try #require(text.contains(replace.old))
            try shop.folder.write([replace.file: text.replacing(replace.old, with: replace.new)])
        }
        let check = try await shop.check()
        #expect(check.exit == bad.exit)
        let errors = check.findings.filter { $0.severity == "error" }
        #expect(errors.count == 1, "\(errors)")
        let finding = try #require(errors.first)
        #expect(finding.file == bad.file, "\(finding)")
        if !bad.mark.isEmpty {
            #expect(finding.line == Self.line(of: bad.mark, in: try shop.folder.text(of: bad.file)))
        }
        #expect(!finding.code.isEmpty)
        for word in bad.says {
            #expect((finding.message + (finding.hint ?? "")).contains(word), "\(finding)")
        }

        let run = try await shop.headrace("run")
        #expect(run.exit == bad.exit)
        if bad.file != "headrace.yml", !bad.mark.isEmpty {
            let line = try #require(Self.line(bad.mark, in: try shop.folder.text(of: bad.file)))
            #expect((run.stdout + run.stderr).contains("    \(line)\n"), "\(run.stdout)\(run.stderr)")
        }
        let place = "\(bad.file):\(finding.line ?? 0)"
        #expect((run.stdout + run.stderr).contains(place), "\(run.stdout)\(run.stderr)")
        #expect(!(run.stdout + run.stderr).contains("Fatal error"))
        #expect(try await shop.simulator.stats().requests == 0)
        #expect(try await shop.sql("SELECT count(*), sum(points) FROM members") == "3|60")
    }

    @Test(arguments: ["headrace.yml", "models/members.yml", "models/attributes.yml"])
    func anEmptyFileIsNamed(file: String) async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(1))
        try shop.folder.write([file: ""])
        let run = try await shop.headrace("run")
        #expect(run.exit == 2)
        #expect((run.stdout + run.stderr).contains(file), "\(run.stdout)\(run.stderr)")
        #expect(try await shop.simulator.stats().requests == 0)
    }

    @Test func aFolderWithoutAProjectIsNamed() async throws {
        let folder = try ScratchFolder()
        let output = try await RunningProcess(["run"], in: folder.url).end()
        #expect(output.exit == 2)
        #expect((output.stdout + output.stderr).contains("headrace.yml"))
    }

    @Test func aMistypedPIIColumnIsNotPreviewedInClear() async throws {
        var project = MembersProject()
        project.model = ["pii: [teir]"]
        let shop = try await Workshop(project, rows: Workshop.plainRows(2))
        let preview = try await shop.headrace("preview", "members")
        #expect(preview.exit == 2)
        #expect(preview.stdout == "")
        #expect(preview.stderr.contains("teir"), "\(preview.stderr)")
    }

    @Test func aByteOrderMarkBeforeAStatementMovesNoPlace() async throws {
        var project = MembersProject()
        project.sql = "\u{FEFF}SELECT id, uid, tier, pionts FROM members\n"
        let shop = try await Workshop(project, rows: Workshop.plainRows(1))
        let text = try await shop.headrace("check").stdout
        #expect(text.contains("models/members.sql:1:23: error: "), "\(text)")
        project.sql = "\u{FEFF}SELECT id, uid, tier, points FROM members\n"
        try shop.folder.write(["models/members.sql": project.sql])
        #expect(try await shop.headrace("check").exit == 0)
    }

    /// The first line that holds the mark.
    static func line(_ mark: String, in text: String) -> String? {
        text.split(separator: "\n").first { $0.contains(mark) }.map(String.init)
    }

    /// Counted from 1.
    static func line(of mark: String, in text: String) -> Int? {
        text.split(separator: "\n", omittingEmptySubsequences: false).firstIndex { $0.contains(mark) }.map { $0 + 1 }
    }
}
