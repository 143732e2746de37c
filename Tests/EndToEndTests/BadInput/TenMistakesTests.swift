import TestKit
import Testing

/// Ten mistakes in one project: all are found in one go, each at its line.
@Suite struct TenMistakesTests {
    static let syncedModel = """
        model:
          source: shop
          primary_key: id
        syncs:
          - name: NAME
            destination: personalize
            mode: update
            match: {column: uid, field: user_uid}
            mappings:

        """

    static func files(edgeURL: String) -> [String: String] {
        func model(_ name: String, _ mappings: String...) -> String {
            syncedModel.replacing("NAME", with: name) + mappings.map { "      - \($0)\n" }.joined()
        }
        let select = "SELECT id, uid, tier, points FROM members\n"
        return [
            "headrace.yml": """
            version: 1
            name: mistakes
            sources:
              shop: {type: sqlite, path: shop.db}
              warehouse: {type: postgres, url: "${UNSET_WAREHOUSE_URL}"}
            destinations:
              personalize:
                type: contentstack_personalize
                region: na
                project_uid: "\(SimulatorProcess.projectUID)"
                auth: {method: none}
                edge_url: \(edgeURL)
                timeuot: 10s
            state: {url: "sqlite:.headrace/state.db"}

            """,
            "models/attributes.yml": """
            attributes:
              a1: {type: string}
              a2: {type: integer}
              a3: {type: number}
              a4: {type: strng}
              a5: {type: boolean}
              a6: {type: string}
              a7: {type: string}
              a8: {type: string}

            """,
            "models/one.yml": model("one", "{column: tier, attribute: a9}"),
            "models/one.sql": select,
            "models/two.yml": model("two", "{column: points, attribute: a2, on_null: nothing}"),
            "models/two.sql": select,
            "models/three.yml": model("three", "{column: points, attribute: a3}")
                .replacing("source: shop", with: "source: shed"),
            "models/three.sql": select,
            "models/four.yml": model("four", "{column: teir, attribute: a1}"),
            "models/four.sql": select,
            "models/five.yml": model("five", "{column: tier, attribute: a5}"),
            "models/five.sql": "SELECT id, uid, tier,\n       points,\nFROM members\n",
            "models/six.yml": model("six", "{column: tier, attribute: a6}"),
            "models/six.sql": "DELETE FROM members\n",
            "models/seven.yml": model("seven", "{value: x, attribute: a7}", "{value: y, attribute: a7}"),
            "models/seven.sql": select,
            // The one without a mistake.
            "models/eight.yml": model("eight", "{value: x, attribute: a8}"),
            "models/eight.sql": select,
        ]
    }

    /// File and line of each mistake.
    static let places: Set<String> = [
        "headrace.yml:5",  // the unset variable
        "headrace.yml:13",  // the key `timeuot`
        "models/attributes.yml:5",  // the type `strng`
        "models/one.yml:10",  // the attribute a9
        "models/two.yml:10",  // text for an integer
        "models/three.yml:2",  // the source `shed`
        "models/four.yml:10",  // the column `teir`
        "models/five.sql:3",  // the comma before FROM
        "models/six.sql:1",  // a statement that writes
        "models/seven.yml:11",  // a7 a second time
    ]

    private func workshop() async throws -> Workshop {
        let shop = try await Workshop(rows: Workshop.plainRows(3))
        for name in ["members.yml", "members.sql"] { try shop.folder.remove("models/\(name)") }
        try shop.folder.write(Self.files(edgeURL: shop.simulator.url))
        return shop
    }

    @Test func everyOneIsFoundAtItsLine() async throws {
        let shop = try await workshop()
        let check = try await shop.check()
        #expect(check.exit == 2)
        let errors = check.findings.filter { $0.severity == "error" }
        #expect(Set(errors.map { "\($0.file ?? "?"):\($0.line ?? 0)" }) == Self.places)
        #expect(errors.count == 10, "\(errors)")
        #expect(try await shop.simulator.stats().requests == 0)
    }

    @Test func theTextShowsEachWithItsPlace() async throws {
        let shop = try await workshop()
        let check = try await shop.headrace("check")
        #expect(check.exit == 2)
        let text = check.stdout + check.stderr
        for place in Self.places { #expect(text.contains(place + ":"), "\(place) is not in:\n\(text)") }
        #expect(text.split(separator: "\n").count { $0.contains(": error: ") } == 10, "\(text)")
        #expect(text.contains("^"))
    }

    @Test func nothingOfTheProjectRuns() async throws {
        let shop = try await workshop()
        // Not even the sync that has no mistake of its own.
        #expect(try await shop.headrace("run", "eight").exit == 2)
        #expect(try await shop.simulator.stats().requests == 0)
        #expect(try await shop.sql("SELECT count(*) FROM members") == "3")
    }
}
