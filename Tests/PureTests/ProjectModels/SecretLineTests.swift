import ProjectModels
import SyncCore
import Testing

/// A secret that is written into headrace.yml stays there, whatever else is wrong in its line.
@Suite struct SecretLineTests {
    private func findings(_ text: String) throws -> [Diagnostic] {
        let sources = "sources: {shop: {type: sqlite, path: shop.db}}\n"
        let destinations = "destinations: {personalize: {type: contentstack_personalize, project_uid: abc}}\n"
        let rest = (text.contains("sources:") ? "" : sources) + (text.contains("destinations:") ? "" : destinations)
        return try SampleProject(["headrace.yml": "version: 1\n" + rest + text, "models/people.yml": nil]).load()
            .findings
    }

    private static func channel(_ channel: String) -> String { "alerts:\n  channels:\n    ops: \(channel)\n" }
    private static func source(_ source: String) -> String {
        "sources:\n  shop: {type: sqlite, path: shop.db}\n  warehouse: \(source)\n"
    }

    @Test(arguments: [
        source("{type: postgres, password: SECRET}"),
        source("\n    type: postgres\n    password: SECRET"),
        source("\n    type: postgres\n    password:\n      SECRET"),
        source("\n    type: postgres\n    password: |\n      first\n      SECRET\n    statement_timeout: x"),
        source("{type: postgres, url: \"host=h password = SECRET\", statment_timeout: 3s}"),
        source("{type: postgres, url: \"host=h\n    password = SECRET\", statment_timeout: 3s}"),
        source("{type: postgres, url: host=h, password=SECRET}"),
        source("{type: postgres, url: a, url: SECRET}"),
        source("{type: postgress, url: SECRET}"),
        source("{typ: postgres, url: SECRET}"),
        source("postgres://me:SECRET@h/db"),
        source("[postgres://me:SECRET@h/db]"),
        source("{type: postgres, [a]: SECRET}"),
        channel("{type: slack, webhook_ur: \"https://hooks.example.com/SECRET\"}"),
        channel("{type: slack, webhook_url: {a: \"https://hooks.example.com/SECRET\"}}"),
        channel("{type: slak, webhook_url: \"https://hooks.example.com/SECRET\"}"),
        channel("{type: pagerduty, routing_ky: SECRET}"),
        channel("{type: pagerduty, routing_ky: [SECRET]}"),
        channel("{type: pagerduty, routing_ky: 1, routing_key: \"a${NOPE}SECRET\"}"),
        channel("{type: ping, url: \"https://hc.example.com/SECRET\", severty: x}"),
        channel("{type: email, smtp: \"${NOPE:-SECRET}\", from: a, to: b, severty: x}"),
        channel("{type: email, smtp: a, from: b, to: [SECRET], severty: x}"),
        channel("{type: slack, webhook_url: \"https://hooks.example.com/SECRET"),
        "alerts: SECRET\n", "alert: SECRET\n", "state: {key: SECRET, key: SECRET}\n", "stat: {key: SECRET}\n",
        """
        destinations:
          personalize: {type: contentstack_personalize, project_uid: a, proxy: "ftp://me:SECRET@proxy", x: 1}

        """,
    ]) func isInNoFinding(text: String) throws {
        let found = try findings(text)
        #expect(!found.isEmpty)
        for finding in found { #expect(!finding.rendered().contains("SECRET"), "\(finding.rendered())") }
    }

    @Test(arguments: [
        ("stat:\n  key: SECRET\n", "stat:"),
        (source("\n    type: postgres\n    url: SECRET\n    allow_superuser: 3"), "    allow_superuser: 3"),
        (source("\n    type: postgres\n    url: >-\n      SECRET\n    allow_superuser: 3"), "    allow_superuser: 3"),
        (channel("{type: slack, webhook_url: \"${URL}\"}"), "    ops: {type: slack, webhook_url: \"${URL}\"}"),
        (source("{type: sqlit, path: x.db}"), "  warehouse: {type: sqlit, path: x.db}"),
    ]) func theOtherLinesAreShown(text: String, line: String) throws {
        #expect(try findings(text).first?.sourceLine == line)
    }

    @Test func aLongTextIsCutInAMessage() throws {
        let found = try findings("state: {memory_limit: \"one\\ntwo\"}\n")
        #expect(found.first?.message == "`memory_limit`: `one…` is no size: write 64MB or 1GB")
    }

    @Test func aFindingOfTheDatabasesGetsItsLineFromTheSameRule() throws {
        let sample = try SampleProject([
            "headrace.yml": """
            version: 1
            sources:
              shop: {type: postgres, url: "host=h password=hush"}
              shed: {type: sqlite, path: shed.db}

            """
        ])
        let lines = ProjectLoader.read(directory: sample.directory, environment: [:]).sourceLines
        func line(_ file: String, _ line: Int) -> String? {
            lines.shown(.error("database_missing", "x", at: Diagnostic.Position(file, line: line))).sourceLine
        }
        #expect(line("headrace.yml", 3) == nil)
        #expect(line("headrace.yml", 4) == "  shed: {type: sqlite, path: shed.db}")
        #expect(line("models/people.yml", 3) == "  primary_key: id")
        #expect(line("models/people.sql", 1) == "SELECT id, uid, tier, points FROM people")
        #expect(line("models/none.yml", 1) == nil)
    }
}
