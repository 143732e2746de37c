import SyncCore
import Testing

@testable import ChangePlanning

/// Numbers as dates and timestamps: what they count is said by the cast, or follows from one rule of each engine.
@Suite("Times from numbers") struct TimeCastTests {
    /// The value sent, or `! ` and the reason.
    private func typed(
        _ cell: TestCell, as type: AttributeType = .timestamp, _ unit: TimeUnit?, from source: SourceType = .dynamic,
        zone: String? = nil
    ) throws -> String {
        let cast: Cast = type == .date ? .date : .timestamp
        let mapping = Mapping(
            origin: .column("v"), attribute: PlanningBench.attribute("a", type), cast: cast, castUnit: unit)
        let bench = PlanningBench(
            mappings: [mapping],
            columns: [
                ColumnDescription(name: "id", type: .text, typeName: "text"),
                ColumnDescription(name: "v", type: source, typeName: "t"),
            ], timeZone: zone)
        let outcome = try bench.plan([[.text("u"), cell]])
        return outcome.body("u").map { String($0.dropFirst(6).dropLast(2)) }
            ?? "! \(outcome.invalid.first?.reason ?? "absent")"
    }

    @Test(
        "a unit reads every number of its column alike, whatever its storage class",
        arguments: [
            (TestCell.integer(0), TimeUnit.epochSeconds, "1970-01-01T00:00:00Z"),
            (.integer(2_678_400), .epochSeconds, "1970-02-01T00:00:00Z"),
            (.plain(.double(2_678_400.5)), .epochSeconds, "1970-02-01T00:00:00.5Z"),
            (.plain(.double(1_700_000_000.123456)), .epochSeconds, "2023-11-14T22:13:20.123456Z"),
            (.plain(.double(-0.25)), .epochSeconds, "1969-12-31T23:59:59.75Z"),
            (.plain(.double(253_402_300_799.5)), .epochSeconds, "9999-12-31T23:59:59.5Z"),
            (.integer(-62_135_596_800), .epochSeconds, "0001-01-01T00:00:00Z"),
            (.text("1700000000.000001"), .epochSeconds, "2023-11-14T22:13:20.000001Z"),
            (.big("1700000000.5"), .epochSeconds, "2023-11-14T22:13:20.5Z"),
            (.plain(.decimal(mantissa: 17_000_000_005, scale: 1)), .epochSeconds, "2023-11-14T22:13:20.5Z"),
            // float4's own decimal, 1764086700, as every other attribute of the column gets it.
            (.plain(.float(1_764_086_656)), .epochSeconds, "2025-11-25T16:05:00Z"),
            (.integer(100_000_000_000), .epochMillis, "1973-03-03T09:46:40Z"),
            (.integer(1_700_000_000_123), .epochMillis, "2023-11-14T22:13:20.123Z"),
            (.plain(.double(1_700_000_000_123.25)), .epochMillis, "2023-11-14T22:13:20.12325Z"),
            (.integer(1_700_000_000_123_456), .epochMicros, "2023-11-14T22:13:20.123456Z"),
            (.plain(.double(2_440_587.5)), .julianDay, "1970-01-01T00:00:00Z"),
            (.integer(2_460_000), .julianDay, "2023-02-24T12:00:00Z"),
            (.plain(.double(2_460_000.25)), .julianDay, "2023-02-24T18:00:00Z"),
            (.text("2460000.5"), .julianDay, "2023-02-25T00:00:00Z"),
            (.plain(.double(1_721_425.5)), .julianDay, "0001-01-01T00:00:00Z"),
        ])
    func units(cell: TestCell, unit: TimeUnit, expected: String) throws {
        #expect(try typed(cell, unit) == expected)
    }

    @Test(
        "what a unit cannot say is refused",
        arguments: [
            (TestCell.text("2026-02-28"), TimeUnit.epochSeconds, "text that does not read as the type asked for"),
            (.text("0.0000001"), .epochSeconds, "a time finer than a microsecond"),
            (.big("0.5"), .epochMicros, "a time finer than a microsecond"),
            (.integer(.max), .epochSeconds, "a year outside 0001–9999"),
            (.integer(.min), .epochMicros, "a year outside 0001–9999"),
            (.integer(253_402_300_800), .epochSeconds, "a year outside 0001–9999"),
            (.plain(.double(1e300)), .epochMillis, "a year outside 0001–9999"),
            (.plain(.double(.infinity)), .epochSeconds, "not a finite number"),
            (.integer(1_721_425), .julianDay, "a year outside 0001–9999"),
            (.plain(.double(5_373_484.5)), .julianDay, "a year outside 0001–9999"),
            (.plain(.boolean(true)), .epochSeconds, "a boolean in a timestamp attribute"),
        ])
    func refusals(cell: TestCell, unit: TimeUnit, reason: String) throws {
        #expect(try typed(cell, unit) == "! " + reason)
    }

    @Test("a moment falls on a day of the model's zone, in UTC without one")
    func dates() throws {
        let late = TestCell.integer(1_700_002_800)  // 2023-11-14T23:00:00Z
        #expect(try typed(late, as: .date, .epochSeconds) == "2023-11-14")
        #expect(try typed(late, as: .date, .epochSeconds, zone: "Europe/Berlin") == "2023-11-15")
        #expect(try typed(late, as: .date, nil, zone: "Europe/Berlin") == "2023-11-15")
        #expect(try typed(.plain(.double(2_460_000.5)), as: .date, .julianDay) == "2023-02-25")
        #expect(
            try typed(.plain(.double(2_460_000.5)), as: .date, .julianDay, zone: "America/New_York") == "2023-02-24")
        #expect(try typed(.plain(.double(2_460_000.5)), as: .date, nil, zone: "America/New_York") == "2023-02-24")
    }

    @Test(
        "without a unit SQLite's own convention holds, and what could be read in two ways is refused",
        arguments: [
            (TestCell.integer(1_700_000_000), "2023-11-14T22:13:20Z"), (.integer(-1), "1969-12-31T23:59:59Z"),
            (.integer(1_721_425), "1970-01-20T22:10:25Z"), (.integer(5_373_485), "1970-03-04T04:38:05Z"),
            (.plain(.double(2_460_000.5)), "2023-02-25T00:00:00Z"),
            (.integer(2_460_000), "! an integer that may be Unix seconds of early 1970 or a Julian day; say which"),
            (.plain(.double(1_700_000_000.5)), "! a real that is no Julian day of the years 0001–9999; if it is Unix"),
            (.plain(.double(0.5)), "! a real that is no Julian day"),
            (.integer(1_700_000_000_000), "! a number that is no Unix seconds of the years 0001–9999"),
            (.integer(.max), "! a number that is no Unix seconds"), (.text("1700000000"), "! text that does not read"),
        ])
    func unsaidOnSQLite(cell: TestCell, expected: String) throws {
        #expect(try typed(cell, nil).hasPrefix(expected))
    }

    @Test(
        "without a unit a PostgreSQL number is Unix seconds, whatever its type",
        arguments: [
            (TestCell.integer(2_460_000), SourceType.integer, "1970-01-29T11:20:00Z"),
            (.plain(.double(2_460_000.5)), .double, "1970-01-29T11:20:00.5Z"),
            (.plain(.float(0.5)), .float, "1970-01-01T00:00:00.5Z"),
            (.plain(.decimal(mantissa: 15, scale: 1)), .decimal, "1970-01-01T00:00:01.5Z"),
            (.big("1700000000.0000001"), .decimal, "! a time finer than a microsecond"),
            (.integer(1_700_000_000_000), .integer, "! a number that is no Unix seconds"),
        ])
    func unsaidOnPostgreSQL(cell: TestCell, source: SourceType, expected: String) throws {
        #expect(try typed(cell, nil, from: source).hasPrefix(expected))
    }
}
