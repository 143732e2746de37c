import Foundation
import PersonalizeSimulator
import Testing

@Suite(.timeLimit(.minutes(1))) struct SimulatorManifestTests {
    @Test(arguments: [
        ("STRING_EQUALS", #""gold""#, #""gold""#, true), ("STRING_EQUALS", #""gold""#, #""Gold""#, false),
        ("STRING_EQUALS", #""gold""#, #""golden""#, false), ("STRING_EQUALS", #""42""#, "42", false),
        ("STRING_EQUALS", #""é""#, #""e\u0301""#, false), ("STRING_EQUALS", #""""#, #""""#, true),
        ("CONTAINS_SUBSTRING", #""|a|""#, #""|a|b|""#, true), ("CONTAINS_SUBSTRING", #""|A|""#, #""|a|b|""#, false),
        ("CONTAINS_SUBSTRING", #""a""#, #"["a"]"#, false), ("CONTAINS_SUBSTRING", #""4""#, "42", false),
        ("HAS_ANY_VALUE", nil, #""""#, true), ("HAS_ANY_VALUE", nil, "false", true),
        ("HAS_ANY_VALUE", nil, "null", false), ("IS_TRUE", nil, "true", true), ("IS_TRUE", nil, #""true""#, false),
        ("IS_TRUE", nil, "1", false), ("IS_FALSE", nil, "false", true), ("IS_FALSE", nil, "true", false),
        ("NUMBER_EQUAL_TO", "10", "1e1", true), ("NUMBER_EQUAL_TO", "10", #""10""#, false),
        ("NUMBER_LESS_THAN", "10", "9.99", true), ("NUMBER_LESS_THAN", "10", "10", false),
        ("NUMBER_GREATER_THAN", "-1.5", "-1", true), ("NUMBER_GREATER_THAN", "9", #""10""#, false),
        ("IS_IN_FLOW_STATE", #""x""#, #""x""#, false), ("SOUNDS_LIKE", #""x""#, #""x""#, false),
    ])
    func decidesACondition(condition: String, wanted: String?, value: String, isMet: Bool) async throws {
        try await withSimulator { (client) async throws in
            let uid = try await client.createAttribute("a")
            _ = try await client.patch("u1", #"{"a":\#(value)}"#)
            #expect(try await client.takes("u1", Rules.all(Rules.custom(uid, condition, wanted))) == isMet)
        }
    }

    @Test func anInvertedRuleHoldsWhereTheConditionDoesNot() async throws {
        try await withSimulator { (client) async throws in
            let uid = try await client.createAttribute("a")
            _ = try await client.patch("low", #"{"a":5}"#)
            _ = try await client.patch("high", #"{"a":15}"#)
            let atLeastTen = Rules.all(Rules.custom(uid, "NUMBER_LESS_THAN", "10", inverted: true))
            #expect(try await client.takes("high", atLeastTen))
            #expect(try await !client.takes("low", atLeastTen))
            #expect(try await client.takes("unset", atLeastTen))
            let unknown = Rules.all(Rules.custom(uid, "SOUNDS_LIKE", #""x""#, inverted: true))
            #expect(try await !client.takes("high", unknown), "what nobody can decide takes nobody in")
        }
    }

    @Test func rulesAreCombinedAtAnyDepth() async throws {
        try await withSimulator { (client) async throws in
            let (a, b) = (try await client.createAttribute("a"), try await client.createAttribute("b"))
            _ = try await client.patch("u1", #"{"a":true,"b":false}"#)
            let (isA, isB) = (Rules.custom(a, "IS_TRUE"), Rules.custom(b, "IS_TRUE"))
            #expect(try await client.takes("u1", Rules.any(isA, isB)))
            #expect(try await !client.takes("u1", Rules.all(isA, isB)))
            #expect(try await client.takes("u1", Rules.all(isA, Rules.any(isB, Rules.all(isA)))))
            #expect(try await !client.takes("u1", Rules.any(isB, Rules.all(isA, Rules.any(isB)))))
            #expect(try await client.takes("u1", Rules.all()))
            #expect(try await !client.takes("u1", Rules.any()))
        }
    }

    @Test func answersInTheOrderOfPriority() async throws {
        try await withSimulator { (client) async throws in
            let everyone = try await client.createAudience("everyone", Rules.all())
            let nobody = try await client.createAudience("nobody", Rules.any())
            let first = try await client.createExperience("first", nobody, everyone)
            let second = try await client.createExperience("second", nobody)
            let paused = try await client.createExperience("paused", status: "PAUSED", everyone)
            _ = try await client.createExperience("draft", status: "DRAFT", everyone)
            let entry = [
                #"{"shortUid":"0","activeVariantShortUid":"1"}"#, #"{"shortUid":"1","activeVariantShortUid":null}"#,
                #"{"shortUid":"2","activeVariantShortUid":null}"#,
            ]
            let before = try await client.manifest("u1").body
            #expect(before == #"{"experiences":[\#(entry[0]),\#(entry[1]),\#(entry[2])]}"#)

            let priority = try await client.manage("GET", "/experiences-priority").body
            let draft = try #require(priority.matches(of: /[0-9a-f]{24}/).last.map { String($0.output) })
            let order = #"["\#(paused)","\#(second)","\#(draft)","\#(first)"]"#
            let arranged = try await client.manage("PUT", "/experiences-priority", order)
            #expect(arranged.status == 200 && arranged.body == order)
            let after = try await client.manifest("u1").body
            #expect(after == #"{"experiences":[\#(entry[2]),\#(entry[1]),\#(entry[0])]}"#)
            let short = try await client.manage("PUT", "/experiences-priority", #"["\#(first)"]"#)
            #expect(short.status == 400)
        }
    }

    @Test func liveAttributesWinOverWhatIsStored() async throws {
        try await withSimulator { (client) async throws in
            let definition = Rules.all(
                Rules.custom(try await client.createAttribute("tier"), "STRING_EQUALS", #""gold""#))
            _ = try await client.patch("u1", #"{"tier":"gold"}"#)
            #expect(try await client.takes("u2", definition, ["x-live-attributes": #"{"tier":"gold"}"#]))
            #expect(try await client.takes(nil, definition, ["x-live-attributes": #"{"tier":"gold"}"#]))
            #expect(try await !client.takes("u1", definition, ["x-live-attributes": #"{"tier":"tin"}"#]))
            #expect(try await client.takes("u1", definition), "a live attribute is not stored")
            #expect(try await client.manifest("u1", ["x-live-attributes": "[1]"]).status == 400)
        }
    }

    @Test func readsLyticsAudiencesFromTheirAttribute() async throws {
        try await withSimulator { (client) async throws in
            let definition = Rules.all(
                Rules.rule("LyticsAttributeReference", "LYTICS_AUDIENCE", "IS_MEMBER_OF", #""gold""#, false))
            _ = try await client.patch("u1", #"{"lytics_audiences":"|gold|vip|"}"#)
            _ = try await client.patch("u2", #"{"lytics_audiences":"|goldfish|"}"#)
            #expect(try await client.takes("u1", definition))
            #expect(try await !client.takes("u2", definition))
            #expect(try await client.takes("u2", definition, ["x-live-attributes": #"{"lytics_audiences":["gold"]}"#]))
        }
    }

    @Test(
        arguments: [
            (
                "DEVICE_TYPE", "STRING_EQUALS", #""MOBILE""#, ["user-agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18)"],
                true
            ),
            ("DEVICE_TYPE", "STRING_EQUALS", #""DESKTOP""#, ["User-Agent": "Mozilla/5.0 (X11; Linux x86_64)"], true),
            ("DEVICE_TYPE", "HAS_ANY_VALUE", nil, ["user-agent": "curl/8"], false),
            ("OPERATING_SYSTEM", "STRING_EQUALS", #""ANDROID""#, ["user-agent": "(Linux; Android 16) Mobile"], true),
            ("OPERATING_SYSTEM", "STRING_EQUALS", #""MACOS""#, ["user-agent": "(Macintosh; Intel Mac OS X)"], true),
            ("REFERRER", "CONTAINS_SUBSTRING", #""example.com""#, ["referer": "https://example.com/a"], true),
            ("COUNTRY", "STRING_EQUALS", #""DE""#, ["x-simulator-country": "DE"], true),
            ("REGION", "HAS_ANY_VALUE", nil, [:], false),
            ("CITY", "STRING_EQUALS", #""Ulm""#, ["x-simulator-city": "Ulm"], true),
            ("QUERY_PARAMETERS", "JSON_MATCH", #"{"a":"1 2"}"#, ["x-page-url": "https://x.de/p?b=2&a=1+2#f"], true),
            ("QUERY_PARAMETERS", "JSON_MATCH", #"{"a":"1","b":"3"}"#, ["x-page-url": "https://x.de/?a=1&b=2"], false),
            ("QUERY_PARAMETERS", "CONTAINS_SUBSTRING", #""utm=""#, ["x-page-url": "/?utm=x"], true),
            ("QUERY_PARAMETERS", "HAS_ANY_VALUE", nil, ["x-page-url": "https://x.de/"], false),
            ("DATE_AND_TIME", "BEFORE_TIME", #""2026-09-21T14:13:21Z""#, [:], true),
            ("DATE_AND_TIME", "AFTER_TIME", "1790000000250", [:], false),
            ("DATE_AND_TIME", "BETWEEN_TIME", #"["2026-09-21T00:00:00.000Z","2026-09-22T00:00:00.000Z"]"#, [:], true),
            ("DATE_AND_TIME", "BETWEEN_TIME", #""noon""#, [:], false),
        ] as [(String, String, String?, [String: String], Bool)])
    func readsAPresetFromTheRequest(
        name: String, condition: String, value: String?, headers: [String: String], isMet: Bool
    ) async throws {
        let time = Date(timeIntervalSince1970: 1_790_000_000.25)
        try await withSimulator(SimulatorOptions(now: { time })) { (client) async throws in
            #expect(try await client.takes("u1", Rules.all(Rules.preset(name, condition, value)), headers) == isMet)
        }
    }

    @Test func listsOnlyExperiencesWithOneOfTheTags() async throws {
        try await withSimulator { (client) async throws in
            let everyone = try await client.createAudience("everyone", Rules.all())
            _ = try await client.createExperience("home", tags: #"["Home"]"#, everyone)
            _ = try await client.createExperience("shop", tags: #"["shop"]"#, everyone)
            let home = try await client.manifest("u1", query: "?tags[]=home&tags%5B%5D=none").body
            #expect(home == #"{"experiences":[{"shortUid":"0","activeVariantShortUid":"0"}]}"#)
            let tags = Array(repeating: "tags[]=shop", count: 11)
            #expect(
                try await client.manifest("u1", query: "?" + tags.dropLast().joined(separator: "&")).status == 200)
            #expect(try await client.manifest("u1", query: "?" + tags.joined(separator: "&")).status == 400)
        }
    }

    @Test func mintsAVersion4UidForSomebodyNew() async throws {
        try await withSimulator { (client) async throws in
            let uid = try #require(try await client.manifest(nil).header("x-cs-personalize-user-uid"))
            #expect(uid.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
        }
    }
}
