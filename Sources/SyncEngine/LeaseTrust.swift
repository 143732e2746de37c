import Synchronization

/// How long this process may believe that its locks are its own, by a clock that also runs while the machine sleeps or
/// the process is stopped: who wakes up late knows it before the next request, not only at the next renewal.
final class LeaseTrust: Sendable {
    private struct State {
        var end: ContinuousClock.Instant
        var handlers: [@Sendable (ContinuousClock.Instant) -> Void] = []
    }

    private let length: Duration
    private let state: Mutex<State>

    /// From before the locks are taken: what is later than that by `length` is not trusted.
    init(length: Duration, from start: ContinuousClock.Instant) {
        self.length = length
        state = Mutex(State(end: start + length))
    }

    /// Two renewals may fail.
    var renewalInterval: Duration { length / 3 }

    /// `start` is when the renewal began: whoever looks for the lock sees no later one.
    func renewed(at start: ContinuousClock.Instant) {
        let end = start + length
        let handlers = state.withLock { state in
            state.end = end
            return state.handlers
        }
        for handler in handlers { handler(end) }
    }

    /// Called at once with the end as it is known, and with every later one.
    func onRenewal(_ handler: @escaping @Sendable (_ end: ContinuousClock.Instant) -> Void) {
        let end = state.withLock { state in
            state.handlers.append(handler)
            return state.end
        }
        handler(end)
    }
}
