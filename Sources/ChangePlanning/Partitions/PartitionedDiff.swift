import Crypto
package import SyncCore

/// The same diff as `ChangePlanner`'s one pass, for more users than memory has room for: snapshot and rows are spread
/// over files by the hash of their uid, and one part after the other is diffed. Call in this order: `load` until the
/// snapshot is in, `markDirty`; `take` every batch; `endReading`; for each `beginPartition`, its `nextBatch` through
/// `planner`, and `endPartition`; `nextUnseen` through `planner`; `planner.finish`.
package struct PartitionedDiff: Sendable {
    private static let partitions = 64

    package var planner: ChangePlanner
    private let limit: Int
    private let usedColumns: Set<Int>
    private var snapshot: [SpilledRecords]
    private var rows: [SpilledRecords]
    /// Of rows whose primary key is another column than the uid, by the key's own hash.
    private var primaryKeys: [SpilledRecords]
    private var unseen: SpilledRecords
    private var dirty: [KeyHash] = []
    private var current = -1
    package private(set) var hasDirtyUsers = false

    /// `planner` is fresh; `memoryLimit` bounds what a part holds at once.
    package init(_ planner: ChangePlanner, in space: any SpillSpace, memoryLimit: Int) {
        self.planner = planner
        limit = memoryLimit
        usedColumns = Set(planner.typer.usedColumns)
        let key = SymmetricKey(size: .bits256)
        let empty = SpilledRecords(in: space, key: key)
        snapshot = Array(repeating: empty, count: Self.partitions)
        rows = snapshot
        primaryKeys = snapshot
        unseen = empty
    }

    private static func partition(of hash: KeyHash) -> Int { Int(hash.high >> 58) }

    package mutating func load(_ entries: [SnapshotIndexEntry]) throws(StateFailure) {
        for entry in entries {
            if entry.isDirty { hasDirtyUsers = true }
            try snapshot[Self.partition(of: entry.keyHash)].add { bytes in
                bytes.append(entry.keyHash)
                bytes.appendInteger(entry.fingerprint.values.high)
                bytes.appendInteger(entry.fingerprint.values.low)
                bytes.appendInteger(entry.fingerprint.row?.rules ?? 0)
                bytes.appendInteger(entry.fingerprint.row?.cells ?? 0)
                bytes.append((entry.isDirty ? 1 : 0) | (entry.isConfirmed ? 2 : 0))
            }
        }
    }

    package mutating func markDirty(_ users: [KeyHash]) {
        dirty += users
        if !users.isEmpty { hasDirtyUsers = true }
    }

    package mutating func take(_ batch: RowBatch) throws(StateFailure) {
        let used = usedColumns
        for row in 0..<batch.rowCount {
            let keys = planner.keyHashes(row: row, of: batch)
            // A row without a readable uid belongs to nobody, so any part will do.
            try rows[keys.uid.map(Self.partition) ?? 0].add {
                RowCodec.append(row: row, of: batch, used: used, to: &$0)
            }
            if let key = keys.primaryKey { try primaryKeys[Self.partition(of: key)].add { $0.append(key) } }
        }
    }

    /// Finds the primary keys that several rows have, wherever their users are. Throws `memory_limit`.
    package mutating func endReading() throws {
        for index in primaryKeys.indices {
            var seen: Set<KeyHash> = []
            while let block = try primaryKeys[index].next() {
                var offset = 0
                while offset < block.count {
                    let key = block.keyHash(at: &offset)
                    if !seen.insert(key).inserted { planner.partition.repeatedKeys.insert(key) }
                }
            }
            primaryKeys[index].close()
            try planner.stay(within: limit)
        }
    }

    /// False after the last part.
    package mutating func beginPartition() throws -> Bool {
        guard current + 1 < Self.partitions else { return false }
        current += 1
        planner.beginPartition(expectedUsers: snapshot[current].count)
        while let block = try snapshot[current].next() {
            planner.load(Self.entries(in: block))
            try planner.stay(within: limit)
        }
        snapshot[current].close()
        planner.markDirty(dirty)
        return true
    }

    private static func entries(in block: [UInt8]) -> [SnapshotIndexEntry] {
        var entries: [SnapshotIndexEntry] = []
        var offset = 0
        while offset < block.count {
            let hash = block.keyHash(at: &offset)
            let high = block.integer(UInt64.self, at: &offset)
            let low = block.integer(UInt64.self, at: &offset)
            let rules = block.integer(UInt64.self, at: &offset)
            let cells = block.integer(UInt64.self, at: &offset)
            let row = cells == 0 ? nil : RowDigest(rules: rules, cells: cells)
            let flags = block.integer(UInt8.self, at: &offset)
            entries.append(
                SnapshotIndexEntry(
                    keyHash: hash, fingerprint: Fingerprint(high: high, low: low, row: row),
                    isDirty: flags & 1 != 0, isConfirmed: flags & 2 != 0))
        }
        return entries
    }

    /// Rows of the part that was begun; nil after the last. Throws `memory_limit`.
    package mutating func nextBatch() throws -> RowBatch? {
        try planner.stay(within: limit)
        guard let block = try rows[current].next() else { return nil }
        return RowCodec.rows(in: block, columnCount: planner.columnCount)
    }

    /// Notes the users of the part that no row named: whether they are removed, the other parts have a say in.
    package mutating func endPartition() throws {
        rows[current].close()
        while let users = planner.nextUnseen(limit: 10_000) {
            for user in users { try unseen.add { $0.append(user) } }
        }
        planner.endPartition()
        try planner.stay(within: limit)
    }

    /// Users of the snapshot that no row named, a few thousand at a time; nil after the last.
    package mutating func nextUnseen() throws(StateFailure) -> [KeyHash]? {
        guard let block = try unseen.next() else { return nil }
        var users: [KeyHash] = []
        var offset = 0
        while offset < block.count { users.append(block.keyHash(at: &offset)) }
        return users
    }
}
