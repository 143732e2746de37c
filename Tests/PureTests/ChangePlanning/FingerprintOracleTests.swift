import ProjectModels
import SyncCore
import TestKit
import Testing

@testable import ChangePlanning

/// What fingerprints and row digests save must change nothing: over histories of rows and definitions every plan is the
/// one that comparing all values makes.
@Suite("Fingerprints against values") struct FingerprintOracleTests {
    private static let columns = [
        ColumnDescription(name: "id", type: .integer, typeName: "int8"),
        ColumnDescription(name: "uid", type: .text, typeName: "text"),
        ColumnDescription(name: "points", type: .decimal, typeName: "numeric"),
        ColumnDescription(name: "tier", type: .text, typeName: "text"),
    ]

    /// One of a few definitions of the sync, which come back.
    private static func definition(_ random: inout SplitMix) -> PlanningBench {
        var tier = PlanningBench.attribute("tier", .string, isPII: Int.random(in: 0..<4, using: &random) == 0)
        if Bool.random(using: &random) { tier.allowed = [.string("a"), .string("b")] }
        let points = Mapping(
            origin: .column("points"), attribute: PlanningBench.attribute("points", .integer),
            onNull: Bool.random(using: &random) ? .null : .skip)
        let isTierMapped = Int.random(in: 0..<3, using: &random) > 0
        return PlanningBench(
            mappings: [points] + (isTierMapped ? [Mapping(origin: .column("tier"), attribute: tier)] : []),
            columns: columns, match: "uid")
    }

    private static func rows(_ random: inout SplitMix) -> [[TestCell]] {
        (0..<24).compactMap { user -> [TestCell]? in
            if Int.random(in: 0..<10, using: &random) == 0 { return nil }
            let twin = Int64(Int.random(in: 0..<12, using: &random) == 0 ? (user + 1) % 24 : user)
            let points: [TestCell] = [
                .null, .integer(1), .integer(2), .plain(.decimal(mantissa: 20, scale: 1)), .text("x"),
            ]
            let tier: [TestCell] = [.null, .text("a"), .text("b"), .text("c")]
            return [
                .integer(twin), .text("u\(user)"), points.randomElement(using: &random) ?? .null,
                tier.randomElement(using: &random) ?? .null,
            ]
        }
    }

    @Test("over any history", arguments: 0..<60)
    func histories(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        var snapshot: [KeyHash: SnapshotUser] = [:]
        var definition = Self.definition(&random)
        var rows = Self.rows(&random)
        for _ in 0..<8 {
            if Bool.random(using: &random) { definition = Self.definition(&random) }
            // Most rows stay as they are, or there would be nothing to save.
            if Bool.random(using: &random) {
                let others = Self.rows(&random)
                rows = zip(rows, others).map { Int.random(in: 0..<4, using: &random) == 0 ? $1 : $0 }
            }
            definition.snapshot = snapshot
            let outcome = try definition.plan(rows, batchSize: Int.random(in: 1...9, using: &random))
            var oracle = definition
            for hash in snapshot.keys { oracle.snapshot[hash]?.entry.fingerprint = Fingerprint(high: 0, low: 0) }
            let whole = try oracle.plan(rows)
            #expect(outcome.summary.rows == whole.summary.rows)
            #expect(outcome.summary.measurements == whole.summary.measurements)
            #expect(outcome.summary.mappingAdded == whole.summary.mappingAdded)
            #expect(Set(outcome.operations.keys) == Set(whole.operations.keys))
            for (hash, operation) in outcome.operations {
                #expect(operation.snapshotValues == whole.operations[hash]?.snapshotValues)
                #expect(operation.sentAttributes == whole.operations[hash]?.sentAttributes)
            }
            let failing = UInt64.random(in: 0..<4, using: &random)
            definition.apply(outcome) { $0.keyHash.low % 4 != failing }
            snapshot = definition.snapshot
        }
    }
}
