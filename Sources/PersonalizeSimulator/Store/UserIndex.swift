import Synchronization

/// The users of each project in order, made when a page asks and not when a user is written. It catches up with who
/// came since: sorting the newcomers, and one pass over the rest of their project.
final class UserIndex: Sendable {
    private struct State {
        var resets = 0
        var known = 0
        var uids: [String: [String]] = [:]
    }

    private let users: UserStore
    private let state = Mutex(State())

    init(of users: UserStore) { self.users = users }

    func uids(of project: String) -> [String] { upToDate { $0.uids[project] ?? [] } }

    /// How many users each project has that has any.
    var counts: [String: Int] { upToDate { $0.uids.mapValues(\.count) } }

    /// Part of a uid, byte for byte.
    enum Search {
        case start(String)
        case part(String)

        func takes(_ uid: String) -> Bool {
            switch self {
            case .start(let text): uid.utf8.starts(with: text.utf8)
            case .part(let text): text.isEmpty || uid.utf8.contains(text.utf8)
            }
        }
    }

    /// Looks at every uid of the project.
    func uids(of project: String, _ search: Search) -> [String] { uids(of: project).filter(search.takes) }

    private func upToDate<Value>(_ read: (State) -> Value) -> Value {
        state.withLock { state in
            let news = users.arrivals(after: state.known, resets: state.resets)
            if news.resets != state.resets { state = State(resets: news.resets) }
            state.known += news.keys.count
            for (project, keys) in Dictionary(grouping: news.keys, by: \.project) {
                let uids = state.uids.removeValue(forKey: project) ?? []
                state.uids[project] = Self.merged(uids, keys.map(\.uid).sorted())
            }
            return read(state)
        }
    }

    private static func merged(_ old: [String], _ new: [String]) -> [String] {
        guard let first = new.first, let last = old.last, first < last else { return old + new }
        var result: [String] = []
        result.reserveCapacity(old.count + new.count)
        var rest = new[...]
        for uid in old {
            while let next = rest.first, next < uid {
                result.append(next)
                rest.removeFirst()
            }
            result.append(uid)
        }
        return result + rest
    }
}
