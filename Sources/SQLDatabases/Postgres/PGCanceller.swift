import Dispatch
import Synchronization

/// Turns the cancelling of a task into `PQcancel`. The server ignores a cancel that reaches it between two statements,
/// so it is sent again every quarter second until the work it is for has ended.
final class PGCanceller: Sendable {
    private struct State {
        var isCancelled = false
        var isWorking = false
        var handle: PGCancel?
    }

    private let state = Mutex(State())

    /// True once `cancel` was called: the work must end and say so.
    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// A connection exists now.
    func connected(_ handle: PGCancel?) { state.withLock { $0.handle = handle } }

    /// Between `begin` and `end` a cancel is sent and repeated.
    func begin() { state.withLock { $0.isWorking = true } }
    func end() { state.withLock { $0.isWorking = false } }

    /// From any thread.
    func cancel() {
        state.withLock { $0.isCancelled = true }
        DispatchQueue.global().async { self.repeatUntilEnded() }
    }

    private func repeatUntilEnded() {
        let (isWorking, handle) = state.withLock { ($0.isWorking, $0.handle) }
        guard isWorking else { return }
        handle?.send()
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(250)) { self.repeatUntilEnded() }
    }
}
