import SyncCore
import Synchronization
import Testing

/// A feed of a few writes that records what is reported; it retries nothing.
final class ScriptedFeed: WriteFeed {
    private struct State {
        var waiting: [PlannedWrite]
        var inFlight = 0
        var mostInFlight = 0
        var reports: [Int: [AttemptResult]] = [:]
        var latencies: [Int: Duration] = [:]
        var left: [Int: Int] = [:]
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
            switch result {
            case .notSent, .hopeless: break
            case .confirmed, .ambiguous, .unanswered, .throttled, .refused, .forbidden:
                // A proxy that lets nobody through answers too.
                if AttemptResult.isOfProxy(result.answer) { break }
                #expect(state.left[index] != nil, "write \(index) left, and nobody was told before: \(result)")
            }
            state.inFlight -= 1
            state.reports[index, default: []].append(result)
            state.latencies[index] = latency
        }
    }

    /// To be asked while others send.
    func hasLeft(_ index: Int) -> Bool { state.withLock { $0.left[index] != nil } }

    func leaves(_ index: Int) { state.withLock { $0.left[index, default: 0] += 1 } }

    func onWork(_ wake: @escaping @Sendable () -> Void) {}

    var mostInFlight: Int { state.withLock { $0.mostInFlight } }
    var latencyOfFirst: Duration? { state.withLock { $0.latencies[1] } }
    /// How often each write has left, or was about to, in the order of the writes.
    var left: [Int] { state.withLock { state in (1...total).map { state.left[$0] ?? 0 } } }
    /// In the order of the writes; every report of a write is there.
    var reports: [[AttemptResult]] { state.withLock { state in (1...total).map { state.reports[$0] ?? [] } } }
}
