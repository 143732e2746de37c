import Foundation
import TestKit
import Testing

/// `attributes diff`, `pull` and `push` against the simulator's management API.
@Suite struct AttributesTests {
    @Test func pullWritesTheTypesThatTheRulesImply() async throws {
        let shop = try await DefinitionsShop { project in
            project.attributes = ["points: {type: integer}   # of the card"]
            // What a mapping uses is still to be pulled.
            project.mappings = ["{column: tier, attribute: loyalty_tier}", "{column: points, attribute: points}"]
        }
        try await shop.create(attribute: "points")
        let tier = try await shop.create(attribute: "loyalty_tier", "Loyalty tier: the card's")
        let balance = try await shop.create(attribute: "balance")
        let active = try await shop.create(attribute: "active")
        let segments = try await shop.create(attribute: "segments")
        let odd = try await shop.create(attribute: "odd")
        try await shop.create(attribute: "idle")
        try await shop.create(
            audience: "Best", (tier, "STRING_EQUALS", "\"gold\""), (balance, "NUMBER_GREATER_THAN", "5"),
            (active, "IS_TRUE", nil), (segments, "CONTAINS_SUBSTRING", "\"|vip|\""), (odd, "IS_TRUE", nil))
        try await shop.create(audience: "Odd ones", (odd, "NUMBER_LESS_THAN", "3"))

        let before = try shop.attributesFile()
        let tried = try await shop.headrace("attributes", "pull", "--dry-run")
        #expect(tried.exit == 0 && tried.stdout.contains("would add 6 attributes to models/attributes.yml"))
        #expect(try shop.attributesFile() == before)

        let pulled = try await shop.headrace("attributes", "pull")
        #expect(pulled.exit == 0, "\(pulled.stdout)\(pulled.stderr)")
        let text = try shop.attributesFile()
        #expect(
            text == """
                attributes:
                  points: {type: integer}   # of the card
                  loyalty_tier: {type: string, description: "Loyalty tier: the card's"}
                  balance: {type: number}
                  active: {type: boolean}
                  segments: {type: string_list}
                  # rules disagree: boolean in Best; number in Odd ones
                  odd: {type: string}
                  # no audience rule uses it, so that its type is a guess
                  idle: {type: string}

                """)
        let again = try await shop.headrace("attributes", "pull")
        #expect(again.stdout == "models/attributes.yml has all attributes of the project\n")
        let checked = try await shop.headrace("check")
        #expect(checked.exit == 0, "\(checked.stdout)\(checked.stderr)")
    }

    /// The issue's own measure: 30 attributes and 12 audiences.
    @Test func aLargeProjectIsPulledOnce() async throws {
        let shop = try await DefinitionsShop { project in
            project.attributes = ["# by hand", "points: {type: integer}", "loyalty_tier: {type: string}"]
        }
        var uids: [String] = []
        for number in 1...28 { uids.append(try await shop.create(attribute: "key_\(number)")) }
        try await shop.create(attribute: "points")
        try await shop.create(attribute: "loyalty_tier")
        for number in 0..<12 {
            let (first, second) = (uids[number * 2], uids[number * 2 + 1])
            try await shop.create(
                audience: "Audience \(number)", (first, "NUMBER_GREATER_THAN", "\(number)"), (second, "IS_FALSE", nil))
        }
        let pulled = try await shop.headrace("attributes", "pull", "--output", "json")
        #expect(pulled.exit == 0, "\(pulled.stderr)")
        let text = try shop.attributesFile()
        #expect(text.hasPrefix("attributes:\n  # by hand\n  points: {type: integer}\n  loyalty_tier: {type: string}\n"))
        #expect(text.matches(of: /key_\d+: \{type: number\}/).count == 12)
        #expect(text.matches(of: /key_\d+: \{type: boolean\}/).count == 12)
        #expect(text.matches(of: /key_\d+: \{type: string\}/).count == 4)
        #expect(try await shop.headrace("attributes", "pull").exit == 0)
        #expect(try shop.attributesFile() == text)
        #expect(try await shop.headrace("check").exit == 0)
    }

    @Test func diffNamesWhatEachSideLacks() async throws {
        let shop = try await DefinitionsShop()
        let tier = try await shop.create(attribute: "loyalty_tier")
        try await shop.create(attribute: "Note")
        try await shop.create(attribute: "visits")
        try await shop.create(audience: "Adults", (tier, "NUMBER_GREATER_THAN", "18"))
        let diff = try await shop.headrace("attributes", "diff")
        #expect(diff.exit == 0)
        #expect(
            diff.stdout == """
                only in models/attributes.yml (`attributes push` creates them)
                  points: integer
                  note: string  (the project has Note)
                only in the project (`attributes pull` adds them)
                  Note: string  (no audience rule uses it, so that its type is a guess)
                  visits: string  (no audience rule uses it, so that its type is a guess)
                types that no rule can match
                  loyalty_tier: string in the file, the audiences' rules compare it as number
                project \(SimulatorProcess.projectUID) has 3 custom attributes

                """)
        #expect(try await shop.headrace("attributes", "diff", "--exit-code").exit == 8)
        let json = try await shop.headrace("attributes", "diff", "--output", "json").stdout
        #expect(json.contains(#""only_in_file":[{"key":"points","type":"integer","near_miss":null},"#))
        #expect(json.contains(#"{"key":"note","type":"string","near_miss":"Note"}]"#))
        #expect(
            json.contains(#""type_conflicts":[{"key":"loyalty_tier","type":"string","rules_want":"number"}]"#))
    }

    @Test func pushCreatesWhatIsMissingAndNothingElse() async throws {
        let shop = try await DefinitionsShop { project in
            project.attributes = [
                "loyalty_tier: {type: string}", "points: {type: integer, description: \"Points, on \\\"card\\\"\"}",
                "note: {type: string}",
            ]
        }
        try await shop.create(attribute: "note")
        let asked = try await shop.headrace("attributes", "push")
        #expect(asked.exit == 2)
        #expect(asked.stdout == "  + loyalty_tier\n  + points  Points, on \"card\"\n")
        #expect(asked.stderr.contains("this creates 2 attributes in project \(SimulatorProcess.projectUID)"))
        #expect(asked.stderr.contains("add --yes"))
        #expect(try await shop.headrace("attributes", "diff", "--exit-code").exit == 8)

        let pushed = try await shop.headrace("attributes", "push", "--yes", "--output", "json")
        #expect(pushed.exit == 0)
        #expect(pushed.stdout.contains(#""created":[{"key":"loyalty_tier","uid":""#))
        #expect(pushed.stdout.contains(#""failed":null"#))
        #expect(try await shop.headrace("attributes", "diff", "--exit-code").exit == 0)
        let again = try await shop.headrace("attributes", "push", "--yes")
        #expect(again.exit == 0 && again.stdout == "the project has all attributes of the file\n")
    }

    @Test func aTwinIsNotCreated() async throws {
        let shop = try await DefinitionsShop()
        try await shop.create(attribute: "loyalty-tier")
        let pushed = try await shop.headrace("attributes", "push", "--yes")
        #expect(pushed.exit == 2)
        #expect(pushed.stderr.contains("models/attributes.yml:2:3: error: the project has `loyalty-tier`, and no"))
        #expect(pushed.stderr.contains("[attribute_near_miss]"))
        #expect(try await shop.shop.simulator.stats().requests == 3)
    }

    @Test func whatWasCreatedBeforeAFailureIsNamed() async throws {
        let shop = try await DefinitionsShop()
        try await shop.shop.simulator.setFaults(
            #"{"rules":[{"match":{"method":"POST","after":1},"effect":{"type":"status","status":403}}]}"#)
        let pushed = try await shop.headrace("attributes", "push", "--yes", "--output", "json")
        #expect(pushed.exit == 2)
        #expect(pushed.stdout.contains(#""created":[{"key":"loyalty_tier""#))
        #expect(pushed.stdout.contains(#""failed":"points""#))
        #expect(pushed.stderr.contains("personalize:manage"))
    }

    @Test func withoutALoginItSaysWhatToSet() async throws {
        let shop = try await DefinitionsShop()
        for command in ["diff", "pull", "push"] {
            let output = try await shop.headrace("attributes", command, environment: [:])
            #expect(output.exit == 2)
            #expect(output.stderr.contains("nobody is logged in to destination personalize"))
            #expect(output.stderr.contains("HEADRACE_AUTHTOKEN"))
        }
        #expect(try await shop.shop.simulator.stats().requests == 0)
    }

    @Test func aMethodOfNoneAsksNobody() async throws {
        let shop = try await DefinitionsShop { $0.authentication = "{method: none}" }
        let output = try await shop.headrace("attributes", "pull")
        #expect(output.exit == 2 && output.stderr.contains("[auth_none]"))
    }

    @Test func aServerThatIsAwayIsADestinationStop() async throws {
        let shop = try await DefinitionsShop()
        try await shop.shop.simulator.setFaults(#"{"rules":[{"effect":{"type":"status","status":503}}]}"#)
        let output = try await shop.headrace("attributes", "diff")
        #expect(output.exit == 5)
        #expect(output.stderr.contains("answered 503") && !output.stderr.contains("anything"))
    }

    @Test func aRunCreatesWhatIsMissingBeforeItSends() async throws {
        let shop = try await DefinitionsShop { $0.destination = ["create_missing: true"] }
        try await shop.shop.sql("INSERT INTO members (id, uid, tier, points) VALUES (1, 'u1', 'gold', 5)")
        let nobody = try await shop.headrace("run", environment: [:])
        #expect(nobody.exit == 2 && nobody.stderr.contains("[not_logged_in]"))
        let checked = try await shop.headrace("check")
        #expect(checked.exit == 0 && checked.stdout.contains("has no attribute `points`: the next run creates it"))

        try await shop.shop.simulator.setFaults(
            #"{"rules":[{"match":{"method":"POST"},"effect":{"type":"status","status":500}}]}"#)
        let broken = try await shop.headrace("run", "--output", "json")
        #expect(broken.exit == 5 && broken.stdout.contains(#""run_id":null"#), "\(broken.stdout)")
        #expect(try await shop.shop.simulator.stats().users == 0)

        try await shop.shop.simulator.setFaults("{}")
        let run = try await shop.headrace("run")
        #expect(run.exit == 0, "\(run.stdout)\(run.stderr)")
        #expect(run.stderr.contains("attribute=loyalty_tier") && run.stderr.contains("attribute=points"))
        // `note` is not mapped.
        let diff = try await shop.headrace("attributes", "diff")
        #expect(diff.stdout.contains("project \(SimulatorProcess.projectUID) has 2 custom attributes"))
        #expect(try await !shop.headrace("run").stderr.contains("was created"))

        try await shop.create(attribute: "Note")
        try shop.write { project in
            project.destination = ["create_missing: true"]
            project.mappings.append("{column: note, attribute: note}")
        }
        let twin = try await shop.headrace("run")
        #expect(twin.exit == 2 && twin.stderr.contains("[attribute_near_miss]"))
    }
}
