import Foundation
import Synchronization

/// Something of which a project has a list, with uids in the shape of Contentstack's own.
protocol ProjectItem: Sendable {
    var uid: String { get }
    var createdAt: Date { get }
    var updatedAt: Date { get set }
    /// What no other item of the project may have as well, the most telling first: `key`, `name`.
    var uniqueFields: [(name: String, value: String)] { get }
}

extension ProjectItem {
    /// The members that end every item's JSON.
    var history: [(String, String)] {
        [
            ("createdAt", JSONText.quoted(LoggedRequest.text(of: createdAt))),
            ("updatedAt", JSONText.quoted(LoggedRequest.text(of: updatedAt))), ("createdBy", "\"simulator\""),
            ("updatedBy", "\"simulator\""),
        ]
    }
}

/// Why a list stays as it is.
enum ItemRefusal: Error {
    /// The name of the field.
    case duplicate(String)
    case full, unknown
}

/// The lists of every project.
final class ProjectItems<Item: ProjectItem>: Sendable {
    private struct State {
        var items: [String: [Item]] = [:]
        var made: [String: Int] = [:]
        var ids: ObjectIDs
    }

    private let state: Mutex<State>
    private let maximum: Int
    private let now: @Sendable () -> Date

    /// `maximum` items a project.
    init(maximum: Int, seed: UInt64, now: @escaping @Sendable () -> Date) {
        state = Mutex(State(ids: ObjectIDs(seed: seed)))
        self.maximum = maximum
        self.now = now
    }

    /// The projects that have any.
    var projects: [String] { state.withLock { $0.items.filter { !$0.value.isEmpty }.map(\.key) } }

    func all(of project: String) -> [Item] { state.withLock { $0.items[project] ?? [] } }

    /// `number` counts what was made in the project before.
    func create(
        in project: String, _ make: (_ uid: String, _ time: Date, _ number: Int) -> Item
    ) throws(ItemRefusal) -> Item {
        let time = now()
        return try state.withLock { state throws(ItemRefusal) in
            let existing = state.items[project] ?? []
            let item = make(state.ids.next(at: time), time, state.made[project, default: 0])
            try Self.refuseTwins(of: item, among: existing)
            guard existing.count < maximum else { throw .full }
            state.items[project] = existing + [item]
            state.made[project, default: 0] += 1
            return item
        }
    }

    func update(_ uid: String, of project: String, _ change: (inout Item) -> Void) throws(ItemRefusal) -> Item {
        let time = now()
        return try state.withLock { state throws(ItemRefusal) in
            guard let place = state.items[project]?.firstIndex(where: { $0.uid == uid }),
                var item = state.items[project]?[place]
            else { throw .unknown }
            change(&item)
            item.updatedAt = time
            try Self.refuseTwins(of: item, among: state.items[project] ?? [])
            state.items[project]?[place] = item
            return item
        }
    }

    func delete(_ uid: String, of project: String) throws(ItemRefusal) {
        try state.withLock { state throws(ItemRefusal) in
            guard let place = state.items[project]?.firstIndex(where: { $0.uid == uid }) else { throw .unknown }
            state.items[project]?.remove(at: place)
        }
    }

    /// Puts the items in this order; false, and nothing changes, unless it names each of them once.
    func arrange(_ uids: [String], of project: String) -> Bool {
        state.withLock { state in
            let items = Dictionary((state.items[project] ?? []).map { ($0.uid, $0) }) { $1 }
            guard uids.count == items.count, Set(uids) == Set(items.keys) else { return false }
            state.items[project] = uids.compactMap { items[$0] }
            return true
        }
    }

    func removeAll() { state.withLock { ($0.items, $0.made) = ([:], [:]) } }

    private static func refuseTwins(of item: Item, among existing: [Item]) throws(ItemRefusal) {
        for (place, field) in item.uniqueFields.enumerated()
        where existing.contains(where: { $0.uid != item.uid && $0.uniqueFields[place].value == field.value }) {
            throw .duplicate(field.name)
        }
    }
}

/// Uids: 24 hexadecimal digits, the first of them a time.
struct ObjectIDs: Sendable {
    private var generator: SplitMix64

    init(seed: UInt64) { generator = SplitMix64(state: seed) }

    mutating func next(at time: Date) -> String {
        let random = String(generator.next(), radix: 16)
        let digits = String(UInt32(truncatingIfNeeded: Int(time.timeIntervalSince1970)), radix: 16) + random
        return String((String(repeating: "0", count: 24) + digits).suffix(24))
    }
}
