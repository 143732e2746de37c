import Foundation
import TestKit
import Testing

/// `preview`: what nobody may read is masked, what is wrong is found first, what is shown can be told apart.
@Suite struct PreviewTests {
    static let row = """
        INSERT INTO members (id, uid, tier, points, first, last) VALUES (1, 'u1', 'gold', 7, 'Ada', 'Lovelace');
        """

    private static func namedProject() -> MembersProject {
        var project = MembersProject()
        project.sql = "SELECT id, uid, tier, points, first, last FROM members\n"
        project.attributes += ["full_name: {type: string, pii: true}", "fname_copy: {type: string}"]
        project.mappings += [
            "{template: \"{{first}} {{last}}\", attribute: full_name}", "{column: first, attribute: fname_copy}",
        ]
        return project
    }

    /// A second sync of the model, to another Contentstack project.
    private static func withSecondSync(_ shop: Workshop, _ project: MembersProject, mapping: String) throws {
        var files = project.files(edgeURL: shop.simulator.url)
        let headrace = try #require(files["headrace.yml"])
        let other = """

              other:
                type: contentstack_personalize
                project_uid: "6400000000000000000000cc"
                auth: {method: none}
                edge_url: \(shop.simulator.url)
            state:
            """
        files["headrace.yml"] = headrace.replacing("\nstate:", with: other)
        files["models/members.yml"]? += """
              - name: second
                destination: other
                mode: update
                match: {column: uid, field: user_uid}
                mappings:
                  - \(mapping)

            """
        try shop.folder.write(files)
    }

    @Test func masksEveryAttributeThatAColumnOfAPIIAttributeFeeds() async throws {
        let shop = try await Workshop(Self.namedProject(), rows: Self.row)
        for arguments in [["preview", "members"], ["preview", "members", "--output", "json"]] {
            let output = try await shop.start(arguments).end()
            #expect(output.exit == 0, "\(output)")
            #expect(!output.stdout.contains("Ada") && !output.stdout.contains("Lovelace"), "\(output.stdout)")
            #expect(output.stdout.contains("‹masked ") && output.stdout.contains("gold"), "\(output.stdout)")
        }
    }

    @Test func masksWhatFeedsAPIIAttributeOfAnotherSync() async throws {
        var project = MembersProject()
        project.sql = "SELECT id, uid, first FROM members\n"
        project.attributes = ["open_name: {type: string}", "secret_name: {type: string, pii: true}"]
        project.mappings = ["{column: first, attribute: open_name}"]
        let shop = try await Workshop(project, rows: Self.row)
        try Self.withSecondSync(shop, project, mapping: "{column: first, attribute: secret_name}")
        let output = try await shop.headrace("preview", "members", "--output", "json")
        #expect(output.exit == 0, "\(output)")
        #expect(!output.stdout.contains("Ada"), "\(output.stdout)")
    }

    @Test func theModelsOwnPIIListMasksTheAttributesItFeeds() async throws {
        var project = MembersProject()
        project.model = ["pii: [tier]"]
        let shop = try await Workshop(project, rows: Self.row)
        for arguments in [["preview", "members"], ["preview", "members", "--output", "json"]] {
            let output = try await shop.start(arguments).end()
            #expect(output.exit == 0, "\(output)")
            #expect(!output.stdout.contains("gold") && output.stdout.contains("‹masked "), "\(output.stdout)")
        }
    }

    @Test func itsJSONKeepsTypesAndTellsColumnsFromAttributes() async throws {
        var project = MembersProject()
        project.sql = "SELECT id, uid, points AS tier, tier AS points, note FROM members ORDER BY id\n"
        project.mappings = [
            "{column: points, attribute: loyalty_tier}", "{column: tier, attribute: points}",
            "{column: note, attribute: note, on_null: null}",
        ]
        let shop = try await Workshop(
            project,
            rows: """
                INSERT INTO members (id, uid, tier, points, note) VALUES (1, 'u1', 'gold', 7, NULL), (2, 'u2', NULL, 8, ''),
                    (3, 'u 3', 'gold', 1, 'x');
                """)
        let output = try await shop.headrace("preview", "members", "--output", "json")
        #expect(output.exit == 0, "\(output)")
        let lines = output.stdout.split(separator: "\n").map(String.init)
        try #require(lines.count == 3)
        #expect(
            lines[0]
                == #"{"columns":{"id":"1","uid":"u1","tier":"7","points":"gold","note":null},"syncs":{"loyalty":"#
                + #"{"attributes":{"loyalty_tier":"gold","note":null,"points":7},"invalid":null}}}"#)
        #expect(
            lines[1]
                == #"{"columns":{"id":"2","uid":"u2","tier":"8","points":null,"note":""},"syncs":{"loyalty":"#
                + #"{"attributes":{"note":"","points":8},"invalid":null}}}"#)
        #expect(lines[2].contains(#""syncs":{"loyalty":{"attributes":{},"invalid":{"column":"uid","reason":""#))
    }

    @Test func itsTableTellsNullAbsentAndEmptyApart() async throws {
        var project = MembersProject()
        project.sql = "SELECT id, uid, tier, points, note FROM members ORDER BY id\n"
        project.mappings = [
            "{column: tier, attribute: loyalty_tier}", "{column: points, attribute: points, on_null: null}",
            "{column: note, attribute: note}",
        ]
        let shop = try await Workshop(
            project,
            rows: """
                INSERT INTO members (id, uid, tier, points, note) VALUES (1, 'u1', NULL, NULL, ''), (2, 'u2', 'gold', 3, 'NULL');
                """)
        let output = try await shop.headrace("preview", "members")
        let cells = output.stdout.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        try #require(cells.count == 4, "\(output)")
        #expect(cells[0] == ["id", "uid", "loyalty_tier", "note", "points", "invalid"])
        #expect(cells[1] == ["1", "u1", "absent", "\"\"", "NULL"])
        #expect(cells[2] == ["2", "u2", "gold", "\"NULL\"", "3"])
    }

    @Test func equalHeadingsOfTwoSyncsNameTheirSync() async throws {
        let project = MembersProject()
        let shop = try await Workshop(project, rows: Self.row)
        try Self.withSecondSync(shop, project, mapping: "{column: tier, attribute: loyalty_tier}")
        let output = try await shop.headrace("preview", "members")
        let heading = try #require(output.stdout.split(separator: "\n").first, "\(output)")
        #expect(
            heading.split(separator: " ") == [
                "id", "uid", "loyalty.loyalty_tier", "points", "second.loyalty_tier", "invalid",
            ])
    }

    @Test func aModelWithoutASyncShowsItsColumns() async throws {
        let shop = try await Workshop(rows: Self.row)
        try shop.folder.write([
            "models/plain.sql": "SELECT id, tier, note FROM members\n",
            "models/plain.yml": "model:\n  source: shop\n  primary_key: id\n",
        ])
        let text = try await shop.headrace("preview", "plain").stdout
        #expect(text == "id  tier  note\n1   gold  NULL\n1 row\n")
        let json = try await shop.headrace("preview", "plain", "--output", "json").stdout
        #expect(json == #"{"columns":{"id":"1","tier":"gold","note":null},"syncs":{}}"# + "\n")
    }

    @Test func findsAllThatCheckFindsOfTheModel() async throws {
        var project = MembersProject()
        project.mappings = ["{column: tire, attribute: loyalty_tier}", "{column: pionts, attribute: points}"]
        let shop = try await Workshop(project, rows: Self.row)
        let checked = try await shop.check()
        let output = try await shop.headrace("preview", "members", "--output", "json")
        #expect(output.exit == 2)
        #expect(output.stdout.isEmpty)
        let decoder = JSONDecoder()
        let found = try output.stderr.split(separator: "\n").map {
            try decoder.decode(ReportedFinding.self, from: Data($0.utf8))
        }
        #expect(found == checked.findings.filter { $0.severity != "note" })
        #expect(found.count == 2 && found.allSatisfy { $0.file == "models/members.yml" && $0.line != nil })
    }

    @Test(arguments: [
        ("SELECT id, uid, tier, points, $1 AS note FROM members\n", 2, "models/members.sql"),
        ("SELECT id, uid, tier, points, note, note FROM members\n", 2, "models/members.sql"),
        ("SELECT id, uid, tier, points FROM nowhere\n", 2, "models/members.sql"),
    ])
    func aBadStatementIsFoundInItsFile(sql: String, exit: Int32, file: String) async throws {
        var project = MembersProject()
        project.sql = sql
        let shop = try await Workshop(project, rows: Self.row)
        let output = try await shop.headrace("preview", "members")
        #expect(output.exit == exit)
        #expect(output.stdout.isEmpty, "\(output.stdout)")
        #expect(output.stderr.hasPrefix("\(file):1:"), "\(output.stderr)")
    }

    @Test func aSourceThatCannotBeAskedIsFoundInHeadraceYML() async throws {
        var project = MembersProject()
        project.source = "{type: sqlite, path: nowhere.db}"
        let shop = try await Workshop(project)
        let output = try await shop.headrace("preview", "members")
        #expect(output.stderr.hasPrefix("headrace.yml:4:"), "\(output)")
        #expect(output.exit == (try await shop.check()).exit)
    }
}
