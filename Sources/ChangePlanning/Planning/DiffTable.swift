import SyncCore

/// Open addressing over 128-bit hashes: entries are appended and never move, so that their number is their name.
struct HashIndex: Sendable {
    private(set) var keys: [KeyHash] = []
    /// Entry number + 1; 0 is free. A power of two of them. Those of loaded keys are filled by the first look that needs
    /// them: every one is a cache miss, and a source that gives its rows in the order of the last time needs none.
    private var slots: [UInt32] = []
    private var expectedCount: Int
    /// The entry after the one that was found last.
    private var next = 0

    init(expected: Int = 0) {
        expectedCount = expected
        keys.reserveCapacity(expected)
    }

    /// What its arrays have room for.
    var sizeInBytes: Int {
        keys.capacity * MemoryLayout<KeyHash>.stride + slots.capacity * MemoryLayout<UInt32>.stride
    }

    /// Takes a key that is not in the index, before the first look.
    mutating func load(_ key: KeyHash) { keys.append(key) }

    mutating func find(_ key: KeyHash) -> Int? {
        if slots.isEmpty { fillSlots() }
        let entry = slots[slot(of: key)]
        return entry == 0 ? nil : Int(entry) - 1
    }

    mutating func findOrInsert(_ key: KeyHash) -> (entry: Int, isNew: Bool) {
        if next < keys.count, keys[next] == key {
            next += 1
            return (next - 1, false)
        }
        if (keys.count + 1) * 4 > slots.count * 3 { fillSlots() }
        let place = slot(of: key)
        if slots[place] != 0 {
            next = Int(slots[place])
            return (next - 1, false)
        }
        keys.append(key)
        slots[place] = UInt32(keys.count)
        return (keys.count - 1, true)
    }

    /// The slot that holds the key, or the free one where it belongs.
    private func slot(of key: KeyHash) -> Int {
        let mask = slots.count - 1
        var place = Int(truncatingIfNeeded: key.low) & mask
        while slots[place] != 0, keys[Int(slots[place]) - 1] != key { place = (place + 1) & mask }
        return place
    }

    private mutating func fillSlots() {
        var size = max(1024, slots.count)
        while size * 3 < max(expectedCount, keys.count + 1) * 4 { size *= 2 }
        slots = Array(repeating: 0, count: size)
        for entry in keys.indices { slots[slot(of: keys[entry])] = UInt32(entry + 1) }
    }
}

/// What is known of a user during one diff, in a byte.
struct UserState: Sendable {
    enum Row: UInt8 {
        case unseen, unchanged, added, changed, invalid
        /// Read in this batch; its snapshot values are not looked up yet.
        case pending
    }

    private var bits: UInt8 = 0

    var row: Row {
        get { Row(rawValue: bits >> 5) ?? .unseen }
        set { bits = bits & 0x1F | newValue.rawValue << 5 }
    }
    var isInSnapshot: Bool {
        get { bits & 1 != 0 }
        set { set(1, newValue) }
    }
    var isDirty: Bool {
        get { bits & 2 != 0 }
        set { set(2, newValue) }
    }
    var isConfirmed: Bool {
        get { bits & 4 != 0 }
        set { set(4, newValue) }
    }
    /// An operation of the user is in the plan.
    var isPlanned: Bool {
        get { bits & 8 != 0 }
        set { set(8, newValue) }
    }
    /// A settlement of the user is in the plan.
    var isSettled: Bool {
        get { bits & 16 != 0 }
        set { set(16, newValue) }
    }

    private mutating func set(_ bit: UInt8, _ isOn: Bool) { bits = isOn ? bits | bit : bits & ~bit }
}

/// The build side of the diff: every user of the snapshot and every user that a row named.
struct DiffTable: Sendable {
    private var index: HashIndex
    private(set) var fingerprints: [ValuesFingerprint] = []
    /// `RowDigest.cells`; 0 where there is none under the rules of now.
    private(set) var rowDigests: [UInt64] = []
    private let rules: UInt64?
    var states: [UserState] = []
    /// Which differences and nulls a changed user was measured with (`SubsetCounts`), to be taken back.
    var differences: [UInt8] = []
    var nulled: [UInt8] = []

    /// `rules`: whose row digests count.
    init(expectedUsers: Int, rules: UInt64?) {
        index = HashIndex(expected: expectedUsers)
        self.rules = rules
        // Arrays that grow by doubling hold half of the memory in vain just when there is the most of it.
        fingerprints.reserveCapacity(expectedUsers)
        rowDigests.reserveCapacity(expectedUsers)
        states.reserveCapacity(expectedUsers)
        differences.reserveCapacity(expectedUsers)
        nulled.reserveCapacity(expectedUsers)
    }

    var count: Int { states.count }

    var sizeInBytes: Int {
        index.sizeInBytes + fingerprints.capacity * MemoryLayout<ValuesFingerprint>.stride
            + rowDigests.capacity * MemoryLayout<UInt64>.stride + states.capacity + differences.capacity
            + nulled.capacity
    }

    func key(_ entry: Int) -> KeyHash { index.keys[entry] }

    mutating func load(_ user: SnapshotIndexEntry) {
        index.load(user.keyHash)
        append(user.fingerprint.values, row: user.fingerprint.row.map { $0.rules == rules ? $0.cells : 0 } ?? 0)
        let entry = states.count - 1
        states[entry].isInSnapshot = true
        states[entry].isDirty = user.isDirty
        states[entry].isConfirmed = user.isConfirmed
    }

    mutating func find(_ key: KeyHash) -> Int? { index.find(key) }

    mutating func findOrInsert(_ key: KeyHash) -> Int {
        let (entry, isNew) = index.findOrInsert(key)
        if isNew { append(ValuesFingerprint(high: 0, low: 0), row: 0) }
        return entry
    }

    private mutating func append(_ fingerprint: ValuesFingerprint, row: UInt64) {
        fingerprints.append(fingerprint)
        rowDigests.append(row)
        states.append(UserState())
        differences.append(SubsetCounts.none)
        nulled.append(SubsetCounts.none)
    }
}
