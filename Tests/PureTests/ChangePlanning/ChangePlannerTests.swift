import SyncCore
import Testing

@testable import ChangePlanning

private let columns = [
    ColumnDescription(name: "id", type: .integer, typeName: "int8"),
    ColumnDescription(name: "uid", type: .text, typeName: "text"),
    ColumnDescription(name: "points", type: .integer, typeName: "int8"),
    ColumnDescription(name: "tier", type: .text, typeName: "text"),
]

private func bench(
    onRemoved: AttributeValue? = nil, send: SendMode = .changed, isPII: Bool = false, tierPII: Bool = false,
    mapsTier: Bool = true
) -> PlanningBench {
    var mappings = [
        Mapping(origin: .column("points"), attribute: PlanningBench.attribute("points", .integer), onRemoved: onRemoved)
    ]
    if mapsTier {
        mappings.append(
            Mapping(origin: .column("tier"), attribute: PlanningBench.attribute("tier", .string, isPII: tierPII)))
    }
    return PlanningBench(
        mappings: mappings, columns: columns, primaryKey: ["id"], match: "uid", send: send, isPII: isPII)
}

private func row(_ id: Int64, _ uid: String?, _ points: TestCell, _ tier: String?) -> [TestCell] {
    [.integer(id), uid.map(TestCell.text) ?? .null, points, tier.map(TestCell.text) ?? .null]
}

@Suite("The diff") struct ChangePlannerTests {
    @Test("a first run adds everyone, a second plans nothing, a change sends only what differs")
    func threeRuns() throws {
        var bench = bench()
        let first = try bench.plan([row(1, "a", .integer(1), "gold"), row(2, "b", .integer(2), nil)])
        #expect(first.summary.rows.added == 2)
        #expect(first.body("a") == #"{"points":1,"tier":"gold"}"#)
        #expect(first.body("b") == #"{"points":2}"#)
        bench.apply(first)
        let second = try bench.plan([row(2, "b", .integer(2), nil), row(1, "a", .integer(1), "gold")])
        #expect(second.summary.rows.unchanged == 2)
        #expect(second.summary.planned == 0)
        let third = try bench.plan([row(1, "a", .integer(5), "gold"), row(2, "b", .integer(2), nil)])
        #expect(third.summary.rows.changed == 1)
        #expect(third.body("a") == #"{"points":5}"#)
    }

    @Test("a skipped null sends nothing, and the snapshot forgets the attribute")
    func skippedNull() throws {
        var bench = bench()
        bench.apply(try bench.plan([row(1, "a", .integer(1), "gold")]))
        let second = try bench.plan([row(1, "a", .integer(1), nil)])
        #expect(second.summary.rows.unchanged == 1)
        #expect(second.summary.planned == 0)
        #expect(second.summary.measurements.attributes.map(\.nulled) == [0, 1])
        bench.apply(second)
        #expect(try bench.plan([row(1, "a", .integer(1), "gold")]).body("a") == #"{"tier":"gold"}"#)
    }

    @Test("two rows with one key are both invalid, however late the second comes", arguments: [1, 2, 10])
    func duplicates(batchSize: Int) throws {
        let rows = [
            row(1, "a", .integer(1), "x"), row(2, "b", .integer(1), "x"), row(1, "c", .integer(1), "x"),
            row(4, "b", .integer(1), "x"), row(4, "d", .integer(1), "x"), row(5, "e", .integer(1), "x"),
        ]
        let outcome = try bench().plan(rows, batchSize: batchSize)
        #expect(outcome.summary.rows.invalid == 5)
        #expect(outcome.summary.rows.isBalanced)
        #expect(outcome.operations.count == 1)
        #expect(outcome.summary.planned == 1)
        #expect(outcome.body("e") != nil)
        #expect(outcome.invalid.count == 5)
    }

    @Test("a removed user is sent its constants, or forgotten; an invalid row protects it")
    func removals() throws {
        let rows = [row(1, "a", .integer(1), "x"), row(2, "b", .integer(2), "x"), row(3, "c", .integer(3), "x")]
        var forgetting = bench()
        forgetting.apply(try forgetting.plan(rows))
        let left = [row(1, "a", .integer(1), "x"), [.integer(2), .text("b b"), .integer(2), .text("x")]]
        let plan = try forgetting.plan(left)
        #expect(plan.summary.rows.removed == 1)
        #expect(plan.summary.planned == 0)
        #expect(plan.settlements.count == 1)
        var sending = bench(onRemoved: .integer(0))
        sending.apply(try sending.plan(rows))
        let removal = try sending.plan(left)
        #expect(removal.body("c") == #"{"points":0}"#)
        #expect(removal.summary.planned == 1)
        #expect(try sending.plan(left, options: PlanOptions(limit: 5)).operations.isEmpty)
        sending.apply(removal)
        #expect(try sending.plan(rows).body("c") == #"{"points":3,"tier":"x"}"#)
    }

    @Test("a dirty user is planned with all mapped values until confirmed")
    func dirty() throws {
        var bench = bench()
        bench.apply(try bench.plan([row(1, "a", .integer(1), "x")]))
        bench.apply(try bench.plan([row(1, "a", .integer(2), "x")])) { _ in false }
        let back = try bench.plan([row(1, "a", .integer(1), "x")])
        #expect(back.summary.rows.unchanged == 1)
        #expect(back.body("a") == #"{"points":1,"tier":"x"}"#)
        #expect(back.operations.values.map(\.reason) == [.dirty])
        bench.apply(back)
        #expect(try bench.plan([row(1, "a", .integer(1), "x")]).summary.planned == 0)
    }

    @Test("a new mapping is listed and does not count as changed; an old one leaves without a request")
    func mappingChanges() throws {
        var old = bench(mapsTier: false)
        old.apply(try old.plan([row(1, "a", .integer(1), "x"), row(2, "b", .integer(1), nil)]))
        var new = bench()
        new.snapshot = old.snapshot
        let plan = try new.plan([row(1, "a", .integer(1), "x"), row(2, "b", .integer(1), nil)])
        #expect(plan.summary.mappingAdded == ["tier"])
        #expect(plan.summary.measurements.changed == 0)
        #expect(plan.body("a") == #"{"tier":"x"}"#)
        #expect(plan.settlements.count == 1)
        new.apply(plan)
        old.snapshot = new.snapshot
        let dropped = try old.plan([row(1, "a", .integer(1), "x"), row(2, "b", .integer(1), nil)])
        #expect(dropped.summary.planned == 0)
        #expect(dropped.settlements.count == 2)
    }

    @Test("resync, limit, key and baseline keep what they say")
    func options() throws {
        var bench = bench()
        let rows = [10, 9, 100].map { row($0, "u\($0)", .integer($0), "x") }
        let limited = try bench.plan(rows, options: PlanOptions(limit: 2))
        let expected = ["u9", "u10"].map { PlanningBench.keys.keyHash(of: Array($0.utf8)) }
        #expect(limited.summary.keptUsers == expected)
        #expect(limited.summary.planned == 2)
        #expect(limited.summary.rows.added == 3)
        #expect(try bench.plan(rows, options: PlanOptions(key: "9")).body("u9") != nil)
        #expect(try bench.plan(rows, options: PlanOptions(key: "uid:u100")).operations.count == 1)
        let baseline = try bench.plan(rows, options: PlanOptions(baseline: true))
        #expect(baseline.summary.planned == 0)
        #expect(baseline.settlements.count == 3)
        bench.apply(baseline)
        let resync = try bench.plan(rows, options: PlanOptions(fullResync: true))
        #expect(resync.summary.rows.unchanged == 3)
        #expect(resync.summary.planned == 3)
        #expect(resync.operations.values.allSatisfy { $0.reason == .resync && $0.kind == .unchanged })
    }

    @Test("personal values are in the plan sealed and fingerprinted, and shown masked")
    func personal() throws {
        var bench = bench(isPII: true, tierPII: true)
        let first = try bench.plan([row(1, "a@x.org", .integer(1), "Ada"), row(2, "b b", .integer(1), "Bo")])
        let operation = try #require(first.operations.values.first)
        let values = String(decoding: try #require(operation.snapshotValues), as: UTF8.self)
        #expect(!values.contains("Ada"))
        #expect(values.contains("fingerprint"))
        #expect(first.body("a@x.org") == #"{"points":1,"tier":"Ada"}"#)
        let shown = try PlanPresenter.show(operation, keys: PlanningBench.keys)
        #expect(shown.userUID == PlanningBench.keys.mask("a@x.org"))
        #expect(shown.changes.first == .init(attribute: "points", old: nil, new: .value(.integer(1))))
        #expect(first.invalid.first?.key == PlanningBench.keys.mask("2"))
        #expect(first.invalid.first?.value == PlanningBench.keys.mask("b b"))
        bench.apply(first)
        #expect(try bench.plan([row(1, "a@x.org", .integer(1), "Ada")]).summary.planned == 0)
        #expect(try bench.plan([row(1, "a@x.org", .integer(1), "Eve")]).body("a@x.org") == #"{"tier":"Eve"}"#)
    }
}
