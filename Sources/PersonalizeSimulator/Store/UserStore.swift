import Foundation
import Synchronization

/// One user of one project.
struct UserKey: Hashable, Sendable, Comparable {
    var project: String
    var uid: String

    static func < (left: Self, right: Self) -> Bool {
        left.project == right.project ? left.uid < right.uid : left.project < right.project
    }
}

/// What one user holds: each attribute's value as the JSON text that was sent, and how often it was written.
struct StoredUser: Sendable {
    var attributes: [String: String] = [:]
    var writes = 0
    /// What the manifest sees, and what it will see later, where it sees writes late.
    private var visible: [String: String] = [:]
    private var hidden: [(until: Date, writes: [AttributeWrite])] = []

    mutating func merge(_ writes: [AttributeWrite], hiddenUntil time: Date?) {
        Self.apply(writes, to: &attributes)
        if let time { hidden.append((time, writes)) }
        self.writes += 1
    }

    mutating func visibleAttributes(at now: Date) -> [String: String] {
        while let next = hidden.first, next.until <= now {
            Self.apply(next.writes, to: &visible)
            hidden.removeFirst()
        }
        return visible
    }

    private static func apply(_ writes: [AttributeWrite], to attributes: inout [String: String]) {
        for write in writes { attributes[write.key] = write.literal }
    }

    func json(_ key: UserKey) -> String {
        let values = attributes.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        return JSONText.object([
            ("project", JSONText.quoted(key.project)), ("uid", JSONText.quoted(key.uid)),
            ("writes", String(writes)), ("attributes", JSONText.object(values)),
        ])
    }
}

/// One attribute of a PATCH; a nil literal takes the attribute away.
struct AttributeWrite: Sendable {
    var key: String
    var literal: String?
}

/// The users that were ever written, of all projects.
final class UserStore: Sendable {
    private struct State {
        var users: [UserKey: StoredUser] = [:]
        /// The users in the order in which they came.
        var arrivals: [UserKey] = []
        var resets = 0

        mutating func merge(_ writes: [AttributeWrite], into key: UserKey, hiddenUntil time: Date?) {
            users[key, default: StoredUser()].merge(writes, hiddenUntil: time)
            if users.count > arrivals.count { arrivals.append(key) }
        }
    }

    private let state = Mutex(State())
    private let visibilityDelay: TimeInterval

    /// `visibilityDelay` is how long after a write the manifest begins to see it.
    init(visibilityDelay: Duration) { self.visibilityDelay = visibilityDelay / .seconds(1) }

    /// Merges per key: what is not named stays.
    func merge(_ writes: [AttributeWrite], into key: UserKey, at now: Date) {
        let time = hiddenUntil(now)
        state.withLock { $0.merge(writes, into: key, hiddenUntil: time) }
    }

    /// Gives the target all that the source has. Of somebody unknown, or to themselves, there is nothing to give.
    func copy(from source: UserKey, to target: UserKey, at now: Date) {
        let time = hiddenUntil(now)
        state.withLock { state in
            guard source != target, let attributes = state.users[source]?.attributes else { return }
            state.merge(
                attributes.map { AttributeWrite(key: $0.key, literal: $0.value) }, into: target, hiddenUntil: time)
        }
    }

    private func hiddenUntil(_ now: Date) -> Date? {
        visibilityDelay > 0 ? now.addingTimeInterval(visibilityDelay) : nil
    }

    /// The user of that uid; without a project, the first project that knows the uid.
    func user(uid: String, project: String?) -> (UserKey, StoredUser)? {
        state.withLock { state in
            if let project {
                let key = UserKey(project: project, uid: uid)
                return state.users[key].map { (key, $0) }
            }
            return state.users.filter { $0.key.uid == uid }.min { $0.key < $1.key }.map { ($0.key, $0.value) }
        }
    }

    /// What rules see of a user; nothing where none was written.
    func visibleAttributes(of key: UserKey, at now: Date) -> [String: String] {
        visibleAttributes(of: [key], at: now)[0]
    }

    /// The same of several users at once; each gets its place.
    func visibleAttributes(of keys: [UserKey], at now: Date) -> [[String: String]] {
        state.withLock { state in
            keys.map { key in
                visibilityDelay > 0
                    ? state.users[key]?.visibleAttributes(at: now) ?? [:] : state.users[key]?.attributes ?? [:]
            }
        }
    }

    /// The users of a project, in order.
    func uids(of project: String) -> [String] {
        state.withLock { state in state.users.keys.filter { $0.project == project }.map(\.uid) }.sorted()
    }

    /// A page of all users in the order of project and uid, and how many there are.
    func page(project: String?, offset: Int, limit: Int) -> (count: Int, users: [(UserKey, StoredUser)]) {
        let all = state.withLock { $0.users }.filter { project == nil || $0.key.project == project }
        let keys = all.keys.sorted().dropFirst(offset).prefix(limit)
        return (all.count, keys.compactMap { key in all[key].map { (key, $0) } })
    }

    /// The users of these keys; each gets its place.
    func users(_ keys: [UserKey]) -> [StoredUser?] { state.withLock { state in keys.map { state.users[$0] } } }

    /// Who came after the first `known`, and how often all were forgotten; all of them where that was since `resets`.
    func arrivals(after known: Int, resets: Int) -> (keys: ArraySlice<UserKey>, resets: Int) {
        state.withLock { state in
            // A copy, since a slice that is kept would make the next arrival copy them all.
            let fresh = state.arrivals.dropFirst(state.resets == resets ? known : 0)
            return (ArraySlice(Array(fresh)), state.resets)
        }
    }

    var count: Int { state.withLock { $0.users.count } }

    func removeAll() { state.withLock { $0 = State(resets: $0.resets + 1) } }
}
