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

    mutating func merge(_ writes: [AttributeWrite]) {
        for write in writes { attributes[write.key] = write.literal }
        self.writes += 1
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
    private let users = Mutex<[UserKey: StoredUser]>([:])

    /// Merges per key: what is not named stays.
    func merge(_ writes: [AttributeWrite], into key: UserKey) {
        users.withLock { users in
            users[key, default: StoredUser()].merge(writes)
        }
    }

    /// Gives the target all that the source has. Of somebody unknown, or to themselves, there is nothing to give.
    func copy(from source: UserKey, to target: UserKey) {
        users.withLock { users in
            guard source != target, let attributes = users[source]?.attributes else { return }
            users[target, default: StoredUser()].merge(
                attributes.map { AttributeWrite(key: $0.key, literal: $0.value) })
        }
    }

    /// The user of that uid; without a project, the first project that knows the uid.
    func user(uid: String, project: String?) -> (UserKey, StoredUser)? {
        users.withLock { users in
            if let project {
                let key = UserKey(project: project, uid: uid)
                return users[key].map { (key, $0) }
            }
            return users.filter { $0.key.uid == uid }.min { $0.key < $1.key }.map { ($0.key, $0.value) }
        }
    }

    /// What rules see of a user; nil where none was written.
    func attributes(of key: UserKey) -> [String: String]? { users.withLock { $0[key]?.attributes } }

    /// The users of a project, in order.
    func uids(of project: String) -> [String] {
        users.withLock { users in users.keys.filter { $0.project == project }.map(\.uid) }.sorted()
    }

    /// A page of all users in the order of project and uid, and how many there are.
    func page(project: String?, offset: Int, limit: Int) -> (count: Int, users: [(UserKey, StoredUser)]) {
        let all = users.withLock { $0 }.filter { project == nil || $0.key.project == project }
        let keys = all.keys.sorted().dropFirst(offset).prefix(limit)
        return (all.count, keys.compactMap { key in all[key].map { (key, $0) } })
    }

    var count: Int { users.withLock { $0.count } }

    func removeAll() { users.withLock { $0 = [:] } }
}
