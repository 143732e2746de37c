import ProjectModels
import SyncCore
import TestKit
import Testing

@testable import ChangePlanning

/// Rows that need no typing because they are as they were last.
@Suite("Row digests") struct RowDigestTests {
    private static let columns = [
        ColumnDescription(name: "id", type: .text, typeName: "text"),
        ColumnDescription(name: "points", type: .decimal, typeName: "numeric"),
        ColumnDescription(name: "tier", type: .text, typeName: "text"),
        ColumnDescription(name: "read_at", type: .timestamp, typeName: "timestamptz"),
    ]

    private static func bench(allowed: [AttributeValue] = []) -> PlanningBench {
        var tier = PlanningBench.attribute("tier", .string)
        tier.allowed = allowed
        return PlanningBench(
            mappings: [
                Mapping(origin: .column("points"), attribute: PlanningBench.attribute("points", .number)),
                Mapping(origin: .column("tier"), attribute: tier, onNull: .null),
            ], columns: columns)
    }

    private static func row(_ id: String, points: Cell, tier: String? = "gold", readAt: Int64 = 0) -> [TestCell] {
        [.text(id), .plain(points), tier.map(TestCell.text) ?? .null, .plain(.timestamp(readAt))]
    }

    private static let one = Cell.decimal(mantissa: 1, scale: 0)

    private static func digests(_ bench: PlanningBench) -> [RowDigest?] {
        bench.snapshot.values.sorted { $0.entry.keyHash < $1.entry.keyHash }.map(\.entry.fingerprint.row)
    }

    @Test("an equal row is unchanged whatever column that nothing reads has changed")
    func equalRow() throws {
        var bench = Self.bench()
        bench.apply(try bench.plan([Self.row("a", points: Self.one), Self.row("b", points: .null)]))
        let before = Self.digests(bench)
        #expect(before.allSatisfy { $0 != nil } && Set(before).count == 2)
        let again = try bench.plan([
            Self.row("a", points: Self.one, readAt: 7), Self.row("b", points: .null, readAt: 8),
        ])
        #expect(again.summary.rows.unchanged == 2)
        #expect(again.operations.isEmpty && again.settlements.isEmpty)
    }

    @Test("another cell with the same value is no change, and is not written down every time")
    func sameValueOfAnotherCell() throws {
        var bench = Self.bench()
        bench.apply(try bench.plan([Self.row("a", points: Self.one)]))
        let padded = try bench.plan([Self.row("a", points: .decimal(mantissa: 100, scale: 2))])
        #expect(padded.summary.rows.unchanged == 1)
        #expect(padded.operations.isEmpty && padded.settlements.isEmpty)
    }

    @Test("a changed value is planned, and so is the way back")
    func changedValue() throws {
        var bench = Self.bench()
        bench.apply(try bench.plan([Self.row("a", points: Self.one)]))
        for mantissa: Int64 in [2, 1, 2] {
            let outcome = try bench.plan([Self.row("a", points: .decimal(mantissa: mantissa, scale: 0))])
            #expect(outcome.body("a") == #"{"points":\#(mantissa)}"#)
            bench.apply(outcome)
        }
    }

    @Test("users without a digest, or with one of other rules, get one without a request")
    func staleDigests() throws {
        var bench = Self.bench()
        let rows = [Self.row("a", points: Self.one), Self.row("b", points: Self.one, tier: nil)]
        let rules = bench.rules
        bench.rules = nil
        bench.apply(try bench.plan(rows))
        #expect(Self.digests(bench) == [nil, nil])
        for rules in [rules, "other rules"] {
            bench.rules = rules
            let refreshing = try bench.plan(rows)
            #expect(refreshing.summary.rows.unchanged == 2 && refreshing.operations.isEmpty)
            #expect(refreshing.settlements.count == 2)
            let old = Set(Self.digests(bench))
            bench.apply(refreshing)
            #expect(old.isDisjoint(with: Self.digests(bench)))
            #expect(try bench.plan(rows).settlements.isEmpty)
        }
    }

    @Test("an equal row that the rules of now refuse is invalid")
    func stricterRules() throws {
        var bench = Self.bench()
        let rows = [Self.row("a", points: Self.one), Self.row("b", points: Self.one, tier: "blue")]
        bench.apply(try bench.plan(rows))
        var stricter = Self.bench(allowed: [.string("gold")])
        stricter.snapshot = bench.snapshot
        let outcome = try stricter.plan(rows)
        #expect(outcome.summary.rows.invalid == 1 && outcome.summary.rows.unchanged == 1)
        #expect(outcome.invalid.map(\.key) == ["b"])
    }

    @Test("an attribute that left the snapshot while the user's row did not fit is sent when it is mapped again")
    func mappedAgain() throws {
        var bench = Self.bench()
        let rows = [Self.row("a", points: Self.one), Self.row("b", points: Self.one)]
        bench.apply(try bench.plan(rows))
        var without = bench
        without.sync.mappings.removeLast()
        without.rules = DefinitionDigest.typingText(of: without.sync)
        without.apply(try without.plan([[.text("a"), .text("abc"), .null, .null], rows[1]]))
        bench.snapshot = without.snapshot
        let back = try bench.plan(rows)
        #expect(back.body("a") == #"{"tier":"gold"}"#)
        #expect(back.body("b") == #"{"tier":"gold"}"#)
    }

    @Test("a dirty user with an equal row is planned")
    func dirtyUser() throws {
        var bench = Self.bench()
        let rows = [Self.row("a", points: Self.one)]
        bench.apply(try bench.plan(rows))
        bench.apply(try bench.plan([Self.row("a", points: .null, tier: "blue")])) { _ in false }
        #expect(try bench.plan(rows).body("a") == #"{"points":1,"tier":"gold"}"#)
    }

    @Test("equal rows that share a key are invalid all the same")
    func repeatedKey() throws {
        var bench = Self.bench()
        let row = Self.row("a", points: Self.one)
        bench.apply(try bench.plan([row]))
        let outcome = try bench.plan([row, row, Self.row("b", points: Self.one)])
        #expect(outcome.summary.rows.invalid == 2 && outcome.summary.rows.added == 1)
        #expect(outcome.summary.rows.isBalanced)
    }

    @Test("guards see the same with and without digests", arguments: 0..<40)
    func sameMeasurements(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        func table() -> [[TestCell]] {
            (0..<30).map { user in
                let points = Int.random(in: 0..<4, using: &random) == 0 ? Cell.null : Self.one
                let tier = ["gold", "blue", nil].randomElement(using: &random) ?? nil
                return Self.row("u\(user)", points: points, tier: tier)
            }
        }
        var bench = Self.bench()
        bench.apply(try bench.plan(table()))
        let second = table()
        let digested = try bench.plan(second)
        bench.rules = nil
        let typed = try bench.plan(second)
        #expect(digested.summary.measurements == typed.summary.measurements)
        #expect(digested.summary.rows == typed.summary.rows)
        #expect(Set(digested.operations.keys) == Set(typed.operations.keys))
    }
}
