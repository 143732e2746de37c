import Foundation
import TestKit
import Testing

/// `audiences`, and what `check` says of attributes and audiences of a project that somebody is logged in to.
@Suite struct AudiencesTests {
    @Test func namesWhatEachLooksAtAndWhoFeedsIt() async throws {
        let shop = try await DefinitionsShop()
        let tier = try await shop.create(attribute: "loyalty_tier")
        let visits = try await shop.create(attribute: "visits")
        try await shop.create(audience: "Gold", (tier, "STRING_EQUALS", "\"gold\""), (visits, "NUMBER_LESS_THAN", "3"))
        try await shop.create(audience: "Platinum", (tier, "STRING_EQUALS", "\"platinum\""))
        try await shop.create(audience: "Everyone")
        let output = try await shop.headrace("audiences")
        #expect(output.exit == 0, "\(output.stderr)")
        #expect(
            output.stdout == """
                Gold
                  loyalty_tier: fed by loyalty
                  visits: no sync feeds it
                Platinum
                  loyalty_tier: fed by loyalty
                  ! a rule of audience Platinum can never be met: `loyalty_tier` is never that: `allowed` does not have it
                Everyone
                  no rule

                """)
        let lines = try await shop.headrace("audiences", "--output", "json").stdout.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(
            lines[0].hasSuffix(
                #""name":"Gold","is_legible":true,"attributes":[{"key":"loyalty_tier","depends_on_visit":false,"syncs":["loyalty"]},{"key":"visits","depends_on_visit":false,"syncs":[]}],"findings":[]}"#
            ), "\(lines[0])")
        #expect(lines[1].contains(#""findings":[{"code":"audience_rule_never_met","key":"loyalty_tier","message":"#))
    }

    @Test func checkComparesWithTheProject() async throws {
        let shop = try await DefinitionsShop()
        let tier = try await shop.create(attribute: "loyalty_tier")
        try await shop.create(audience: "Rich", (tier, "NUMBER_GREATER_THAN", "5"))
        let missing = try await shop.shop.check(environment: DefinitionsShop.login)
        #expect(missing.exit == 2)
        let undefined = missing.findings.filter { $0.code == "attribute_undefined" }
        // `note` is not mapped.
        #expect(undefined.map(\.message.localizedLowercase).count == 1)
        #expect(undefined.first?.message.contains("has no attribute `points`") == true)
        #expect(undefined.first?.file == "models/attributes.yml" && undefined.first?.line == 3)
        let warnings = missing.findings.filter { $0.severity == "warning" }
        #expect(warnings.map(\.code) == ["audience_rule_never_met"])

        try await shop.create(attribute: "Points")
        let near = try await shop.shop.check(environment: DefinitionsShop.login)
        #expect(near.exit == 2 && near.findings.contains { $0.code == "attribute_near_miss" })

        try await shop.create(attribute: "points")
        let sound = try await shop.shop.check(environment: DefinitionsShop.login)
        #expect(sound.exit == 0)
    }

    @Test func withoutALoginCheckSaysSoAndGoesOn() async throws {
        let shop = try await DefinitionsShop()
        let checked = try await shop.shop.check()
        #expect(checked.exit == 0)
        #expect(checked.findings.map(\.code) == ["not_logged_in"])
        #expect(checked.findings.map(\.severity) == ["note"])
    }

    @Test func aProjectThatIsNotThereIsAnError() async throws {
        let shop = try await DefinitionsShop { $0.projectUID = "64" }
        let checked = try await shop.shop.check(environment: DefinitionsShop.login)
        #expect(checked.exit == 2)
        #expect(checked.findings.map(\.code) == ["unknown_project"])
    }

    @Test func anOutageIsNoFaultOfTheFiles() async throws {
        let shop = try await DefinitionsShop()
        try await shop.shop.simulator.setFaults(
            #"{"rules":[{"match":{"path":"/attributes"},"effect":{"type":"status","status":503}}]}"#)
        let checked = try await shop.shop.check(environment: DefinitionsShop.login)
        #expect(checked.exit == 0)
        #expect(checked.findings.map(\.code) == ["management_unreachable"])
        #expect(checked.findings.map(\.severity) == ["warning"])
    }
}
