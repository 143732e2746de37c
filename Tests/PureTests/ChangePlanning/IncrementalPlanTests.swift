import SyncCore
import Testing

@testable import ChangePlanning

/// The diff of a read of part of the model: guards that speak of the whole model keep still.
@Suite("The diff of an incremental read") struct IncrementalPlanTests {
    private static let real = DestinationIdentity(projectUID: "p", edgeHost: "edge.example.com", isLoopback: false)

    /// 200 users in the snapshot, of whom the first `having` have points.
    private func bench(having: Int) throws -> PlanningBench {
        var bench = PlanningBench(
            mappings: [
                Mapping(
                    origin: .column("points"), attribute: PlanningBench.attribute("points", .integer), onNull: .null),
                Mapping(origin: .column("tier"), attribute: PlanningBench.attribute("tier", .string)),
            ],
            columns: [
                ColumnDescription(name: "id", type: .text, typeName: "text"),
                ColumnDescription(name: "points", type: .integer, typeName: "int8"),
                ColumnDescription(name: "tier", type: .text, typeName: "text"),
            ])
        let rows = (1...200).map { number -> [TestCell] in
            [.text("u\(number)"), number <= having ? .integer(1) : .null, .text("gold")]
        }
        bench.apply(try bench.plan(rows, batchSize: 50))
        return bench
    }

    private func guards(
        _ bench: PlanningBench, _ rows: [[TestCell]]
    ) throws -> (summary: PlanSummary, guards: [GuardResult], looked: Int) {
        var planner = try ChangePlanner(sync: bench.sync, columns: bench.columns, keys: PlanningBench.keys)
        planner.load(bench.snapshot.values.map(\.entry).sorted { $0.keyHash < $1.keyHash })
        planner.readsOnlyPart()
        let asked = planner.consume(TestCell.batch(rows, columns: 3))
        _ = try planner.resolve(asked.compactMap { bench.snapshot[$0] })
        var looked = 0
        while planner.mustMeasureUnseen(limit: 50), let unseen = planner.nextUnseen(limit: 10) {
            looked += unseen.count
            try planner.measureUnseen(unseen.compactMap { bench.snapshot[$0] })
        }
        let summary = planner.finish()
        let scope = ScopeRecord(id: 1, expectedUsers: 200, lastIdentity: Self.real, hadRows: true)
        let guards = Guards.evaluate(
            GuardLimits(), measurements: summary.measurements, scope: scope, identity: Self.real)
        return (summary, guards, looked)
    }

    @Test("no row at all trips nothing, and nobody is removed") func empty() throws {
        let plan = try guards(try bench(having: 200), [])
        #expect(plan.guards.filter(\.tripped).isEmpty)
        #expect(plan.summary.rows == RowCounts() && plan.summary.planned == 0 && plan.looked == 0)
        for name in ["min_rows", "max_removed_percent"] {
            let verdict = try #require(plan.guards.first { $0.name == name })
            #expect(verdict.actual == nil && verdict.detail?.hasPrefix("not measured") == true)
        }
    }

    @Test("one user that loses a value is few of those who have one, and few are looked at for it") func oneNull()
        throws
    {
        let plan = try guards(try bench(having: 200), [[.text("u1"), .null, .text("gold")]])
        #expect(plan.guards.filter(\.tripped).isEmpty)
        #expect(plan.summary.rows.changed == 1 && plan.summary.rows.isBalanced)
        #expect(plan.looked <= 10)
    }

    @Test("all who have a rare attribute losing it still trips") func rareAttribute() throws {
        let plan = try guards(
            try bench(having: 4), (1...3).map { [.text("u\($0)"), .null, .text("gold")] })
        let verdict = try #require(plan.guards.first { $0.name == "max_null_percent" })
        #expect(verdict.tripped && verdict.actual == 75 && plan.looked == 197)
    }

    @Test("too many changes still trip, and an attribute of others is no new mapping") func changes() throws {
        let rows = (1...101).map { [TestCell.text("u\($0)"), .integer(2), .text("gold")] }
        let plan = try guards(try bench(having: 0), rows)
        #expect(plan.guards.filter(\.tripped).map(\.name) == ["max_changed_percent"])
        #expect(plan.summary.mappingAdded.isEmpty)
    }
}
