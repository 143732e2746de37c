import SyncCore
import TestKit
import Testing

@testable import ChangePlanning

/// The diff over random histories, against a destination and a model that are plain dictionaries.
@Suite("The diff over histories") struct DiffHistoryTests {
    private struct Row {
        var id: Int64
        var uid: String
        var points: Int64?
        var tier: String?
        var isValid: Bool

        var cells: [TestCell] {
            [
                .integer(id), .text(uid), isValid ? points.map(TestCell.integer) ?? .null : .text("x"),
                tier.map(TestCell.text) ?? .null,
            ]
        }
    }

    private static let columns = [
        ColumnDescription(name: "id", type: .integer, typeName: "int8"),
        ColumnDescription(name: "uid", type: .text, typeName: "text"),
        ColumnDescription(name: "points", type: .integer, typeName: "int8"),
        ColumnDescription(name: "tier", type: .text, typeName: "text"),
    ]

    private static func randomRows(_ random: inout SplitMix) -> [Row] {
        (0..<Int.random(in: 0...14, using: &random)).map { _ in
            let id = Int64.random(in: 0..<20, using: &random)
            return Row(
                id: id, uid: "u\(Int.random(in: 0..<8, using: &random) == 0 ? (id + 1) % 20 : id)",
                points: Int.random(in: 0..<4, using: &random) == 0 ? nil : .random(in: 0..<3, using: &random),
                tier: Int.random(in: 0..<4, using: &random) == 0 ? nil : ["a", "b"].randomElement(using: &random),
                isValid: Int.random(in: 0..<10, using: &random) > 0)
        }
    }

    @Test("after any history the destination has every valid row's values, and the books balance")
    func histories() throws {
        let seed = UInt64.random(in: .min ... .max)
        print("diff history seed \(seed)")
        var random = SplitMix(state: seed)
        for _ in 0..<150 {
            var held: [String: [String: String]] = [:]
            var bench = PlanningBench(
                mappings: [
                    Mapping(origin: .column("points"), attribute: PlanningBench.attribute("points", .integer)),
                    Mapping(origin: .column("tier"), attribute: PlanningBench.attribute("tier", .string)),
                ], columns: Self.columns, primaryKey: ["id"], match: "uid")
            for _ in 0..<8 {
                let rows = Self.randomRows(&random)
                let outcome = try bench.plan(rows.map(\.cells), batchSize: Int.random(in: 1...6, using: &random))
                let valid = rows.filter { row in
                    row.isValid && rows.count { $0.id == row.id } == 1 && rows.count { $0.uid == row.uid } == 1
                }
                #expect(outcome.summary.rows.isBalanced, "seed \(seed)")
                #expect(outcome.summary.rows.invalid == rows.count - valid.count, "seed \(seed)")
                #expect(outcome.summary.planned == outcome.operations.count, "seed \(seed)")
                let failing = Bool.random(using: &random) ? Int.random(in: 0..<20, using: &random) : -1
                // A failing user's attempt was applied all the same: the doubt that dirty users are planned for.
                for operation in outcome.operations.values { deliver(operation, outcome, to: &held) }
                bench.apply(outcome) { $0.userUID != .clear("u\(failing)") }
                for row in valid { verify(row, held, seed) }
            }
        }
    }

    private func deliver(
        _ operation: PlannedOperation, _ outcome: PlanningBench.Outcome, to held: inout [String: [String: String]]
    ) {
        guard case .clear(let uid) = operation.userUID, let body = outcome.body(uid),
            case .object(let members)? = try? JSONText.parse(Array(body.utf8))
        else { return }
        for (key, node) in members {
            let text =
                switch node {
                case .literal(let bytes), .string(let bytes): String(decoding: bytes, as: UTF8.self)
                default: "?"
                }
            held[uid, default: [:]][String(decoding: key, as: UTF8.self)] = text
        }
    }

    private func verify(_ row: Row, _ held: [String: [String: String]], _ seed: UInt64) {
        if let points = row.points { #expect(held[row.uid]?["points"] == String(points), "seed \(seed)") }
        if let tier = row.tier { #expect(held[row.uid]?["tier"] == tier, "seed \(seed)") }
    }
}
