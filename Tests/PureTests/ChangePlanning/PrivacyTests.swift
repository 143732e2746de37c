import SyncCore
import TestKit
import Testing

@testable import ChangePlanning

/// What is kept and shown of values that must not be.
@Suite("Protected values") struct PrivacyTests {
    private static let columns = [
        ColumnDescription(name: "id", type: .text, typeName: "text"),
        ColumnDescription(name: "mail", type: .text, typeName: "text"),
        ColumnDescription(name: "points", type: .integer, typeName: "int8"),
    ]

    private static func bench(isPII: Bool, isKeyPII: Bool = false) -> PlanningBench {
        PlanningBench(
            mappings: [
                Mapping(origin: .column("mail"), attribute: PlanningBench.attribute("mail", .string, isPII: isPII)),
                Mapping(origin: .column("points"), attribute: PlanningBench.attribute("points", .integer)),
            ], columns: columns, isPII: isKeyPII)
    }

    private static func batch(_ rows: [[TestCell]]) -> RowBatch { TestCell.batch(rows, columns: columns.count) }

    @Test("retain_values: false keeps fingerprints only, and seals what must be sent")
    func fingerprintsOnly() throws {
        let bench = Self.bench(isPII: false)
        var planner = try ChangePlanner(
            sync: bench.sync, columns: bench.columns, keys: PlanningBench.keys, retainsValues: false)
        planner.load([])
        let asked = planner.consume(Self.batch([[.text("u"), .text("ada@example.com"), .integer(424_242)]]))
        #expect(asked.isEmpty)
        let operation = try #require(planner.resolve([]).operations.first)
        let kept = String(decoding: try #require(operation.snapshotValues), as: UTF8.self)
        #expect(!kept.contains("ada@example.com") && !kept.contains("424242"))
        #expect(kept.contains("fingerprint"))
        guard case .sealed(let sealed) = operation.body else {
            Issue.record("the body is not sealed")
            return
        }
        #expect(!String(decoding: sealed, as: UTF8.self).contains("ada@example.com"))
        let body = String(decoding: try PlanningBench.keys.unseal(sealed), as: UTF8.self)
        #expect(body == #"{"mail":"ada@example.com","points":424242}"#)
    }

    private static func isClear(_ bench: PlanningBench, _ word: String) -> Bool {
        bench.snapshot.values.contains { String(decoding: $0.values, as: UTF8.self).contains(word) }
    }

    private static let two: [[TestCell]] = [
        [.text("u1"), .text("ada@example.com"), .integer(1)], [.text("u2"), .text("bob@example.com"), .integer(2)],
    ]

    @Test("what becomes personal leaves the snapshot also of users who are not confirmed")
    func laterPersonalOfUnconfirmed() throws {
        var bench = Self.bench(isPII: false)
        bench.apply(try bench.plan(Self.two))
        #expect(Self.isClear(bench, "bob@"))
        var personal = Self.bench(isPII: true)
        personal.snapshot = bench.snapshot
        let changed = [Self.two[0], [.text("u2"), .text("bob@example.com"), .integer(3)]]
        let outcome = try personal.plan(changed)
        #expect(outcome.operations.count == 1)
        personal.apply(outcome) { _ in false }
        #expect(!Self.isClear(personal, "@example.com"))
        #expect(try personal.plan(changed).body("u2") == #"{"mail":"bob@example.com","points":3}"#)
    }

    @Test("what becomes personal leaves the snapshot also of users with two rows", arguments: [1, 2, 3])
    func laterPersonalOfRepeated(batchSize: Int) throws {
        var bench = Self.bench(isPII: false)
        bench.apply(try bench.plan(Self.two))
        var personal = Self.bench(isPII: true)
        personal.snapshot = bench.snapshot
        let outcome = try personal.plan([Self.two[1], Self.two[0], Self.two[1]], batchSize: batchSize)
        #expect(outcome.summary.rows.invalid == 2 && outcome.operations.isEmpty)
        var typed = personal
        typed.rules = nil
        #expect(
            try typed.plan([Self.two[0]]).summary.measurements.attributes.map(\.having)
                == outcome.summary.measurements.attributes.map(\.having))
        personal.apply(outcome)
        #expect(!Self.isClear(personal, "@example.com"))
    }

    @Test("a preview masks what feeds a pii attribute, equal for equal values, and nothing else")
    func preview() throws {
        let bench = Self.bench(isPII: true)
        var preview = try RowPreview(sync: bench.sync, columns: bench.columns, keys: PlanningBench.keys)
        let rows = preview.rows(
            of: Self.batch([
                [.text("u1"), .text("ada@example.com"), .integer(1)],
                [.text("u2"), .text("ada@example.com"), .text("x")],
                [.text("u3"), .null, .integer(3)],
            ]))
        #expect(rows[0].columns[0] == "u1")
        #expect(rows[0].columns[1] == rows[1].columns[1])
        #expect(rows[0].columns[1]?.hasPrefix("‹masked ") == true)
        #expect(rows[0].attributes.last == .value(.integer(1)))
        guard case .masked = rows[0].attributes.first else {
            Issue.record("the pii attribute is not masked")
            return
        }
        #expect(rows[1].invalid?.column == "points")
        #expect(rows[1].invalid?.value == "x")
        #expect(rows[1].attributes.isEmpty)
        #expect(rows[2].columns[1] == nil)
        #expect(rows[2].attributes.first == .some(nil))
    }

    @Test("a preview masks an attribute that a masked column feeds, of this sync or of another")
    func previewOfMaskedColumns() throws {
        let bench = Self.bench(isPII: false)
        var hidden = bench.sync
        hidden.mappings[0].attribute.isPII = true
        let masked = RowPreview.maskedColumns(of: bench.sync.model, syncs: [bench.sync, hidden])
        #expect(masked == ["mail"])
        var preview = try RowPreview(
            sync: bench.sync, columns: bench.columns, keys: PlanningBench.keys, masked: masked)
        let rows = preview.rows(of: Self.batch([[.text("u1"), .text("ada@example.com"), .integer(1)]]))
        #expect(rows[0].columns[1]?.hasPrefix("‹masked ") == true)
        guard case .masked = rows[0].attributes.first else {
            Issue.record("the attribute shows what its column hides")
            return
        }
        var model = bench.sync.model
        model.piiColumns = ["points"]
        #expect(RowPreview.maskedColumns(of: model, syncs: []) == ["points"])
    }

    @Test("an invalid row shows no pii value and, where the uid is personal, no key")
    func invalidRow() throws {
        let row: [TestCell] = [.text("ada"), .raw(Array("secret".utf8) + [0]), .integer(1)]
        let open = try Self.bench(isPII: true).plan([row]).invalid
        #expect(open.map(\.key) == ["ada"])
        #expect(open.first?.value?.contains("secret") == false)
        let closed = try Self.bench(isPII: true, isKeyPII: true).plan([row]).invalid
        #expect(closed.map(\.key) == [PlanningBench.keys.mask("ada")])
    }
}
