import SyncCore

/// Primary keys that rows named, where they are other columns than the uid, and whose row it was. Keys are told apart by
/// their parts; the snapshot remembers only their text, in which different parts can read the same (`a/b`, `c` and `a`,
/// `b/c`), so a text may be that of several rows.
struct PrimaryKeyTable: Sendable {
    private var index = HashIndex()
    /// The user entry of the first row with the key; `noUser` where that row had no readable uid.
    private var owners: [UInt32] = []
    /// Of keys of several parts: an entry of `index` for each text, and the other entries with that text.
    private var texts = HashIndex()
    private var firstEntries: [UInt32] = []
    private var furtherEntries: [Int: [UInt32]] = [:]
    private static let noUser = UInt32.max

    var sizeInBytes: Int {
        index.sizeInBytes + texts.sizeInBytes + (owners.capacity + firstEntries.capacity) * MemoryLayout<UInt32>.stride
    }

    enum Claim: Equatable {
        case first
        /// Another row had the key; `owner` is its user.
        case repeated(owner: Int?)
    }

    /// `text` is nil where the key has one part: then it is the key.
    mutating func claim(_ key: KeyHash, text: KeyHash?, by user: Int?) -> Claim {
        let (entry, isNew) = index.findOrInsert(key)
        guard isNew else { return .repeated(owner: owner(entry)) }
        owners.append(user.map(UInt32.init) ?? Self.noUser)
        if let text { add(text, of: entry) }
        return .first
    }

    private mutating func add(_ text: KeyHash, of entry: Int) {
        let (place, isNew) = texts.findOrInsert(text)
        if isNew {
            firstEntries.append(UInt32(entry))
        } else {
            furtherEntries[place, default: []].append(UInt32(entry))
        }
    }

    /// The users of the rows whose key has this text, nil for a row without a readable uid.
    mutating func owners(ofText text: KeyHash, hasParts: Bool) -> [Int?] {
        guard hasParts else { return index.find(text).map { [owner($0)] } ?? [] }
        guard let place = texts.find(text) else { return [] }
        return ([firstEntries[place]] + (furtherEntries[place] ?? [])).map { owner(Int($0)) }
    }

    /// Every text of a key, with the users of its rows as `owners` gives them.
    func forEachText(hasParts: Bool, _ body: (KeyHash, [Int?]) -> Void) {
        guard hasParts else {
            for (entry, key) in index.keys.enumerated() { body(key, [owner(entry)]) }
            return
        }
        for (place, text) in texts.keys.enumerated() {
            body(text, ([firstEntries[place]] + (furtherEntries[place] ?? [])).map { owner(Int($0)) })
        }
    }

    private func owner(_ entry: Int) -> Int? { owners[entry] == Self.noUser ? nil : Int(owners[entry]) }
}
