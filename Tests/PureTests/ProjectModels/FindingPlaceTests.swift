import ProjectModels
import SyncCore
import Testing

/// Every code, each with the exact place it is reported at.
@Suite struct FindingPlaceTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var file: String
        var text: String?
        var expected: [String]
        var testDescription: String { expected.joined(separator: ", ") }
    }

    @Test func aSoundProjectHasNoFindings() throws {
        #expect(try SampleProject().places() == [])
    }

    @Test(arguments: headraceCases + fileCases) func aMistakeIsReportedAtItsPlace(mistake: Case) throws {
        #expect(try SampleProject([mistake.file: mistake.text]).places() == mistake.expected)
    }

    @Test func whatIsMissingAfterTheLastLineIsReportedAtItsEnd() throws {
        #expect(try SampleProject(["headrace.yml": "a:\n {b: "]).places().contains("headrace.yml:2:6 yaml_syntax"))
    }

    @Test(arguments: mappingCases) func aMistakeInAMappingIsReportedAtItsPlace(mappings: String, expected: [String])
        throws
    {
        let sample = try SampleProject(["models/people.yml": SampleProject.people(mappings)])
        #expect(sample.places() == expected.map { "models/people.yml:" + $0 })
    }

    private static func headrace(_ text: String, _ expected: String...) -> Case {
        let destination = "destinations: {personalize: {type: contentstack_personalize, project_uid: abc}}\n"
        let sources = "sources: {shop: {type: sqlite, path: shop.db}}\n"
        let rest = (text.contains("sources:") ? "" : sources) + (text.contains("destinations:") ? "" : destination)
        return Case(file: "headrace.yml", text: text + rest, expected: expected.map { "headrace.yml:" + $0 })
    }

    static let headraceCases: [Case] = [
        headrace("version: 1\nsorces: {}\nsources: {shop: {type: sqlite, path: shop.db}}\n", "2:1 unknown_key"),
        headrace("name: x\n", "1:1 missing_key"),
        headrace("version: \"1\"\n", "1:10 wrong_type"),
        headrace("version: 2\n", "1:10 invalid_value"),
        headrace("version: 1\nname: ${NOPE}\n", "2:7 unset_variable"),
        headrace("version: 1\nname: a ${NOPE\n", "2:9 invalid_variable"),
        headrace("version: 1\nname: ${file:none}\n", "2:7 unreadable_file"),
        headrace("version: 1\nname: a\nname: b\n", "3:1 duplicate_key"),
        headrace("version: 1\nstate: {memory_limit: lots}\n", "2:23 invalid_value"),
        headrace("version: 1\nstate: {url: mysql://x}\n", "2:14 invalid_value"),
        headrace(
            """
            version: 1
            destinations:
              personalize: {type: contentstack_personalize, project_uid: "a b", timeout: 0s}

            """, "3:62 invalid_value", "3:78 invalid_duration"),
        headrace(
            "version: 1\nsources: {shop: {type: sqlite, statement_timeout: 0s}}\n", "2:11 missing_key",
            "2:51 invalid_duration"),
        headrace("version: 1\nstate: {url: \"postgresql://x/y\"}\n", "2:1 missing_key"),
        headrace(
            "version: 1\nsources:\n  shop: {type: sqlite, path: x, statement_timeout: 10}\n", "3:52 invalid_duration"),
        headrace("version: 1\nsources:\n  shop: {type: sqlit, path: x}\n", "3:16 invalid_value"),
        headrace("version: 1\nsources:\n  shop: {type: sqlite}\n", "3:3 missing_key"),
        headrace(
            """
            version: 1
            destinations:
              personalize:
                type: contentstack_personalize
                project_uid: abc
                region: mars
                edge_url: ftp://x
                max_in_flight: abc

            """, "6:13 invalid_value", "7:15 invalid_value", "8:20 wrong_type"),
        headrace(
            """
            version: 1
            alerts:
              rules:
                - {when: run_faild, channels: [ops]}

            """, "4:14 invalid_value", "4:36 unknown_channel"),
    ]

    static let fileCases: [Case] = [
        Case(file: "headrace.yml", text: "version: [1\n", expected: ["headrace.yml:2:1 yaml_syntax"]),
        Case(file: "headrace.yml", text: "", expected: ["headrace.yml:1:1 empty_file"]),
        Case(file: "headrace.yml", text: nil, expected: ["headrace.yml:1:1 missing_file"]),
        Case(file: "models/people.sql", text: nil, expected: ["models/people.yml:1:1 missing_model_sql"]),
        Case(
            file: "models/people.sql", text: "-- nothing\n/* yet */ ;\n",
            expected: ["models/people.sql:1:1 empty_model"]),
        Case(file: "models/other.yaml", text: "model: {}\n", expected: ["models/other.yaml:1:1 wrong_extension"]),
        Case(file: "models/other.sql", text: "SELECT 1", expected: ["models/other.sql:1:1 missing_model_file"]),
        Case(
            file: "models/attributes.yml", text: "attributes:\n  tier: {type: string}\n  CITY: {type: string}\n",
            expected: ["models/attributes.yml:3:3 preset_attribute"]),
        Case(
            file: "models/attributes.yml", text: "attributes:\n  tier: {type: strng, encoding: iso8601}\n",
            expected: ["models/attributes.yml:2:16 invalid_value"]),
        Case(
            file: "models/attributes.yml",
            text: "attributes:\n  tier: {type: string, encoding: iso8601}\n  n: {type: integer, allowed: [1, x]}\n",
            expected: [
                "models/attributes.yml:2:24 conflicting_keys", "models/attributes.yml:3:35 constant_type",
            ]),
        Case(
            file: "models/attributes.yml",
            text: """
                attributes:
                  tier: {type: string, min: 1, max_length: 0}
                  a: {type: integer, min: 5, max: 4}
                  b: {type: integer, min: 0.5, max_length: 3}
                  c: {type: number, max: "5", allowed: [1]}
                  d: {type: number, max: 5, allowed: [1, 6]}
                  e: {type: date, max: 5}
                  f: {type: string, max_length: 2, allowed: [äö, äöü]}

                """,
            expected: [
                "models/attributes.yml:2:24 conflicting_keys", "models/attributes.yml:2:44 invalid_value",
                "models/attributes.yml:3:35 invalid_value", "models/attributes.yml:4:27 constant_type",
                "models/attributes.yml:4:32 conflicting_keys", "models/attributes.yml:5:26 wrong_type",
                "models/attributes.yml:6:42 constant_type", "models/attributes.yml:7:19 conflicting_keys",
                "models/attributes.yml:8:50 constant_type",
            ]),
    ]

    @Test func constantsLieWithinTheLimitsAsRowsDo() throws {
        let sample = try SampleProject([
            "models/attributes.yml": """
            attributes:
              tier: {type: string, max_length: 4}
              points: {type: integer, min: 0}
              score: {type: number, max: 1.5}

            """,
            "models/people.yml": SampleProject.people(
                """
                      - {value: silver, attribute: tier}
                      - {column: points, attribute: points, on_null: -1, on_removed: ""}
                      - {column: score, attribute: score, on_removed: 2}
                """),
        ])
        #expect(
            sample.places() == [
                "models/people.yml:9:17 constant_type", "models/people.yml:10:54 constant_type",
                "models/people.yml:11:55 constant_type",
            ])
        #expect(
            sample.load().findings.map(\.message) == [
                "`value`: the constant does not fit attribute `tier` (string): it is longer than the attribute's max_length 4",
                "`on_null`: the constant does not fit attribute `points` (integer): it is less than the attribute's min 0",
                "`on_removed`: the constant does not fit attribute `score` (number): it is more than the attribute's max 1.5",
            ])
    }

    static let mappingCases: [(String, [String])] = [
        ("      - {column: tier, attribute: teir}", ["9:35 unknown_attribute"]),
        ("      - {column: tier, attribute: COUNTRY}", ["9:35 preset_attribute"]),
        ("      - {attribute: tier}", ["9:9 missing_key"]),
        ("      - {column: a, value: gold, attribute: tier}", ["9:21 conflicting_keys"]),
        (
            "      - {column: a, attribute: tier}\n      - {column: b, attribute: tier}",
            ["10:32 attribute_mapped_twice"]
        ),
        ("      - {column: a, attribute: points, on_null: [1]}", ["9:49 wrong_type"]),
        ("      - {column: a, attribute: points, on_null: x}", ["9:49 constant_type"]),
        ("      - {value: silver, attribute: tier}", ["9:17 constant_type"]),
        ("      - {template: \"{{#a}}\", attribute: tier}", ["9:21 invalid_template"]),
        ("      - {template: \"x {{a\", attribute: tier}", ["9:23 invalid_template"]),
        ("      - {column: a, attribute: tier, cast: text}", ["9:44 invalid_value"]),
        ("      - {column: a, attribute: seen, cast: {timestamp: epoch_millis}}", []),
        ("      - {column: a, attribute: born, cast: {date: julian_day}}", []),
        ("      - {column: a, attribute: seen, cast: {timestamp: epoch_mills}}", ["9:56 invalid_value"]),
        ("      - {column: a, attribute: seen, cast: {time: epoch_millis}}", ["9:45 unknown_key"]),
        (
            "      - {column: a, attribute: seen, cast: {date: julian_day, timestamp: julian_day}}",
            ["9:44 invalid_value"]
        ),
        ("      - {column: a, attribute: seen, cast: {}}", ["9:44 invalid_value"]),
    ]
}
