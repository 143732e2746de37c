import SyncCore
import Testing

@testable import ChangePlanning

/// What a read says of its cursor column.
@Suite("The cursor column of a read") struct CursorTrackerTests {
    static let noon: Int64 = 1_795_435_200_000_000
    static let hour: Int64 = 3_600_000_000

    static func bench(zone: String? = nil) -> PlanningBench {
        var bench = PlanningBench(
            mappings: [Mapping(origin: .column("points"), attribute: PlanningBench.attribute("points", .integer))],
            columns: [
                ColumnDescription(name: "id", type: .text, typeName: "text"),
                ColumnDescription(name: "points", type: .integer, typeName: "int8"),
                ColumnDescription(name: "at", type: .dynamic, typeName: ""),
            ], timeZone: zone)
        bench.sync.model.cursor = CursorDefinition(column: "at")
        return bench
    }

    private func reached(
        _ cells: [TestCell], zone: String? = nil, base: CursorMark? = nil
    ) throws -> String? {
        let bench = Self.bench(zone: zone)
        var tracker = try #require(
            CursorTracker(model: bench.sync.model, columns: bench.columns, base: base))
        for cell in cells { try tracker.take(TestCell.batch([[.text("u"), .integer(1), cell]], columns: 3)) }
        return try tracker.reached(startedAt: WallTime(microseconds: Self.noon))?.value
    }

    @Test("the highest value is reached, whatever the order; nulls and infinities are none") func highest() throws {
        #expect(try reached([.integer(3), .null, .integer(9), .integer(-2)]) == "9")
        #expect(try reached([.null]) == nil)
        #expect(
            try reached([.plain(.infiniteTime(isNegative: true)), .plain(.timestamp(5_000_000))])
                == "1970-01-01T00:00:05Z")
        #expect(
            try reached([.text("2026-11-23 08:00:00.75"), .text("2026-11-22 09:00:00")], zone: "UTC")
                == "2026-11-23 08:00:00")
    }

    @Test(
        "a value of the future does not take the mark there",
        arguments: [
            (TestCell.plain(.timestamp(noon + hour)), nil, "2026-11-23T12:00:00Z"),
            (.plain(.localTimestamp(noon + 5 * hour)), "Asia/Tokyo", "2026-11-23T17:00:00"),
            (.plain(.localTimestamp(noon + 15 * hour)), "Asia/Tokyo", "2026-11-23T21:00:00"),
            (.plain(.date(30_000)), nil, "2026-11-23"), (.plain(.date(30_000)), "Pacific/Pago_Pago", "2026-11-23"),
            (.text("2999-01-01T00:00:00Z"), nil, "2026-11-23T12:00:00Z"),
            (.text("2999-01-01T00:00:00+02:00"), nil, "2026-11-23T14:00:00+02:00"),
            (.text("2999-01-01 00:00:00"), "Asia/Tokyo", "2026-11-23 21:00:00"),
            // No zone is further behind than UTC-12.
            (.text("2999-01-01 00:00:00"), nil, "2026-11-23 00:00:00"),
        ] as [(TestCell, String?, String)])
    func future(cell: TestCell, zone: String?, expected: String) throws {
        #expect(try reached([cell], zone: zone) == expected)
    }

    @Test(
        "values that do not sort as one are refused by name",
        arguments: [
            [TestCell.integer(1), .text("2026-11-23 08:00:00")],
            [.text("2026-11-23 08:00:00"), .text("2026-11-23T08:00:00")],
            [.text("2026-11-23 08:00:00"), .text("2026-11-23 08:00:00Z")],
            [.text("2026-11-23 08:00:00+01:00"), .text("2026-11-23 08:00:00+02:00")],
            [.text("2026-11-23"), .text("2026-11-23 08:00:00")], [.text("yesterday")], [.text("")],
            [.text("2026-11-23 08:00")],
        ]) func mixed(cells: [TestCell])
    {
        #expect { try reached(cells) } throws: { ($0 as? Diagnostic)?.code == "cursor_mixed" }
    }

    @Test(
        "a read that goes on meets another kind than the mark's",
        arguments: [TestCell.integer(1), .text("2026-11-23T08:00:00"), .text("2026-11-23")])
    func base(cell: TestCell) {
        #expect { try reached([cell], base: CursorMark(.text, "2026-11-23 08:00:00")) } throws: {
            ($0 as? Diagnostic)?.code == CursorTracker.changed
        }
    }

    @Test("a value that is no time and no integer is refused") func unsortable() {
        #expect { try reached([.plain(.double(1.5))]) } throws: { ($0 as? Diagnostic)?.code == "cursor_type" }
    }

    @Test(
        "check refuses a cursor that cannot be one",
        arguments: [
            (SourceType.text, nil, "cursor_type"), (.integer, nil, nil), (.timestamp, nil, nil), (.date, nil, nil),
            (.dynamic, .count(5), nil), (.integer, .time(.seconds(1)), "cursor_overlap"),
            (.timestamp, .count(5), "cursor_overlap"), (.localTimestamp, nil, "time_zone_missing"),
        ] as [(SourceType, CursorDefinition.Overlap?, String?)])
    func check(type: SourceType, overlap: CursorDefinition.Overlap?, code: String?) {
        var bench = Self.bench()
        bench.sync.model.cursor?.overlap = overlap
        bench.columns[2].type = type
        let found = SyncCheck.findings(sync: bench.sync, columns: bench.columns, dialect: .postgres)
        #expect(found.map(\.code) == (code.map { [$0] } ?? []))
        #expect(SyncCheck.findings(model: bench.sync.model, columns: bench.columns).map(\.code) == found.map(\.code))
    }

    @Test("check refuses a personal cursor column", arguments: ["model", "attribute", "key"])
    func personal(place: String) {
        var bench = Self.bench()
        let position = Diagnostic.Position("models/m.yml", line: 3, column: 1)
        bench.sync.model.cursor?.position = position
        bench.columns[2].type = .integer
        switch place {
        case "model": bench.sync.model.piiColumns = ["at"]
        case "attribute":
            var attribute = PlanningBench.attribute("seen", .integer)
            attribute.isPII = true
            bench.sync.mappings.append(Mapping(origin: .column("at"), attribute: attribute))
        default:
            bench.sync.match.isPII = true
            bench.sync.match.column = "at"
        }
        let found = SyncCheck.findings(sync: bench.sync, columns: bench.columns, dialect: .postgres)
        let first = found.first { $0.code == "cursor_pii" }
        #expect(first?.severity == .error && first?.position == position && first?.hint != nil)
        let ofModel = SyncCheck.findings(model: bench.sync.model, columns: bench.columns)
        #expect(ofModel.contains { $0.code == "cursor_pii" } == (place == "model"))
    }

    @Test("check says that a text cursor without a zone trails")
    func trailing() {
        var bench = Self.bench()
        func codes() -> [String] {
            SyncCheck.findings(sync: bench.sync, columns: bench.columns, dialect: .sqlite).map(\.code)
        }
        #expect(codes() == ["cursor_trails"])
        bench.columns[2].typeName = "INTEGER"
        #expect(codes() == [])
        bench.columns[2].typeName = "DATETIME"
        #expect(codes() == ["cursor_trails"])
        bench.sync.model.timeZone = "UTC"
        #expect(codes() == [])
    }

    @Test("check names an unknown cursor column, and columns of one name") func checkNames() {
        var bench = Self.bench()
        bench.columns[2].name = "att"
        #expect(SyncCheck.findings(model: bench.sync.model, columns: bench.columns).map(\.code) == ["unknown_column"])
        bench = Self.bench()
        bench.columns.append(ColumnDescription(name: "AT", type: .dynamic, typeName: ""))
        #expect(SyncCheck.findings(model: bench.sync.model, columns: bench.columns).map(\.code) == ["duplicate_column"])
    }
}
