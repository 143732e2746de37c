import Foundation
import TestKit
import Testing

/// `audiences impact` against the simulator's own evaluation of the same rules, before and after the run. The two share no
/// code. HEADRACE_SEED repeats one.
@Suite struct AudienceImpactTests {
    private struct Impact: Decodable {
        struct Audience: Decodable {
            var uid: String
            var enters: Int
            var leaves: Int
            var undecided: Int
            var entering: [String]
            var leaving: [String]
        }
        var planID: String
        var audiences: [Audience]

        private enum CodingKeys: String, CodingKey {
            case audiences
            case planID = "plan_id"
        }
    }

    private static let users = 25

    private static func shop(_ change: (inout MembersProject) -> Void = { _ in }) async throws -> DefinitionsShop {
        try await DefinitionsShop { project in
            project.sql = "SELECT id, uid, tier, points, active, segments, note FROM members\n"
            project.attributes = [
                "tier: {type: string}", "points: {type: integer}", "active: {type: boolean}",
                "segments: {type: string_list}", "note: {type: string}",
            ]
            project.mappings = [
                "{column: tier, attribute: tier, on_null: null, on_removed: \"\"}",
                "{column: points, attribute: points, on_null: null}",
                "{column: active, attribute: active, on_null: null, on_removed: false}",
                "{column: segments, attribute: segments, on_null: null}",
                "{column: note, attribute: note, on_null: null}",
            ]
            project.sync = ["guards: {max_changed_percent: 100, max_removed_percent: 100, max_null_percent: 100}"]
            change(&project)
        }
    }

    private static func row(_ id: Int, using random: inout SeededGenerator) -> String {
        func one(_ values: [String]) -> String { values.randomElement(using: &random) ?? "NULL" }
        let values = [
            "\(id)", "'u\(id)'", one(["'gold'", "'silver'", "NULL"]), one(["0", "5", "10", "NULL"]),
            one(["0", "1", "NULL"]),
            one(["'[\"a\"]'", "'[\"a\",\"b\"]'", "'[]'", "NULL"]), one(["'gold'", "'5'", "NULL"]),
        ]
        return "INSERT OR REPLACE INTO members (id, uid, tier, points, active, segments, note) VALUES"
            + " (\(values.joined(separator: ", ")));"
    }

    /// Whether each user is in each audience now, by the simulator.
    private static func memberships(_ shop: DefinitionsShop) async throws -> [String: Set<String>] {
        struct Audience: Decodable {
            var uid: String
            var member: Bool
        }
        var result: [String: Set<String>] = [:]
        for user in 1...users {
            let path = "audiences?project=\(SimulatorProcess.projectUID)&uid=u\(user)"
            let object = try await shop.shop.simulator.admin(path)
            let list = (object as? [String: Any])?["audiences"] ?? object
            let audiences = try JSONDecoder().decode(
                [Audience].self, from: JSONSerialization.data(withJSONObject: list))
            for audience in audiences where audience.member { result[audience.uid, default: []].insert("u\(user)") }
        }
        return result
    }

    @Test(arguments: ["", "pii", "fingerprints"]) func itIsWhatTheManifestSays(kind: String) async throws {
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["HEADRACE_SEED"].flatMap { UInt64($0) } ?? .random(in: 0...999_999_999)
        print("audience impact: HEADRACE_SEED=\(seed)")
        var random = SeededGenerator(seed: seed)
        let shop = try await Self.shop { project in
            if kind == "pii" {
                project.attributes[0] = "tier: {type: string, pii: true}"
                project.attributes[4] = "note: {type: string, pii: true}"
            }
            if kind == "fingerprints" {
                project.state = "{url: \"sqlite:.headrace/state.db\", retain_values: false}"
            }
        }
        var uids: [String: String] = [:]
        for key in ["tier", "points", "active", "segments", "note", "foreign"] {
            uids[key] = try await shop.create(attribute: key)
        }
        var isOpen: [String: Bool] = [:]
        for number in 1...30 {
            let audience = RandomAudience(uids: uids, using: &random)
            let uid = try await shop.create(audience: "A\(number)", definition: audience.definition)
            isOpen[uid] = audience.isOpen
        }
        var changes = 0
        // Who has left and comes back holds what nobody has kept of it.
        var gone: Set<Int> = []
        for round in 1...4 {
            let rows = (1...Self.users).filter { !gone.contains($0) }.map { id in
                switch Int.random(in: 0..<8, using: &random) {
                case 0:
                    gone.insert(id)
                    return "DELETE FROM members WHERE id = \(id);"
                case 1...3: return ""
                default: return Self.row(id, using: &random)
                }
            }
            try await shop.shop.sql(rows.joined(separator: "\n"))
            let output = try await shop.headrace(
                "audiences", "impact", "loyalty", "--examples", "1000", "--output", "json")
            #expect(output.exit == 0, "\(output.stderr)")
            let impact = try JSONDecoder().decode(Impact.self, from: Data(output.stdout.utf8))
            let before = try await Self.memberships(shop)
            #expect(try await shop.headrace("apply", impact.planID).exit == 0)
            let after = try await Self.memberships(shop)
            #expect(impact.audiences.count == 30)
            for audience in impact.audiences {
                let (old, new) = (before[audience.uid] ?? [], after[audience.uid] ?? [])
                let (entered, left) = (new.subtracting(old), old.subtracting(new))
                let note = "seed \(seed), \(kind), round \(round), audience \(audience.uid)"
                changes += entered.count + left.count
                #expect(audience.enters == audience.entering.count && audience.leaves == audience.leaving.count)
                // Nobody is said to enter or leave who does not, and whoever is not said to is undecided.
                #expect(entered.isSuperset(of: audience.entering), "\(note): \(audience.entering) \(entered)")
                #expect(left.isSuperset(of: audience.leaving), "\(note): \(audience.leaving) \(left)")
                let silent = entered.count + left.count - audience.enters - audience.leaves
                #expect(silent <= audience.undecided, "\(note)")
                if kind.isEmpty, isOpen[audience.uid] == false { #expect(audience.undecided == 0, "\(note)") }
            }
        }
        #expect(changes > 0, "too little happened to say anything; seed \(seed)")
    }

    @Test func planAndImpactSayItInWords() async throws {
        let shop = try await Self.shop { project in
            project.attributes[0] = "tier: {type: string, pii: true}"
            project.attributes.removeLast()
            project.mappings = ["{column: tier, attribute: tier}", "{column: points, attribute: points}"]
        }
        let tier = try await shop.create(attribute: "tier")
        let points = try await shop.create(attribute: "points")
        try await shop.create(audience: "Gold", (tier, "STRING_EQUALS", "\"gold\""))
        try await shop.create(audience: "Goldish", (tier, "CONTAINS_SUBSTRING", "\"gol\""))
        try await shop.create(audience: "Rich", (points, "NUMBER_GREATER_THAN", "5"))
        try await shop.create(audience: "Nobody's")
        try await shop.shop.sql(
            "INSERT INTO members (id, uid, tier, points) VALUES (1, 'u1', 'gold', 1), (2, 'u2', 'silver', 9)")
        let first = try await shop.headrace("audiences", "impact", "loyalty")
        #expect(first.exit == 0, "\(first.stderr)")
        #expect(
            first.stdout.hasPrefix(
                """
                Gold: 1 user would enter
                  + u1
                Goldish: 1 user would enter
                  + u1
                Rich: 1 user would enter
                  + u2
                1 audience untouched

                2 operations planned: plan 01
                """), "\(first.stdout)")
        #expect(try await shop.headrace("run").exit == 0)
        try await shop.shop.sql("UPDATE members SET tier = 'silver', points = 8 WHERE id = 1")
        let plan = try await shop.headrace("plan")
        #expect(
            plan.stdout.contains(
                """
                Audiences:
                  Gold: 1 user would leave
                  Goldish: of 1 user it depends on the visit or on what is not known
                  Rich: 1 user would enter
                """), "\(plan.stdout)")
        let json = try await shop.headrace("plan", "--output", "json").stdout
        #expect(json.contains(#""name":"Gold","enters":0,"leaves":1,"undecided":0,"entering":[],"leaving":["u1"]}"#))
        #expect(try await !shop.headrace("plan", environment: [:]).stdout.contains("Audiences:"))

        try await shop.shop.simulator.setFaults(
            #"{"rules":[{"match":{"path":"/audiences"},"effect":{"type":"status","status":403}}]}"#)
        let without = try await shop.headrace("plan")
        #expect(without.exit == 0 && without.stderr.contains("what the plan means for audiences is not known"))
    }

    @Test func attributesOfOtherSyncsCount() async throws {
        let shop = try await Self.shop()
        let syncs = [("loyalty", "tier"), ("numbers", "points")].map { name, attribute in
            """
              - name: \(name)
                destination: personalize
                mode: update
                match: {column: uid, field: user_uid}
                mappings: [{column: \(attribute), attribute: \(attribute)}]

            """
        }
        try shop.shop.folder.write([
            "models/members.yml": "model: {source: shop, primary_key: id}\nsyncs:\n" + syncs.joined()
        ])
        let tier = try await shop.create(attribute: "tier")
        let points = try await shop.create(attribute: "points")
        let rule = { (uid: String, condition: String, value: String) in
            #"{"__type":"Rule","attribute":{"__type":"CustomAttributeReference","ref":"\#(uid)"},"#
                + #""attributeMatchCondition":"\#(condition)","attributeMatchOptions":{"value":\#(value)}}"#
        }
        let both = [rule(tier, "STRING_EQUALS", "\"gold\""), rule(points, "NUMBER_GREATER_THAN", "5")]
        try await shop.create(
            audience: "Both",
            definition:
                #"{"__type":"RuleCombination","combinationType":"AND","rules":[\#(both.joined(separator: ","))]}"#)
        try await shop.shop.sql("INSERT INTO members (id, uid, tier, points) VALUES (1, 'u1', 'gold', 9)")
        #expect(try await shop.headrace("run", "loyalty").exit == 0)
        let impact = try await shop.headrace("audiences", "impact", "numbers")
        #expect(
            impact.exit == 0 && impact.stdout.hasPrefix("Both: 1 user would enter\n"),
            "\(impact.stdout)\(impact.stderr)")
    }

    /// What may be otherwise is said to be so: a null that was skipped, and a user of whom an answer is missing.
    @Test func whatIsNotSureIsUndecided() async throws {
        let shop = try await Self.shop { project in
            project.mappings = ["{column: tier, attribute: tier}", "{column: points, attribute: points}"]
            project.sync.append("retry: {attempts: 1}")
        }
        let tier = try await shop.create(attribute: "tier")
        let points = try await shop.create(attribute: "points")
        try await shop.create(
            audience: "Gold or rich", (tier, "STRING_EQUALS", "\"gold\""), (points, "NUMBER_GREATER_THAN", "9"))
        try await shop.shop.sql(
            "INSERT INTO members (id, uid, tier, points) VALUES (1, 'u1', 'gold', 1), (2, 'u2', 'silver', 1)")
        #expect(try await shop.headrace("run").exit == 0)
        // The null is skipped: gold stays in Contentstack, and leaves the snapshot.
        try await shop.shop.sql("UPDATE members SET tier = NULL WHERE id = 1")
        #expect(try await shop.headrace("run").exit == 0)
        try await shop.shop.sql("UPDATE members SET points = 20 WHERE id = 1")
        let skipped = try await shop.headrace("audiences", "impact", "loyalty").stdout
        #expect(skipped.hasPrefix("Gold or rich: of 1 user it depends"), "\(skipped)")
        #expect(try await shop.headrace("run").exit == 0)

        try await shop.shop.sql("UPDATE members SET tier = 'gold' WHERE id = 2")
        try await shop.shop.simulator.setFaults(
            #"{"rules":[{"match":{"method":"PATCH"},"effect":{"type":"drop_after"}}]}"#)
        #expect(try await shop.headrace("run").exit == 5)
        try await shop.shop.simulator.setFaults("{}")
        try await shop.shop.sql("UPDATE members SET tier = 'silver' WHERE id = 2")
        let dirty = try await shop.headrace("audiences", "impact", "loyalty").stdout
        #expect(dirty.hasPrefix("Gold or rich: of 1 user it depends"), "\(dirty)")
    }
}
