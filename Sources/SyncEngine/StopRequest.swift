package import SyncCore
import Synchronization

/// How a run is asked to end early: by a signal, or by `cancel`. The first request drains; what is in flight finishes.
package final class StopRequest: Sendable {
    package enum Reason: Sendable, Hashable {
        /// SIGINT: exit 130.
        case interrupted
        /// SIGTERM: exit 143.
        case terminated
        /// `headrace cancel`.
        case cancelled

        package var exit: ExitStatus {
            switch self {
            case .interrupted, .cancelled: .interrupted
            case .terminated: .terminated
            }
        }
    }

    private struct State {
        var reason: Reason?
        var handlers: [@Sendable (Reason) -> Void] = []
    }

    private let state = Mutex(State())

    package init() {}

    package var reason: Reason? { state.withLock { $0.reason } }

    /// The first reason stays.
    package func request(_ reason: Reason) {
        let handlers = state.withLock { state -> [@Sendable (Reason) -> Void] in
            guard state.reason == nil else { return [] }
            state.reason = reason
            defer { state.handlers = [] }
            return state.handlers
        }
        for handler in handlers { handler(reason) }
    }

    /// Called once, at once if the request was made before.
    package func onRequest(_ handler: @escaping @Sendable (Reason) -> Void) {
        let reason = state.withLock { state -> Reason? in
            if state.reason == nil { state.handlers.append(handler) }
            return state.reason
        }
        if let reason { handler(reason) }
    }

    /// Returns when the request is made, or the task is cancelled.
    package func wait() async {
        let (requests, continuation) = AsyncStream.makeStream(of: Void.self)
        onRequest { _ in continuation.finish() }
        for await _ in requests {}
    }
}
