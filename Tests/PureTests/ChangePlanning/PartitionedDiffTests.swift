import SyncCore
import Synchronization
import TestKit
import Testing

@testable import ChangePlanning

/// Spilled bytes in memory, for tests of what is written and not of where.
private final class MemorySpill: SpillSpace {
    final class File: SpillFile {
        private let bytes = Mutex([UInt8]())

        func write(_ new: [UInt8], at offset: Int64) throws(StateFailure) {
            bytes.withLock { bytes in
                #expect(bytes.count == Int(offset))
                bytes += new
            }
        }

        func read(_ count: Int, at offset: Int64) throws(StateFailure) -> [UInt8] {
            bytes.withLock { Array($0[Int(offset)..<Int(offset) + count]) }
        }

        var all: [UInt8] { bytes.withLock { $0 } }
    }

    let files = Mutex([File]())

    func makeFile() throws(StateFailure) -> any SpillFile {
        let file = File()
        files.withLock { $0.append(file) }
        return file
    }
}

@Suite("The diff in parts") struct PartitionedDiffTests {
    private static let columns = [
        ColumnDescription(name: "id", type: .integer, typeName: "int8"),
        ColumnDescription(name: "part", type: .text, typeName: "text"),
        ColumnDescription(name: "uid", type: .text, typeName: "text"),
        ColumnDescription(name: "points", type: .integer, typeName: "int8"),
        ColumnDescription(name: "tier", type: .text, typeName: "text"),
    ]

    private static func bench(primaryKey: [String], onRemoved: AttributeValue?) -> PlanningBench {
        PlanningBench(
            mappings: [
                Mapping(
                    origin: .column("points"), attribute: PlanningBench.attribute("points", .integer), onNull: .null,
                    onRemoved: onRemoved),
                Mapping(origin: .column("tier"), attribute: PlanningBench.attribute("tier", .string)),
            ], columns: columns, primaryKey: primaryKey, match: "uid")
    }

    private static func rows(_ random: inout SplitMix) -> [[TestCell]] {
        (0..<Int.random(in: 0...60, using: &random)).map { _ in
            let id = Int64.random(in: 0..<80, using: &random)
            let other = Int.random(in: 0..<10, using: &random) == 0
            let uid = Int.random(in: 0..<25, using: &random) == 0 ? "" : "u\(other ? (id + 1) % 80 : id)"
            return [
                Int.random(in: 0..<30, using: &random) == 0 ? .null : .integer(id),
                .text(["a", "a/b", "b"].randomElement(using: &random) ?? ""), .text(uid),
                Int.random(in: 0..<4, using: &random) == 0
                    ? .null
                    : Int.random(in: 0..<12, using: &random) == 0
                        ? .text("x") : .integer(.random(in: 0..<3, using: &random)),
                Int.random(in: 0..<4, using: &random) == 0
                    ? .null : .text(["a", "b"].randomElement(using: &random) ?? ""),
            ]
        }
    }

    private func inParts(
        _ bench: PlanningBench, _ rows: [[TestCell]], options: PlanOptions, space: MemorySpill = MemorySpill(),
        limit: Int = .max
    ) throws -> PlanningBench.Outcome {
        var diff = PartitionedDiff(
            try ChangePlanner(
                sync: bench.sync, columns: bench.columns, keys: PlanningBench.keys, options: options,
                rules: bench.rules),
            in: space, memoryLimit: limit)
        try diff.load(bench.snapshot.values.map(\.entry).sorted { $0.keyHash < $1.keyHash })
        for start in stride(from: 0, to: rows.count, by: 7) {
            try diff.take(
                TestCell.batch(Array(rows[start..<min(start + 7, rows.count)]), columns: bench.columns.count))
        }
        try diff.endReading()
        var chunks: [PlanChunk] = []
        while try diff.beginPartition() {
            while let batch = try diff.nextBatch() {
                let asked = diff.planner.consume(batch)
                chunks.append(try diff.planner.resolve(asked.compactMap { bench.snapshot[$0] }))
            }
            try diff.endPartition()
        }
        while let unseen = try diff.nextUnseen() {
            chunks.append(try diff.planner.resolveUnseen(unseen.compactMap { bench.snapshot[$0] }))
        }
        var outcome = PlanningBench.Outcome(summary: diff.planner.finish())
        for chunk in chunks { outcome.add(chunk) }
        return outcome
    }

    private func expectSame(
        _ parts: PlanningBench.Outcome, _ whole: PlanningBench.Outcome, _ comment: Comment
    ) {
        #expect(parts.summary.rows == whole.summary.rows, comment)
        #expect(parts.summary.planned == whole.summary.planned, comment)
        #expect(parts.summary.measurements == whole.summary.measurements, comment)
        #expect(parts.summary.mappingAdded == whole.summary.mappingAdded, comment)
        #expect(parts.summary.hasSelectedRow == whole.summary.hasSelectedRow, comment)
        #expect(parts.invalid.count == whole.invalid.count, comment)
        #expect(
            parts.invalid.map { $0.key ?? "" }.sorted().count == whole.invalid.map { $0.key ?? "" }.sorted().count,
            comment)
        #expect(Set(parts.operations.keys) == Set(whole.operations.keys), comment)
        for (hash, operation) in whole.operations {
            guard let other = parts.operations[hash] else { continue }
            #expect(other.kind == operation.kind && other.reason == operation.reason, comment)
            #expect(other.body == operation.body && other.snapshotValues == operation.snapshotValues, comment)
            #expect(other.valuesBefore == operation.valuesBefore && other.primaryKey == operation.primaryKey, comment)
        }
        #expect(Set(parts.settlements.keys) == Set(whole.settlements.keys), comment)
    }

    @Test("is the same as in one pass, over random histories", arguments: [["uid"], ["id"], ["id", "part"]])
    func sameAsOnePass(primaryKey: [String]) throws {
        let seed = UInt64.random(in: .min ... .max)
        print("partitioned diff seed \(seed)")
        var random = SplitMix(state: seed)
        for _ in 0..<40 {
            var bench = Self.bench(
                primaryKey: primaryKey, onRemoved: Bool.random(using: &random) ? .integer(0) : nil)
            for _ in 0..<6 {
                let rows = Self.rows(&random)
                var options = PlanOptions(fullResync: Int.random(in: 0..<8, using: &random) == 0)
                options.baseline = Int.random(in: 0..<12, using: &random) == 0
                if Int.random(in: 0..<10, using: &random) == 0 { options.key = "uid:u3" }
                let whole = try bench.plan(rows, batchSize: 5, options: options)
                let parts = try inParts(bench, rows, options: options)
                expectSame(parts, whole, "seed \(seed)")
                let failing = Int.random(in: 0..<80, using: &random)
                bench.apply(whole) { $0.userUID != .clear("u\(failing)") }
            }
        }
    }

    @Test("what is spilled holds nothing in clear, and comes back whole") func sealed() throws {
        let bench = Self.bench(primaryKey: ["id"], onRemoved: nil)
        let secret = String(repeating: "a personal text ", count: 400)
        let rows = (0..<2000).map { number -> [TestCell] in
            [.integer(Int64(number)), .text("p"), .text("u\(number)"), .integer(1), .text(secret)]
        }
        let space = MemorySpill()
        let parts = try inParts(bench, rows, options: PlanOptions(), space: space)
        expectSame(parts, try bench.plan(rows, batchSize: 100), "2000 rows")
        let bytes = space.files.withLock { files in files.flatMap(\.all) }
        // The last block of each part stays in memory.
        #expect(bytes.count > 1000 * secret.utf8.count)
        #expect(!String(decoding: bytes, as: UTF8.self).contains("a personal text"))
    }

    @Test("every cell survives") func cells() {
        let cells: [TestCell] = [
            .null, .plain(.boolean(true)), .plain(.boolean(false)), .integer(.min), .plain(.double(-0.0)),
            .plain(.float(1.5)), .plain(.decimal(mantissa: -123, scale: 18)), .big("1e999"), .text(""), .text("é"),
            .uuid(Array(0..<16)), .plain(.date(-1)), .plain(.timestamp(.max)), .plain(.localTimestamp(.min)),
            .plain(.infiniteTime(isNegative: true)), .list(["a", nil]), .plain(.nestedList), .json("{}"),
            .raw([0xFF, 0]),
        ]
        let batch = TestCell.batch([cells, cells.reversed()], columns: cells.count)
        var bytes: [UInt8] = []
        let all = Set(0..<batch.columnCount)
        for row in 0..<2 { RowCodec.append(row: row, of: batch, used: all, to: &bytes) }
        let back = RowCodec.rows(in: bytes, columnCount: cells.count)
        #expect(back.cells == batch.cells && back.bytes == batch.bytes && back.rowCount == 2)
    }

    @Test("a part that is too large is refused too") func limit() {
        let bench = Self.bench(primaryKey: ["id"], onRemoved: nil)
        #expect {
            try inParts(
                bench, [[.integer(1), .text("p"), .text("u"), .integer(1), .null]], options: PlanOptions(), limit: 10)
        } throws: {
            ($0 as? Diagnostic)?.code == "memory_limit"
        }
    }
}
