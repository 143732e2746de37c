import SyncCore
import Synchronization

/// A feed of a few writes that records what is reported; it retries nothing.
final class ScriptedFeed: WriteFeed {
    private struct State {
        var waiting: [PlannedWrite]
        var inFlight = 0
        var mostInFlight = 0
        var reports: [Int: [AttemptResult]] = [:]
        var latencies: [Int: Duration] = [:]
    }

    private let state: Mutex<State>
    private let total: Int

    init(_ count: Int, body: String = #"{"tier":"gold"}"#) {
        total = count
        let users = (1...count).compactMap { UserUID("user-\($0)") }
        state = Mutex(
            State(
                waiting: zip(1..., users).map { PlannedWrite(index: $0, userUID: $1, body: Array(body.utf8)) }
                    .reversed()))
    }

    func next(at now: ContinuousClock.Instant) -> FeedStep {
        state.withLock { state in
            guard let write = state.waiting.popLast() else { return .finished }
            state.inFlight += 1
            state.mostInFlight = max(state.mostInFlight, state.inFlight)
            return .write(write)
        }
    }

    func report(_ result: AttemptResult, index: Int, latency: Duration, at now: ContinuousClock.Instant) {
        state.withLock { state in
            state.inFlight -= 1
            state.reports[index, default: []].append(result)
            state.latencies[index] = latency
        }
    }

    func onWork(_ wake: @escaping @Sendable () -> Void) {}

    var mostInFlight: Int { state.withLock { $0.mostInFlight } }
    var latencyOfFirst: Duration? { state.withLock { $0.latencies[1] } }
    /// In the order of the writes; every report of a write is there.
    var reports: [[AttemptResult]] { state.withLock { state in (1...total).map { state.reports[$0] ?? [] } } }
}
