import ProjectModels
import SyncCore

@testable import ChangePlanning

/// A small project, rows and a snapshot that behaves as the state store's, for the planning tests.
struct PlanningBench {
    static let keys = KeyRing(InstallKey(Array(0..<32)))
    var sync: SyncDefinition
    var columns: [ColumnDescription]
    /// As the engine has them; nil types every row.
    var rules: String?
    var snapshot: [KeyHash: SnapshotUser] = [:]

    init(
        mappings: [Mapping], columns: [ColumnDescription], primaryKey: [String] = ["id"], match: String = "id",
        timeZone: String? = nil, send: SendMode = .changed, isPII: Bool = false
    ) {
        var model = ModelDefinition(
            name: "members", source: SourceDefinition(name: "shop", kind: .sqlite(path: "/x")),
            statement: SQLStatement(text: "SELECT 1", file: "models/members.sql"), primaryKey: primaryKey)
        model.timeZone = timeZone
        sync = SyncDefinition(
            name: "members", model: model, destination: DestinationDefinition(name: "p", projectUID: "p"),
            match: MatchKey(column: match, isPII: isPII), mappings: mappings, send: send)
        self.columns = columns
        rules = DefinitionDigest.typingText(of: sync)
    }

    static func attribute(_ key: String, _ type: AttributeType, isPII: Bool = false) -> AttributeDefinition {
        AttributeDefinition(key: key, type: type, isPII: isPII)
    }

    struct Outcome {
        var summary: PlanSummary
        var operations: [KeyHash: PlannedOperation] = [:]
        var settlements: [KeyHash: Settlement] = [:]
        var protections: [KeyHash: Settlement] = [:]
        var invalid: [InvalidRow] = []

        mutating func add(_ chunk: PlanChunk) {
            for hash in chunk.withdrawn {
                (operations[hash], settlements[hash], protections[hash]) = (nil, nil, nil)
            }
            for operation in chunk.operations { operations[operation.keyHash] = operation }
            for settlement in chunk.settlements {
                if case .protect = settlement.change {
                    protections[settlement.keyHash] = settlement
                } else {
                    settlements[settlement.keyHash] = settlement
                }
            }
            invalid += chunk.invalidRows
        }

        func body(_ uid: String) -> String? {
            guard let operation = operations[PlanningBench.keys.keyHash(of: Array(uid.utf8))] else { return nil }
            return switch operation.body {
            case .sameAsSnapshot: String(decoding: operation.snapshotValues ?? [], as: UTF8.self)
            case .clear(let bytes): String(decoding: bytes, as: UTF8.self)
            case .sealed(let bytes):
                (try? PlanningBench.keys.unseal(bytes)).map { String(decoding: $0, as: UTF8.self) }
            }
        }
    }

    /// Plans the rows, `batchSize` at a time.
    func plan(_ rows: [[TestCell]], batchSize: Int = 2, options: PlanOptions = PlanOptions()) throws -> Outcome {
        var planner = try ChangePlanner(
            sync: sync, columns: columns, keys: Self.keys, options: options, rules: rules)
        planner.load(snapshot.values.map(\.entry).sorted { $0.keyHash < $1.keyHash })
        var chunks: [PlanChunk] = []
        for start in stride(from: 0, to: rows.count, by: batchSize) {
            let batch = TestCell.batch(Array(rows[start..<min(start + batchSize, rows.count)]), columns: columns.count)
            let asked = planner.consume(batch)
            chunks.append(try planner.resolve(asked.compactMap { snapshot[$0] }))
        }
        while let unseen = planner.nextUnseen(limit: 3) {
            chunks.append(try planner.resolveUnseen(unseen.compactMap { snapshot[$0] }))
        }
        var outcome = Outcome(summary: planner.finish())
        for chunk in chunks { outcome.add(chunk) }
        return outcome
    }

    /// Applies a plan whose operations end as `isConfirmed` says; the others become dirty.
    mutating func apply(_ outcome: Outcome, isConfirmed: (PlannedOperation) -> Bool = { _ in true }) {
        for (hash, settlement) in outcome.protections {
            guard case .protect(let uid, let key, let values) = settlement.change else { continue }
            guard var entry = snapshot[hash]?.entry else { continue }
            entry.fingerprint = Fingerprint(high: 0, low: 0)
            snapshot[hash] = SnapshotUser(entry: entry, userUID: uid, primaryKey: key, values: values)
        }
        for (hash, operation) in outcome.operations {
            if isConfirmed(operation) {
                if let values = operation.snapshotValues, let fingerprint = operation.fingerprint {
                    let entry = SnapshotIndexEntry(
                        keyHash: hash, fingerprint: fingerprint, isDirty: false, isConfirmed: true)
                    snapshot[hash] = SnapshotUser(
                        entry: entry, userUID: operation.userUID, primaryKey: operation.primaryKey, values: values)
                } else {
                    snapshot[hash] = nil
                }
            } else if snapshot[hash] != nil {
                snapshot[hash]?.entry.isDirty = true
            } else {
                let entry = SnapshotIndexEntry(
                    keyHash: hash, fingerprint: Fingerprint(high: 0, low: 0), isDirty: true, isConfirmed: false)
                snapshot[hash] = SnapshotUser(
                    entry: entry, userUID: operation.userUID, primaryKey: operation.primaryKey, values: [])
            }
        }
        for (hash, settlement) in outcome.settlements {
            switch settlement.change {
            case .protect: continue
            case .forget: snapshot[hash] = nil
            case .set(let uid, let key, let fingerprint, let values):
                let entry = SnapshotIndexEntry(
                    keyHash: hash, fingerprint: fingerprint, isDirty: snapshot[hash]?.entry.isDirty ?? false,
                    isConfirmed: true)
                snapshot[hash] = SnapshotUser(entry: entry, userUID: uid, primaryKey: key, values: values)
            }
        }
    }
}

/// A cell with its bytes beside it.
enum TestCell: Sendable {
    case plain(Cell)
    case text(String)
    case raw([UInt8])
    case json(String)
    case big(String)
    case list([String?])
    case uuid([UInt8])

    static let null = TestCell.plain(.null)
    static func integer(_ value: Int64) -> TestCell { .plain(.integer(value)) }

    static func batch(_ rows: [[TestCell]], columns: Int) -> RowBatch {
        var batch = RowBatch(columnCount: columns)
        for cell in rows.joined() { batch.cells.append(cell.stored(in: &batch)) }
        return batch
    }

    private func stored(in batch: inout RowBatch) -> Cell {
        switch self {
        case .plain(let cell): return cell
        case .text(let text): return .text(batch.store(text.utf8))
        case .raw(let bytes): return .text(batch.store(bytes))
        case .json(let text): return .json(batch.store(text.utf8))
        case .big(let text): return .bigDecimal(batch.store(text.utf8))
        case .uuid(let bytes): return .uuid(batch.store(bytes))
        case .list(let items):
            var bytes: [UInt8] = []
            for item in items {
                let length = item.map { UInt32($0.utf8.count) } ?? .max
                bytes += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) }
                bytes += Array((item ?? "").utf8)
            }
            return .textList(batch.store(bytes))
        }
    }
}
