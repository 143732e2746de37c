import Foundation
import TestKit
import Testing

/// Whoever is refused is told why, where a person and where a program looks.
@Suite struct RefusalTests {
    static let refusing = #"{"rules":[{"effect":{"type":"status","status":404}}]}"#

    private func onlyFinding(_ output: HeadraceProcess.Output) throws -> ReportedFinding {
        let lines = output.stderr.split(separator: "\n").filter { $0.hasPrefix("{\"severity\"") }
        try #require(lines.count == 1, "\(output)")
        return try JSONDecoder().decode(ReportedFinding.self, from: Data(lines[0].utf8))
    }

    @Test func aSyncWhoseSourceIsMissingSaysSo() async throws {
        var project = MembersProject()
        project.source = "{type: sqlite, path: nowhere.db}"
        let shop = try await Workshop(project)
        let run = try await shop.run()
        #expect(run.line.error?.hasPrefix("headrace.yml:4: ") == true, "\(run.line)")
        #expect(run.line.error?.contains("nowhere.db") == true, "\(run.line)")
    }

    @Test func aSyncThatOthersStopIsToldByWhat() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(1))
        try shop.folder.write([
            "models/other.sql": "SELECT id, nothing FROM members\n",
            "models/other.yml": """
            model:
              source: shop
              primary_key: id
            syncs:
              - name: another
                destination: personalize
                mode: update
                match: {column: uid, field: user_uid}
                mappings: [{column: note, attribute: note}]

            """,
        ])
        let output = try await shop.headrace("run", "--output", "json")
        let errors = Dictionary(
            uniqueKeysWithValues: output.json.map { ($0["sync"] as? String ?? "", $0["error"] as? String ?? "") })
        #expect(errors["another"]?.hasPrefix("models/other.sql:1: ") == true, "\(errors)")
        #expect(errors["loyalty"]?.hasPrefix("not begun: models/other.sql:1: ") == true, "\(errors)")
    }

    @Test func anUnsetVariableOfHeadraceYMLIsTheReason() async throws {
        var project = MembersProject()
        project.projectUID = "${NOWHERE_SET}"
        let shop = try await Workshop(project, rows: Workshop.plainRows(1))
        let run = try await shop.run()
        #expect(run.line.error?.contains("NOWHERE_SET") == true, "\(run.line)")
    }

    @Test func inJSONEveryFailureIsAFindingOnStandardError() async throws {
        let slow = #"{"rules":[{"effect":{"type":"delay","delay_ms":3000}}]}"#
        let shop = try await Workshop(rows: Workshop.plainRows(100), faults: slow)
        let planned = try await shop.plan()
        let process = try shop.start(["run", "--output", "json"])
        try await eventually { try await shop.simulator.stats().requests >= 1 }
        #expect(try onlyFinding(try await shop.run().output).code == "already_running")
        try await shop.simulator.setFaults("{}")
        #expect(await process.end().exit == 0)
        #expect(try onlyFinding(try await shop.apply(planned.line.planID).output).code == "plan_outdated")
        #expect(try onlyFinding(try await shop.run("--baseline").output).code == "baseline_not_confirmed")
        try await shop.sql("DELETE FROM members;")
        #expect(try onlyFinding(try await shop.run().output).code == "blocked")
    }

    @Test func aRejectionHasItsAnswerItsUsersAndAHint() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(5), faults: Self.refusing)
        let output = try await shop.headrace("run")
        #expect(output.exit == 3, "\(output)")
        for text in [output.stdout, try await shop.headrace("runs", Self.id(in: output.stdout)).stdout] {
            #expect(text.contains("5 rejected: 404 (keys 1, 2, 3, …)"), "\(text)")
            #expect(text.contains("check its project_uid and region"), "\(text)")
        }
        let whole = try await shop.headrace("runs", Self.id(in: output.stdout), "--output", "json").json.first
        let answer = try #require((whole?["answers"] as? [[String: Any]])?.first)
        #expect(answer["outcome"] as? String == "rejected" && answer["answer"] as? String == "404")
        #expect(answer["count"] as? Int == 5 && answer["keys"] as? [String] == ["1", "2", "3"])
        let heading = try await shop.headrace("runs").stdout.split(separator: "\n").first
        for word in ["rejected", "unknown", "deferred"] { #expect(heading?.contains(word) == true) }
    }

    @Test func aPersonalKeyIsMaskedAmongTheAnswers() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(2), faults: Self.refusing)
        var files = MembersProject().files(edgeURL: shop.simulator.url)
        files["models/members.yml"] = files["models/members.yml"]?
            .replacing("field: user_uid}", with: "field: user_uid, pii: true}").replacing("key: id", with: "key: uid")
        try shop.folder.write(files)
        let output = try await shop.headrace("run")
        for text in [output.stdout, try await shop.headrace("runs", Self.id(in: output.stdout)).stdout] {
            #expect(text.contains("2 rejected: 404 (keys ‹masked "), "\(text)")
            #expect(!text.contains("u1"), "\(text)")
        }
    }

    private static func id(in text: String) -> String {
        String(text.firstMatch(of: /[0-9A-HJKMNP-TV-Z]{26}/)?.output ?? "")
    }

    @Test func aMissingKeyFileIsNamedAndNotMadeAnew() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(1))
        _ = try await shop.run()
        let path = shop.folder.path + ".headrace/key"
        let key = try String(contentsOfFile: path, encoding: .utf8)
        try FileManager.default.removeItem(atPath: path)
        let output = try await shop.headrace("run")
        #expect(output.exit == 2)
        #expect(output.stderr.contains("[key_missing]") && output.stderr.contains(".headrace/key"), "\(output.stderr)")
        #expect(!FileManager.default.fileExists(atPath: path))
        try Data(key.utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        #expect(try await shop.run().exit == 0)
    }

    @Test func aKeyThatNobodyHasIsToldAndAnEmptyOneRefused() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(3))
        let unknown = try await shop.run("--key", "nosuch")
        #expect(unknown.exit == 0 && unknown.operations.planned == 0)
        #expect(unknown.output.stderr.contains("no row has the key"), "\(unknown.output.stderr)")
        for key in ["2", "uid:u2"] {
            let known = try await shop.run("--key", key)
            #expect(!known.output.stderr.contains("no row has the key"), "\(known.output.stderr)")
        }
        for key in ["", "uid:"] { #expect(try await shop.headrace("run", "--key", key).exit == 2) }
    }
}
