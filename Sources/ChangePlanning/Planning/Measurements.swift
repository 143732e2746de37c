/// How many users showed each of a few hundred sets of attributes, so that one user's share can be taken back for a
/// byte a user. Sets beyond those are counted and cannot be taken back: a guard then errs towards blocking.
struct SubsetCounts: Sendable {
    static let none: UInt8 = 0
    static let overflow: UInt8 = 255
    private var names: [[Int]: UInt8] = [:]
    private(set) var sets: [(attributes: [Int], users: Int)] = []

    mutating func add(_ attributes: [Int]) -> UInt8 {
        if attributes.isEmpty { return Self.none }
        if let name = names[attributes] {
            sets[Int(name) - 1].users += 1
            return name
        }
        guard sets.count < 254 else { return Self.overflow }
        sets.append((attributes, 1))
        names[attributes] = UInt8(sets.count)
        return UInt8(sets.count)
    }

    mutating func remove(_ name: UInt8) {
        if name != Self.none, name != Self.overflow { sets[Int(name) - 1].users -= 1 }
    }
}

/// What guards are judged by: users of the snapshot, and what this plan would do to them.
package struct PlanMeasurements: Sendable, Hashable {
    package struct Attribute: Sendable, Hashable {
        package var key: String
        /// Users of the snapshot who have a value.
        package var having = 0
        /// Those of them whose row now gives null or nothing.
        package var nulled = 0
        package init(key: String) { self.key = key }

        var nullPercent: Double { Guards.percent(nulled, of: having) }
    }

    /// Users of the snapshot that were confirmed at least once.
    package var confirmedUsers = 0
    /// Rows that the source gave.
    package var queried = 0
    /// Confirmed users whose values differ, other than by attributes that no user has yet.
    package var changed = 0
    /// Confirmed users whose row is gone, as far as the plan acts on it.
    package var removed = 0
    package var attributes: [Attribute]
    /// Only part of the model was read.
    package var isIncremental = false
    package init(attributes: [Attribute] = []) { self.attributes = attributes }

    mutating func withoutChanges() {
        (changed, removed) = (0, 0)
        for index in attributes.indices { attributes[index].nulled = 0 }
    }
}

/// Counts, during the diff, what `PlanMeasurements` will say.
struct Measuring: Sendable {
    /// Users of the snapshot who have the attribute, null included, and who have a value.
    private var present: [Int]
    private var valued: [Int]
    private var nulledBeyondSets: [Int]
    private var unchangedRows = 0
    private var changedBeyondSets = 0
    private var nulledSets = SubsetCounts()
    private var changedSets = SubsetCounts()
    /// Of changed users beyond the sets.
    private var differingBeyondSets: Set<Int> = []
    /// Stands in a set beside the attributes of a user that had one of them.
    private static let notOnlyNew = -1
    var removed = 0
    /// Only part of the model is read, and so not every user of the snapshot is looked at.
    var isIncremental = false

    init(attributeCount: Int) {
        present = Array(repeating: 0, count: attributeCount)
        (valued, nulledBeyondSets) = (present, present)
    }

    /// A row with the snapshot's own fingerprint has what the snapshot has.
    mutating func addUnchanged(absent: [Int], nulls: [Int]) {
        unchangedRows += 1
        for attribute in absent {
            present[attribute] -= 1
            valued[attribute] -= 1
        }
        for attribute in nulls { valued[attribute] -= 1 }
    }

    mutating func addPresent(_ attribute: Int, isNull: Bool) {
        present[attribute] += 1
        if !isNull { valued[attribute] += 1 }
    }

    mutating func addNulled(_ attributes: [Int]) -> UInt8 {
        let name = nulledSets.add(attributes)
        if name == SubsetCounts.overflow { for attribute in attributes { nulledBeyondSets[attribute] += 1 } }
        return name
    }

    /// A changed user: `onlyNew` where all that differs is attributes that the user did not have.
    mutating func addChanged(_ attributes: [Int], onlyNew: Bool) -> UInt8 {
        let name = changedSets.add(onlyNew ? attributes : attributes + [Self.notOnlyNew])
        if name == SubsetCounts.overflow {
            changedBeyondSets += 1
            differingBeyondSets.formUnion(attributes)
        }
        return name
    }

    /// Takes a changed or unchanged user's row back; the user stays in the snapshot, so what it has still counts.
    mutating func withdraw(isChanged: Bool, differences: UInt8, nulled: UInt8) {
        nulledSets.remove(nulled)
        changedSets.remove(differences)
        if isChanged, differences == SubsetCounts.overflow { changedBeyondSets -= 1 }
    }

    /// Attributes that differ and that no user of the snapshot has.
    func newAttributes() -> [Int] {
        // A mapping that was added makes for a whole read.
        if isIncremental { return [] }
        let bySets = changedSets.sets.filter { $0.users > 0 }.flatMap(\.attributes)
        let differing = differingBeyondSets.union(bySets).subtracting([Self.notOnlyNew])
        return differing.filter { unchangedRows + present[$0] == 0 }.sorted()
    }

    func finished(keys: [String], queried: Int) -> PlanMeasurements {
        let new = Set(newAttributes())
        var result = PlanMeasurements(attributes: keys.map(PlanMeasurements.Attribute.init))
        for index in keys.indices {
            result.attributes[index].having = unchangedRows + valued[index]
            result.attributes[index].nulled = nulledBeyondSets[index]
        }
        for set in nulledSets.sets {
            for attribute in set.attributes { result.attributes[attribute].nulled += set.users }
        }
        let byMapping = changedSets.sets.filter { new.isSuperset(of: $0.attributes) }.reduce(0) { $0 + $1.users }
        let bySets = changedSets.sets.reduce(0) { $0 + $1.users }
        result.changed = changedBeyondSets + bySets - byMapping
        result.removed = removed
        result.queried = queried
        result.isIncremental = isIncremental
        return result
    }
}
