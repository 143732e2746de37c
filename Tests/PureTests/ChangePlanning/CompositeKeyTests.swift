import SyncCore
import Testing

@testable import ChangePlanning

/// Keys of several parts, whose text joins them with `/`: `a/b`, `c` reads the same as `a`, `b/c`.
@Suite struct CompositeKeyTests {
    private func bench() -> PlanningBench {
        PlanningBench(
            mappings: [
                Mapping(origin: .column("points"), attribute: PlanningBench.attribute("points", .integer))
            ],
            columns: ["shop", "number", "uid"].map { ColumnDescription(name: $0, type: .text, typeName: "text") } + [
                ColumnDescription(name: "points", type: .integer, typeName: "int8")
            ], primaryKey: ["shop", "number"], match: "uid")
    }

    private func row(_ shop: String, _ number: String, _ uid: String, _ points: TestCell = .integer(1)) -> [TestCell] {
        [.text(shop), .text(number), .text(uid), points]
    }

    @Test func keysThatOnlyReadTheSameAreTwoKeys() throws {
        let outcome = try bench().plan([row("a/b", "c", "u1"), row("a", "b/c", "u2")])
        #expect(outcome.summary.rows.added == 2)
        #expect(outcome.summary.rows.invalid == 0)
    }

    @Test func keysWithEqualPartsAreRepeated() throws {
        let outcome = try bench().plan([row("a/b", "c", "u1"), row("a", "b/c", "u2"), row("a", "b/c", "u3")])
        #expect(outcome.summary.rows.added == 1)
        #expect(outcome.summary.rows.invalid == 2)
        #expect(outcome.body("u1") != nil)
    }

    /// The snapshot knows a key by its text alone: any invalid row of that text keeps the user.
    @Test func anInvalidRowOfEitherKeyLeavesItsUser() throws {
        var bench = bench()
        bench.apply(try bench.plan([row("a", "b/c", "gone")]))
        let rows = [row("a/b", "c", "u1"), row("a", "b/c", "new", .text("many"))]
        #expect(try bench.plan(rows).settlements.isEmpty)
        #expect(try bench.plan([rows[0]]).settlements.count == 1)
    }
}
