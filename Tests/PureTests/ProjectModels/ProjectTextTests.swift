import Foundation
import SyncCore
import Testing

@testable import ProjectModels

@Suite struct ProjectTextTests {
    @Test(arguments: [
        ("500ms", Duration.milliseconds(500)), ("10s", .seconds(10)), ("5m", .seconds(300)), ("2h", .seconds(7200)),
        ("7d", .seconds(604_800)), ("0s", .zero),
    ]) func aDurationIsAWholeNumberAndAUnit(text: String, expected: Duration) {
        #expect(Quantities.duration(text) == expected)
    }

    @Test(arguments: [
        "", "10", "s", "1.5s", "-1s", "1w", "10 s", "1h30m", "99999999999999999999s", "9223372036854775807d",
    ]) func otherTextsAreNoDuration(text: String) {
        #expect(Quantities.duration(text) == nil)
    }

    @Test(arguments: [("64MB", 67_108_864), ("1GB", 1 << 30), ("12", 12), ("3kb", 3072)])
    func aSizeCountsInPowersOf1024(text: String, expected: Int) {
        #expect(Quantities.byteCount(text) == expected)
    }

    @Test func everyVariableIsExpandedOnceAndTheRestIsKept() {
        var random = SeededNumbers(state: 20_261_123)
        let pieces = [
            ("a", "a"), ("${A}", "${B}"), ("${B}", "two"), ("${C:-x}", "x"), ("${E:-y}", "y"), ("$${A}", "${A}"),
            ("$", "$"), (" {", " {"), ("}", "}"), ("ü", "ü"),
        ]
        let expansion = VariableExpansion(environment: ["A": "${B}", "B": "two", "E": ""], directory: "/")
        for round in 0..<2000 {
            let picked = (0..<6).map { _ in pieces[Int(random.next() % UInt64(pieces.count))] }
            let text = picked.map(\.0).joined()
            // A lone dollar before a brace or another dollar means something else.
            guard !picked.indices.dropLast().contains(where: { picked[$0].0 == "$" && picked[$0 + 1].0.hasPrefix("$") })
            else { continue }
            let result = expansion.expand(text)
            #expect(result.text == picked.map(\.1).joined(), "round \(round): \(text)")
            #expect(result.problems == [])
        }
    }

    @Test func expandedTextIsANumberWhereANumberIsExpected() throws {
        let sample = try SampleProject([
            "headrace.yml": """
            version: 1
            sources: {shop: {type: sqlite, path: "${P}"}}
            destinations:
              personalize:
                {type: contentstack_personalize, project_uid: "${UID}", max_in_flight: "${N}", timeout: "${T}", region: AWS_EU}

            """
        ])
        let project = try #require(sample.load(["P": "x.db", "UID": "007", "N": "12", "T": "3s"]).project)
        let destination = try #require(project.destinations.first)
        #expect(destination.projectUID == "007")
        #expect(destination.maxInFlight == 12)
        #expect(destination.timeout == .seconds(3))
        #expect(destination.region == "eu")
        guard case .sqlite(let path) = project.sources[0].kind else { throw CancellationError() }
        #expect(path == sample.directory + "/x.db")
    }

    @Test(arguments: [
        ("vip", "on_removed: false", AttributeValue.boolean(false)), ("vip", "on_removed: \"\"", .string("")),
        ("score", "on_removed: 1.50", .number(1.5)), ("points", "on_removed: 5.00", .integer(5)),
        ("born", "on_removed: 2024-02-29", .string("2024-02-29")),
        ("seen", "on_removed: 2026-11-23T10:00:00.500+01:00", .string("2026-11-23T09:00:00.5Z")),
        ("seen_at", "on_removed: 1970-01-02T00:00:00Z", .integer(86_400)),
        ("lists", "on_removed: [b, a, b]", .string("|a|b|")), ("lists", "on_removed: \"|b|a|\"", .string("|a|b|")),
    ]) func aConstantIsTypedAgainstItsAttribute(attribute: String, key: String, expected: AttributeValue) throws {
        let mapping = "      - {column: x, attribute: \(attribute), \(key)}"
        let sample = try SampleProject(["models/people.yml": SampleProject.people(mapping)])
        #expect(sample.load().project?.syncs.first?.mappings.first?.onRemoved == expected)
    }

    @Test(arguments: [
        ("vip", "yes"), ("vip", "\"true\""), ("points", "9007199254740993"), ("points", "1.5"), ("points", "\"5\""),
        ("score", "0.12345678901234567890"), ("score", ".inf"), ("born", "2023-02-29"), ("seen", "2026-11-23T10:00:00"),
        ("seen_at", "1970-01-02T00:00:00.5Z"), ("lists", "a"), ("lists", "[\"a|b\"]"),
    ]) func aConstantThatDoesNotFitIsRefused(attribute: String, constant: String) throws {
        let mapping = "      - {value: \(constant), attribute: \(attribute)}"
        let sample = try SampleProject(["models/people.yml": SampleProject.people(mapping)])
        #expect(sample.places() == ["models/people.yml:9:17 constant_type"])
    }

    @Test func theNearestNameIsGivenOnlyWhenItIsCertain() {
        #expect(NearestName.find("loyalty_teir", among: ["loyalty_tier", "points"]) == "loyalty_tier")
        #expect(NearestName.find("maxInFlight", among: ["max_in_flight"]) == "max_in_flight")
        #expect(NearestName.find("xyz", among: ["loyalty_tier", "points"]) == nil)
        #expect(NearestName.find("cat", among: ["bat", "hat"]) == nil)
    }
}

/// SplitMix64, so that a failing round can be repeated.
struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
