import Crypto
import SyncCore
import Testing

@testable import ChangePlanning

/// Every cast over every kind of value of both engines.
@Suite("Every cast of every kind of value") struct CastTableTests {
    struct Kind: Sendable, CustomTestStringConvertible {
        var cell: TestCell
        var source: SourceType
        /// In the order of `casts`; `·` where a value of the kind never fits, and how a reason begins behind `! `.
        var expected: [String]
        var testDescription: String { "\(source) \(cell)" }

        init(_ cell: TestCell, _ source: SourceType, _ expected: String...) {
            (self.cell, self.source, self.expected) = (cell, source, expected)
        }
    }

    /// `sha256` takes what `string` takes.
    static let casts: [Cast] = [.string, .integer, .number, .boolean, .date, .timestamp, .stringList, .jsonText]

    static let numbers: [Kind] = [
        Kind(.plain(.boolean(true)), .boolean, "true", "1", "1", "true", "·", "·", "·", "true"),
        Kind(.plain(.boolean(false)), .boolean, "false", "0", "0", "false", "·", "·", "·", "false"),
        Kind(.integer(1), .integer, "1", "1", "1", "true", "1970-01-01", "1970-01-01T00:00:01Z", "·", "1"),
        Kind(.integer(-1), .dynamic, "-1", "-1", "-1", "! neither", "1970-01-01", "1969-12-31T23:59:59Z", "·", "-1"),
        Kind(
            .integer(.max), .integer, "9223372036854775807", "! beyond", "9.223372036854776e+18", "! neither",
            "! no Unix seconds", "! no Unix seconds", "·", "9223372036854775807"),
        Kind(
            .integer(.min), .dynamic, "-9223372036854775808", "! beyond", "-9.223372036854776e+18", "! neither",
            "! no Unix seconds", "! no Unix seconds", "·", "-9223372036854775808"),
        Kind(
            .plain(.decimal(mantissa: 150, scale: 2)), .decimal, "1.5", "! not whole", "1.5", "! not whole",
            "1970-01-01", "1970-01-01T00:00:01.5Z", "·", "1.5"),
        Kind(
            .big("12345678901234567890.50"), .decimal, "12345678901234567890.5", "! not whole",
            "1.2345678901234567e+19",
            "! not whole", "! no Unix seconds", "! no Unix seconds", "·", "12345678901234567890.5"),
        Kind(
            .big("NaN"), .decimal, "NaN", "! not a finite", "! not a finite", "! not a finite", "! not a finite",
            "! not a finite", "·", "! not a finite"),
        Kind(.plain(.double(1)), .double, "1", "1", "1", "true", "1970-01-01", "1970-01-01T00:00:01Z", "·", "1"),
        Kind(
            .plain(.double(-.infinity)), .double, "-Infinity", "! not a finite", "! not a finite", "! not a finite",
            "! not a finite", "! not a finite", "·", "! not a finite"),
        Kind(
            .plain(.float(0.1)), .float, "0.1", "! not whole", "0.1", "! not whole", "1970-01-01",
            "1970-01-01T00:00:00.1Z", "·", "0.1"),
        Kind(
            .plain(.double(2_460_000.5)), .dynamic, "2460000.5", "! not whole", "2460000.5", "! not whole",
            "2023-02-25", "2023-02-25T00:00:00Z", "·", "2460000.5"),
        Kind(
            .plain(.double(9e18)), .dynamic, "9e+18", "! beyond", "9e+18", "! beyond", "! no Julian day",
            "! no Julian day", "·", "9e+18"),
    ]

    static let texts: [Kind] = [
        Kind(
            .text("5"), .text, "5", "5", "5", "! does not read", "! does not read", "! does not read", "! JSON array",
            "5"
        ),
        Kind(
            .text("0.1234567890123456789"), .dynamic, "0.1234567890123456789", "! not whole", "0.12345678901234568",
            "! does not read", "! does not read", "! does not read", "! JSON array", "0.1234567890123456789"),
        Kind(
            .text("1e400"), .text, "1e400", "! beyond", "! not a finite", "! does not read", "! does not read",
            "! does not read", "! JSON array", "1e400"),
        Kind(
            .text("Off"), .text, "Off", "! does not read", "! does not read", "false", "! does not read",
            "! does not read", "! JSON array", "! not JSON"),
        Kind(
            .text(" 1"), .dynamic, " 1", "! does not read", "! does not read", "! does not read", "! does not read",
            "! does not read", "! JSON array", "1"),
        Kind(
            .text("2026-02-28"), .dynamic, "2026-02-28", "! does not read", "! does not read", "! does not read",
            "2026-02-28", "2026-02-27T23:00:00Z", "! JSON array", "! not JSON"),
        Kind(
            .text("2026-02-28T23:30:00Z"), .text, "2026-02-28T23:30:00Z", "! does not read", "! does not read",
            "! does not read", "2026-03-01", "2026-02-28T23:30:00Z", "! JSON array", "! not JSON"),
        Kind(
            .text(#"["b","a", "b"]"#), .text, #"["b","a", "b"]"#, "! does not read", "! does not read",
            "! does not read", "! does not read", "! does not read", "|a|b|", #"["b","a","b"]"#),
        Kind(
            .text(#"{"b": 1, "a": 2.0}"#), .dynamic, #"{"b": 1, "a": 2.0}"#, "! does not read", "! does not read",
            "! does not read", "! does not read", "! does not read", "! JSON array", #"{"a":2.0,"b":1}"#),
        Kind(
            .text("1e123456"), .text, "1e123456", "! does not read", "! does not read", "! does not read",
            "! does not read", "! does not read", "! JSON array", "1e123456"),
        Kind(
            .text(#""\ud800""#), .text, #""\ud800""#, "! does not read", "! does not read", "! does not read",
            "! does not read", "! does not read", "! JSON array", "! half of a surrogate"),
        Kind(
            .raw([0xC3]), .text, "! UTF-8", "! does not read", "! does not read", "! does not read", "! does not read",
            "! does not read", "! JSON array", "! UTF-8"),
        Kind(
            .uuid(Array(0..<16)), .uuid, "00010203-0405-0607-0809-0a0b0c0d0e0f", "·", "·", "·", "·", "·", "·", "·"),
        Kind(.json(#"["x"]"#), .json, "·", "·", "·", "·", "·", "·", "|x|", #"["x"]"#),
        Kind(.json(#"{"b":1,"a":null}"#), .json, "·", "·", "·", "·", "·", "·", "! JSON array", #"{"a":null,"b":1}"#),
    ]

    private static let blob = Cell.bytes(ByteSlice(offset: 0, count: 0))

    static let others: [Kind] = [
        Kind(
            .plain(.date(20_512)), .date, "2026-02-28", "·", "·", "·", "2026-02-28", "2026-02-27T23:00:00Z", "·", "·"),
        Kind(
            .plain(.date(-800_000)), .date, "! a year", "·", "·", "·", "! a year", "! a year", "·", "·"),
        Kind(
            .plain(.timestamp(1_772_321_400_500_000)), .timestamp, "2026-02-28T23:30:00.5Z", "·", "·", "·",
            "2026-03-01", "2026-02-28T23:30:00.5Z", "·", "·"),
        Kind(
            .plain(.localTimestamp(1_772_321_400_000_000)), .localTimestamp, "2026-02-28T22:30:00Z", "·", "·", "·",
            "2026-02-28", "2026-02-28T22:30:00Z", "·", "·"),
        Kind(
            .plain(.infiniteTime(isNegative: false)), .timestamp, "infinity", "·", "·", "·", "! infinite", "! infinite",
            "·", "·"),
        Kind(
            .plain(.infiniteTime(isNegative: true)), .date, "-infinity", "·", "·", "·", "! infinite", "! infinite", "·",
            "·"),
        Kind(.list(["b", "a"]), .textArray, "·", "·", "·", "·", "·", "·", "|a|b|", "·"),
        Kind(.list(["b", nil]), .textArray, "·", "·", "·", "·", "·", "·", "! null item", "·"),
        Kind(
            .plain(.nestedList), .textArray, "! more than one dimension", "·", "·", "·", "·", "·",
            "! more than one dimension", "·"),
        Kind(.plain(blob), .bytes, "·", "·", "·", "·", "·", "·", "·", "·"),
        Kind(.plain(blob), .dynamic, "·", "·", "·", "·", "·", "·", "·", "·"),
    ]

    private static func type(of cast: Cast) -> AttributeType { AttributeType(rawValue: cast.rawValue) ?? .string }

    private func typed(_ kind: Kind, _ cast: Cast, as type: AttributeType) throws -> String {
        let bench = PlanningBench(
            mappings: [
                Mapping(origin: .column("v"), attribute: PlanningBench.attribute("a", type), cast: cast)
            ],
            columns: [
                ColumnDescription(name: "id", type: .text, typeName: "text"),
                ColumnDescription(name: "v", type: kind.source, typeName: "t"),
            ], timeZone: "Europe/Berlin")
        let outcome = try bench.plan([[.text("u"), kind.cell]])
        if let reason = outcome.invalid.first?.reason {
            return reason.hasSuffix(" in a \(type.rawValue) attribute") || reason.hasSuffix("in an integer attribute")
                ? "·" : "! " + reason
        }
        let values = try outcome.body("u").map { try JSONText.parse(Array($0.utf8)) }
        guard case .object(let members)? = values, let value = members.first?.value else { return "nothing" }
        switch value {
        case .string(let text), .literal(let text): return String(decoding: text, as: UTF8.self)
        default: return "neither text nor literal"
        }
    }

    @Test("a cast gives the value, or refuses it by name", arguments: numbers + texts + others)
    func table(kind: Kind) throws {
        #expect(kind.expected.count == Self.casts.count)
        for (cast, expected) in zip(Self.casts, kind.expected) {
            let actual = try typed(kind, cast, as: Self.type(of: cast))
            if expected.hasPrefix("! ") {
                #expect(actual.hasPrefix("! ") && actual.contains(expected.dropFirst(2)), "\(cast): \(actual)")
            } else {
                #expect(actual == expected, "\(cast)")
            }
        }
        let text = try typed(kind, .string, as: .string)
        let isText = !text.hasPrefix("! ") && text != "·"
        let digest = SHA256.hash(data: Array(text.utf8)).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
        #expect(try typed(kind, .sha256, as: .string) == (isText ? digest.joined() : text))
    }

    @Test("what check lets through fits, or fails for its own sake; what it refuses never fits")
    func checkAndRowsAgree() throws {
        for kind in Self.numbers + Self.texts + Self.others where kind.source != .dynamic {
            for cast in Cast.allCases {
                let type = Self.type(of: cast)
                let actual = try typed(kind, cast, as: type)
                let canFit = ConversionTable.canFit(kind.source, type, cast: cast)
                if case .plain(.nestedList) = kind.cell, !canFit {
                    #expect(actual == "·" || actual.hasPrefix("! a list of more"))
                } else {
                    #expect(canFit == (actual != "·"), "\(cast) of \(kind.source)")
                }
            }
        }
    }

    @Test("integer and number attributes take both numeric casts")
    func numericCasts() throws {
        let half = Kind(.text("2.50"), .text)
        #expect(try typed(half, .number, as: .number) == "2.5")
        #expect(try typed(half, .number, as: .integer) == "! a number that is not whole")
        #expect(try typed(Kind(.text("2.0"), .text), .number, as: .integer) == "2")
        #expect(try typed(Kind(.text("2.0"), .text), .integer, as: .number) == "2")
        #expect(try typed(Kind(.integer(.max), .integer), .number, as: .integer).hasPrefix("! an integer beyond ±2^53"))
    }

    @Test(
        "a cast to number rounds nothing in an integer attribute",
        arguments: [
            (TestCell.integer(9_007_199_254_740_993), "! beyond"), (.text("0.9999999999999999999999"), "! not whole"),
            (.text("5.0"), "5"), (.plain(.boolean(true)), "1"),
        ])
    func numbersOfIntegers(cell: TestCell, expected: String) throws {
        let kind = Kind(cell, .dynamic, "", "", "", "", "", "", "", "")
        let result = try typed(kind, .number, as: .integer)
        #expect(expected.hasPrefix("!") ? result.contains(expected.dropFirst(2)) : result == expected)
    }

    @Test("JSON that is too deep is refused by name") func deepJSON() throws {
        let text = String(repeating: "[", count: 140) + String(repeating: "]", count: 140)
        let kind = Kind(.text(text), .text, "", "", "", "", "", "", "", "")
        #expect(try typed(kind, .jsonText, as: .string).contains("more than 128 levels"))
    }
}
