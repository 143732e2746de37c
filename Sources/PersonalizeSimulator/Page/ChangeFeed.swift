import Synchronization

/// Tells those who listen that something has changed, not what. Changes that come before a listener is ready again are
/// one change to it.
final class ChangeFeed: Sendable {
    static let maximumListeners = 16

    private struct Entry {
        var continuation: AsyncStream<Void>.Continuation
        /// It was told of a change and did not ask for more.
        var isTold = false
    }

    private struct State {
        var lastID = 0
        var entries: [Int: Entry] = [:]
    }

    private let state = Mutex(State())
    /// Whether a listener wants to be told.
    private let isAwaited = Atomic(false)

    /// Called for every request once its effects are in place: one load of a word unless somebody waits for it.
    func note() {
        guard isAwaited.load(ordering: .acquiring) else { return }
        state.withLock { state in
            isAwaited.store(false, ordering: .releasing)
            for (id, entry) in state.entries where !entry.isTold {
                state.entries[id]?.isTold = true
                entry.continuation.yield()
            }
        }
    }

    /// Nil when there are as many listeners as may be.
    func subscribe() -> Listener? {
        let (changes, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        return state.withLock { state in
            guard state.entries.count < Self.maximumListeners else { return nil }
            state.lastID += 1
            state.entries[state.lastID] = Entry(continuation: continuation)
            isAwaited.store(true, ordering: .releasing)
            return Listener(feed: self, id: state.lastID, changes: changes)
        }
    }

    /// Someone who listens, until they leave or are let go.
    final class Listener: Sendable {
        /// Ends when the listener leaves.
        let changes: AsyncStream<Void>
        private let feed: ChangeFeed
        private let id: Int

        fileprivate init(feed: ChangeFeed, id: Int, changes: AsyncStream<Void>) {
            (self.feed, self.id, self.changes) = (feed, id, changes)
        }

        deinit { leave() }

        /// To be called before whoever hears of the change looks at what there is, so that no later change is missed.
        func expectMore() {
            feed.state.withLock { state in
                state.entries[id]?.isTold = false
                feed.isAwaited.store(true, ordering: .releasing)
            }
        }

        func leave() {
            let entry = feed.state.withLock { state in
                defer { if state.entries.isEmpty { feed.isAwaited.store(false, ordering: .releasing) } }
                return state.entries.removeValue(forKey: id)
            }
            entry?.continuation.finish()
        }
    }
}
