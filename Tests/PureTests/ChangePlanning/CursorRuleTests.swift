import SyncCore
import Testing

@testable import ChangePlanning

/// How much a run reads, and where its mark may stand.
@Suite("The rule of incremental reading") struct CursorRuleTests {
    static let noon = WallTime(microseconds: 1_795_435_200_000_000)
    static let mark = CursorMark(.timestamp, "2026-11-23T11:00:00.25Z")

    static func rule(
        _ change: (inout CursorRule) -> Void = { _ in }
    ) -> CursorRule {
        var rule = CursorRule(
            cursor: CursorDefinition(column: "updated_at"), digest: "d",
            record: CursorRecord(
                column: "updated_at", mark: mark, digest: "d",
                fullReadAt: WallTime(microseconds: noon.microseconds - 3_600_000_000)),
            hasDirtyUsers: false, isSameDestination: true, options: PlanOptions(), now: noon)
        change(&rule)
        return rule
    }

    @Test("reads from the mark, less the overlap") func incremental() throws {
        let reading = try Self.rule().reading()
        #expect(reading.reason == nil && reading.base == Self.mark)
        #expect(reading.from == CursorMark(.timestamp, "2026-11-23T10:50:00.25Z"))
    }

    struct Doubt: Sendable, CustomTestStringConvertible {
        var reason: FullReadReason
        var change: @Sendable (inout CursorRule) -> Void
        var testDescription: String { reason.rawValue }
    }

    static let doubts: [Doubt] = [
        Doubt(reason: .noMark) { $0.record = nil },
        Doubt(reason: .noMark) { $0.record?.mark = nil },
        Doubt(reason: .noMark) { $0.record?.fullReadAt = nil },
        Doubt(reason: .definitionsChanged) { $0.digest = "e" },
        Doubt(reason: .cursorChanged) { $0.columnType = .localTimestamp },
        Doubt(reason: .cursorChanged) { $0.columnType = .integer },
        Doubt(reason: .cursorChanged) { $0.hasChangedStyle = true },
        Doubt(reason: .destinationChanged) { $0.isSameDestination = false },
        Doubt(reason: .dirtyUsers) { $0.hasDirtyUsers = true },
        Doubt(reason: .fullEvery) { $0.cursor.fullEvery = .seconds(3600) },
        // The clock was set back.
        Doubt(reason: .fullEvery) { $0.record?.fullReadAt = WallTime(microseconds: noon.microseconds + 1) },
        Doubt(reason: .asked) { $0.options.fullResync = true },
        Doubt(reason: .asked) { $0.options.baseline = true },
        Doubt(reason: .asked) { $0.options.limit = 5 },
        Doubt(reason: .asked) { $0.options.key = "5" },
    ]

    @Test("reads everything where there is a doubt", arguments: doubts) func full(doubt: Doubt) throws {
        let reading = try Self.rule(doubt.change).reading()
        #expect(reading.reason == doubt.reason)
        #expect(reading.from == nil && reading.base == nil && !reading.isIncremental)
    }

    @Test(
        "a mark is of its column's type",
        arguments: [
            (mark, SourceType.timestamp, true), (mark, .date, false), (mark, .dynamic, false),
            (CursorMark(.date, "2026-11-23"), .date, true), (CursorMark(.date, "2026-11-23"), .timestamp, false),
            (CursorMark(.localTimestamp, "2026-11-23T11:00:00"), .localTimestamp, true),
            (CursorMark(.integer, "7"), .integer, true), (CursorMark(.integer, "7"), .dynamic, true),
            (CursorMark(.text, "2026-11-23"), .dynamic, true),
        ] as [(CursorMark, SourceType, Bool)])
    func types(mark: CursorMark, type: SourceType, isIncremental: Bool) throws {
        let reading = try Self.rule {
            $0.record?.mark = mark
            $0.columnType = type
        }.reading()
        #expect(reading.isIncremental == isIncremental)
    }

    @Test("an old full read is no reason where none is wanted") func never() throws {
        let reading = try Self.rule {
            $0.cursor.fullEvery = nil
            $0.record?.fullReadAt = WallTime(microseconds: 0)
        }.reading()
        #expect(reading.isIncremental)
    }

    @Test(
        "the overlap has the units of the column",
        arguments: [
            (CursorMark(.timestamp, "2026-11-23T00:05:00Z"), nil, "2026-11-22T23:55:00Z"),
            (CursorMark(.localTimestamp, "2026-11-23T12:00:00.5"), nil, "2026-11-23T10:00:00.5"),
            (CursorMark(.localTimestamp, "2026-11-23T12:00:00"), .time(.seconds(60)), "2026-11-23T11:59:00"),
            (CursorMark(.date, "2026-03-01"), nil, "2026-02-28"),
            (CursorMark(.date, "2026-03-01"), .time(.seconds(86_401)), "2026-02-27"),
            (CursorMark(.integer, "5000"), nil, "4000"), (CursorMark(.integer, "5000"), .count(0), "5000"),
            (CursorMark(.integer, "\(Int64.min)"), nil, "\(Int64.min)"),
            (CursorMark(.text, "2026-11-23 12:00:00Z"), nil, "2026-11-23 11:50:00Z"),
            (CursorMark(.text, "2026-11-23T12:00:00+02:00"), .time(.milliseconds(1)), "2026-11-23T11:59:59+02:00"),
            (CursorMark(.text, "2026-11-23 12:00:00"), nil, "2026-11-23 10:00:00"),
            (CursorMark(.text, "2026-11-23"), nil, "2026-11-22"),
            (CursorMark(.timestamp, "0001-01-01T00:00:01Z"), nil, "0001-01-01T00:00:00Z"),
        ] as [(CursorMark, CursorDefinition.Overlap?, String)])
    func overlaps(mark: CursorMark, overlap: CursorDefinition.Overlap?, from: String) throws {
        #expect(try CursorValue.before(mark, CursorDefinition(column: "c", overlap: overlap)).value == from)
    }

    @Test("an overlap of the other kind is refused by name") func wrongOverlap() {
        func code(_ mark: CursorMark, _ overlap: CursorDefinition.Overlap) -> String? {
            do throws(Diagnostic) {
                _ = try CursorValue.before(mark, CursorDefinition(column: "c", overlap: overlap))
                return nil
            } catch { return error.code }
        }
        #expect(code(CursorMark(.integer, "1"), .time(.seconds(1))) == "cursor_overlap")
        #expect(code(Self.mark, .count(5)) == "cursor_overlap")
    }

    @Test("the mark never goes back, and stays where rows shared a key or the run was partial") func finishing() {
        var reading = ModelReading(column: "c", digest: "d", reason: nil)
        reading.base = Self.mark
        func finish(_ reached: CursorMark?, repeated: Bool = false, limit: Int? = nil) -> ModelReading {
            CursorRule.finish(
                reading, reached: reached, hasRepeatedKeys: repeated, options: PlanOptions(limit: limit))
        }
        let earlier = CursorMark(.timestamp, "2026-11-23T10:55:00Z")
        let later = CursorMark(.timestamp, "2026-11-23T11:30:00Z")
        #expect(finish(nil).reached == Self.mark && finish(nil).hold == nil)
        #expect(finish(earlier).reached == Self.mark)
        #expect(finish(later).reached == later)
        #expect(finish(later, repeated: true).hold == .repeatedKeys)
        #expect(finish(later, repeated: true, limit: 3).hold == .partialRun)
    }
}
