import SyncCore
import TestKit
import Testing

@testable import ChangePlanning

/// One value typed for one attribute: its JSON, or the reason it is refused.
private func typed(
    _ cell: TestCell, as type: AttributeType, from source: SourceType, cast: Cast? = nil, zone: String? = nil,
    encoding: TimestampEncoding = .iso8601, precision: TimestampPrecision = .exact
) throws -> String {
    let attribute = AttributeDefinition(key: "a", type: type, encoding: encoding, precision: precision)
    let bench = PlanningBench(
        mappings: [Mapping(origin: .column("v"), attribute: attribute, cast: cast)],
        columns: [
            ColumnDescription(name: "id", type: .text, typeName: "text"),
            ColumnDescription(name: "v", type: source, typeName: "t"),
        ], timeZone: zone)
    let outcome = try bench.plan([[.text("u"), cell]])
    return outcome.body("u").map { String($0.dropFirst(5).dropLast()) }
        ?? "! \(outcome.invalid.first?.reason ?? "absent")"
}

@Suite("Typing") struct TypingTests {
    @Test(
        "numbers fit exactly or not at all",
        arguments: [
            (TestCell.integer(5), AttributeType.integer, "5"),
            (.integer(1 << 53), .integer, "9007199254740992"),
            (.integer((1 << 53) + 1), .integer, "! an integer beyond ±2^53, which JSON readers would round"),
            (.plain(.decimal(mantissa: 500, scale: 2)), .integer, "5"),
            (.plain(.decimal(mantissa: 550, scale: 2)), .integer, "! a number that is not whole"),
            (.plain(.double(5)), .integer, "5"),
            (.plain(.double(.nan)), .number, "! not a finite number"),
            (.plain(.double(-0.0)), .number, "0"),
            (.plain(.float(0.1)), .number, "0.1"),
            (.plain(.decimal(mantissa: 150, scale: 2)), .number, "1.5"),
            (.big("0.12345678901234567890"), .number, "! a decimal with more digits than a 64-bit number keeps"),
            (.big("-123.4500"), .number, "-123.45"),
            (.big("NaN"), .number, "! not a finite number"),
            (.text("5"), .integer, "! text in an integer attribute"),
            (.text("true"), .boolean, "! text in a boolean attribute"),
            (.plain(.boolean(true)), .integer, "! a boolean in an integer attribute"),
        ])
    func numbers(cell: TestCell, type: AttributeType, expected: String) throws {
        #expect(try typed(cell, as: type, from: .decimal) == expected)
    }

    @Test(
        "SQLite values stand in for the types it lacks",
        arguments: [
            (TestCell.integer(1), AttributeType.boolean, "true"),
            (.integer(2), .boolean, "! an integer in a boolean attribute"),
            (.text("2026-02-28"), .date, "\"2026-02-28\""),
            (.text("2026-02-30"), .date, "! text that does not read as the type asked for"),
            (.text("2026-02-28T10:00:00+02:00"), .timestamp, "\"2026-02-28T08:00:00Z\""),
            (.text("2026-02-28 10:00:00.120Z"), .timestamp, "\"2026-02-28T10:00:00.12Z\""),
            (.text("2026-02-28 10:00:00"), .timestamp, "! a time without a zone, and the model has no time_zone"),
            (.text(#"["b","a","b"]"#), .stringList, "\"|a|b|\""),
            (.text("[]"), .stringList, "\"\""),
            (.text(#"["a",null]"#), .stringList, "! a list with a null item"),
            (.text(#"{"a":1}"#), .stringList, "! not a JSON array of strings"),
            (.raw([0xFF]), .string, "! text that is not valid UTF-8"),
            (.raw([65, 0]), .string, "! text with a NUL character"),
            (.text("Grüße"), .string, "\"Grüße\""),
            (.integer(5), .string, "! an integer in a string attribute"),
        ])
    func sqlite(cell: TestCell, type: AttributeType, expected: String) throws {
        #expect(try typed(cell, as: type, from: .dynamic) == expected)
    }

    @Test("PostgreSQL text is no date, and no number is a boolean")
    func postgresUncast() throws {
        #expect(try typed(.text("2026-02-28"), as: .date, from: .text).hasPrefix("! text in a date"))
        #expect(try typed(.integer(1), as: .boolean, from: .integer).hasPrefix("! an integer in a boolean"))
        #expect(
            try typed(.plain(.infiniteTime(isNegative: false)), as: .date, from: .date) == "! an infinite date or time")
        #expect(try typed(.list(["b", "a"]), as: .stringList, from: .textArray) == "\"|a|b|\"")
        #expect(try typed(.list(["a|b"]), as: .stringList, from: .textArray) == "! a list item that holds |")
        #expect(try typed(.list([""]), as: .stringList, from: .textArray) == "! a list with an empty item")
    }

    @Test(
        "casts convert what the types alone refuse",
        arguments: [
            (TestCell.integer(7), AttributeType.string, Cast.string, "\"7\""),
            (.plain(.decimal(mantissa: -5, scale: 2)), .string, .string, "\"-0.05\""),
            (.text("42"), .integer, .integer, "42"),
            (.text("4x"), .integer, .integer, "! text that does not read as the type asked for"),
            (.text("0.12345678901234567890"), .number, .number, "0.12345678901234568"),
            (.text("Yes"), .boolean, .boolean, "true"),
            (.text("abc"), .string, .sha256, "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\""),
            (.json(#"{"b": 1, "a": [true]}"#), .string, .jsonText, #""{\"a\":[true],\"b\":1}""#),
            (.json(#"["x"]"#), .stringList, .stringList, "\"|x|\""),
            (.integer(0), .timestamp, .timestamp, "\"1970-01-01T00:00:00Z\""),
            (.plain(.double(2_440_587.5)), .timestamp, .timestamp, "\"1970-01-01T00:00:00Z\""),
            (.text("2026-02-28T23:00:00Z"), .date, .date, "\"2026-02-28\""),
        ])
    func casts(cell: TestCell, type: AttributeType, cast: Cast, expected: String) throws {
        #expect(try typed(cell, as: type, from: .dynamic, cast: cast) == expected)
    }

    @Test("a local time is read in the model's zone, and refused where the clocks skip or repeat it")
    func localTimes() throws {
        func berlin(_ text: String) throws -> String {
            try typed(.text(text), as: .timestamp, from: .dynamic, zone: "Europe/Berlin")
        }
        #expect(try berlin("2026-07-01 12:00:00") == "\"2026-07-01T10:00:00Z\"")
        #expect(try berlin("2026-03-29 01:59:59") == "\"2026-03-29T00:59:59Z\"")
        #expect(try berlin("2026-03-29 02:30:00").hasPrefix("! a local time that the clocks skip"))
        #expect(try berlin("2026-10-25 02:30:00").hasPrefix("! a local time that occurs twice"))
        #expect(try berlin("2026-10-25 03:00:00") == "\"2026-10-25T02:00:00Z\"")
    }

    @Test("an epoch encoding refuses finer values unless the attribute truncates")
    func epochs() throws {
        let cell = TestCell.plain(.timestamp(-1_500_000))
        #expect(try typed(cell, as: .timestamp, from: .timestamp, encoding: .epochMillis) == "-1500")
        #expect(
            try typed(cell, as: .timestamp, from: .timestamp, encoding: .epochSeconds)
                == "! a time finer than the attribute's encoding")
        #expect(
            try typed(cell, as: .timestamp, from: .timestamp, encoding: .epochSeconds, precision: .truncate) == "-2")
    }

    @Test("equal decimals have equal bytes and different ones have not, whatever their notation")
    func canonicalDecimals() throws {
        let seed = UInt64.random(in: .min ... .max)
        print("canonical bytes seed \(seed)")
        var random = SplitMix(state: seed)
        func bytes(_ cell: TestCell, _ type: AttributeType) throws -> [UInt8] {
            let batch = TestCell.batch([[cell]], columns: 1)
            var workspace = TypingWorkspace(timeZone: nil)
            var out: [UInt8] = []
            let conversion = Conversion(attribute: PlanningBench.attribute("a", type), cast: nil, isDynamic: false)
            try conversion.append(batch.cells[0], of: batch.bytes, to: &out, using: &workspace)
            return out
        }
        for _ in 0..<2000 {
            let (left, right) = (
                Int64.random(in: -999...999, using: &random), Int64.random(in: -999...999, using: &random)
            )
            let (scale, other) = (UInt8.random(in: 0...3, using: &random), UInt8.random(in: 0...3, using: &random))
            let power = { (scale: UInt8) in (0..<Int64(3 - scale)).reduce(Int64(1)) { value, _ in value * 10 } }
            let isEqual = left * power(scale) == right * power(other)
            let first = try bytes(.plain(.decimal(mantissa: left, scale: scale)), .number)
            let text = String(decoding: DecimalText(mantissa: right, scale: Int(other)).plain, as: UTF8.self)
            #expect((first == (try bytes(.big(text), .number))) == isEqual, "seed \(seed)")
        }
    }
}
