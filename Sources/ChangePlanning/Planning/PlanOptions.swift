package import SyncCore

/// What the command asks of a plan beyond the diff.
package struct PlanOptions: Sendable, Hashable {
    /// Plans every valid row with all mapped values.
    package var fullResync = false
    /// Plans nothing and records current values as confirmed.
    package var baseline = false
    /// Keeps the first operations in key order.
    package var limit: Int?
    /// Keeps one user's: the primary key as text, or `uid:VALUE`.
    package var key: String?
    package init(fullResync: Bool = false, baseline: Bool = false, limit: Int? = nil, key: String? = nil) {
        self.fullResync = fullResync
        self.baseline = baseline
        self.limit = limit
        self.key = key
    }

    /// Such a run plans no removals.
    package var isPartial: Bool { limit != nil || key != nil }

    func selects(uid: [UInt8], primaryKey: [UInt8]) -> Bool {
        guard let key else { return true }
        return primaryKey.elementsEqual(key.utf8)
            || "uid:".utf8.elementsEqual(key.utf8.prefix(4))
                && uid.elementsEqual(key.utf8.dropFirst(4))
    }
}

/// A complete diff, before guards.
package struct PlanSummary: Sendable {
    package var rows: RowCounts
    /// Operations that stay, after `--limit` and `--key`.
    package var planned: Int
    /// The users whose operations stay; nil when all do.
    package var keptUsers: [KeyHash]?
    /// Attributes with differences that no user of the snapshot has: a mapping was added.
    package var mappingAdded: [String]
    package var measurements: PlanMeasurements
    /// The first twenty.
    package var invalidSample: [InvalidRow]
    /// Whether a row, valid or not, has the user that `--key` names.
    package var hasSelectedRow = false
}

/// The first operations in key order, of which some may yet be withdrawn: a reserve stands by for those.
struct FirstKeys: Sendable {
    /// Integers by number, before texts by their bytes.
    enum Part: Sendable, Comparable {
        case integer(Int64)
        case text([UInt8])

        static func < (left: Part, right: Part) -> Bool {
            switch (left, right) {
            case (.integer(let left), .integer(let right)): left < right
            case (.integer, .text): true
            case (.text, .integer): false
            case (.text(let left), .text(let right)): left.lexicographicallyPrecedes(right)
            }
        }
    }

    private let limit: Int
    private let bound: Int
    private var candidates: [(key: [Part], entry: Int)] = []

    init(limit: Int) {
        self.limit = limit
        bound = limit.addingReportingOverflow(max(1024, limit)).overflow ? .max : limit + max(1024, limit)
    }

    mutating func add(_ key: [Part], entry: Int) {
        candidates.append((key, entry))
        if candidates.count / 2 >= bound {
            sort()
            candidates.removeLast(candidates.count - bound)
        }
    }

    /// The first entries that are still planned.
    mutating func first(where isPlanned: (Int) -> Bool) -> [Int] {
        sort()
        return Array(candidates.lazy.map(\.entry).filter(isPlanned).prefix(limit))
    }

    private mutating func sort() { candidates.sort { $0.key.lexicographicallyPrecedes($1.key) } }
}
