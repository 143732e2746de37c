package import SyncCore
import Synchronization

/// The writes that are open between the journal and the connections. The engine appends what the journal has committed
/// and takes outcomes; connections pull writes and report answers. A write that was not appended is never handed out.
package final class DeliveryWindow: WriteFeed {
    private struct Shared {
        var window: WindowState
        var wakes: [@Sendable () -> Void] = []
        /// Some connection was told to wait since the last wake.
        var isParked = false
        var waiter: (minimumOutcomes: Int, continuation: CheckedContinuation<Void, Never>)?

        func hasWork(minimumOutcomes: Int) -> Bool {
            window.outcomes.count >= max(1, minimumOutcomes) || window.wantsWrites || window.isOver
        }
    }

    private let shared: Mutex<Shared>
    private let random: @Sendable () -> Double
    private let holdsLocks: @Sendable () -> Bool
    /// How soon a connection asks again when the run cannot be sure of its locks.
    private static let pauseWithoutLocks = Duration.milliseconds(500)

    /// `random` gives shares from 0 to 1 for the jitter of retries. While `holdsLocks` is false nothing is handed out:
    /// another run may be sending to the same users. Asked for every write.
    package init(
        _ settings: DeliverySettings, random: @escaping @Sendable () -> Double = { .random(in: 0...1) },
        holdsLocks: @escaping @Sendable () -> Bool = { true }
    ) {
        self.holdsLocks = holdsLocks
        shared = Mutex(Shared(window: WindowState(settings)))
        self.random = random
    }

    // MARK: The engine's side

    /// Hands over writes whose intent is durable. After a stop or `drain` they end deferred at once.
    package func append(_ writes: [PlannedWrite]) { change { $0.append(writes) } }

    /// No `append` will come. To be called as soon as that is known: until then the window asks for more writes.
    package func finishedAdding() { change { $0.finishAdding() } }

    /// Nothing new is handed out; what is in flight finishes without a retry, the rest ends deferred or unknown.
    package func drain() { change { $0.drain() } }

    /// Outcomes since the last call, each exactly once.
    package func takeOutcomes() -> [OutcomeRecord] { shared.withLock { $0.window.takeOutcomes() } }

    /// Returns when so many outcomes can be taken, when the window wants more writes, when all is over, or when the
    /// task is cancelled. One caller at a time.
    package func waitForWork(minimumOutcomes: Int) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let resumesNow = shared.withLock { shared in
                    precondition(shared.waiter == nil, "one task waits for a window at a time")
                    if Task.isCancelled || shared.hasWork(minimumOutcomes: minimumOutcomes) { return true }
                    shared.waiter = (minimumOutcomes, continuation)
                    return false
                }
                if resumesNow { continuation.resume() }
            }
        } onCancel: {
            shared.withLock { $0.waiter.take() }?.continuation.resume()
        }
    }

    /// Writes that may be appended before the window is full.
    package var room: Int {
        shared.withLock { shared in
            shared.window.isClosing || shared.window.isComplete
                ? 0 : max(0, shared.window.settings.windowSize - shared.window.unfinished)
        }
    }

    /// Half the window is finished and more writes may be appended.
    package var wantsWrites: Bool { shared.withLock { $0.window.wantsWrites } }

    /// Every write has its outcome and no more will come; outcomes may still have to be taken.
    package var isOver: Bool { shared.withLock { $0.window.isOver } }

    /// Set once sending has stopped for good before all was sent.
    package var stopReason: StopReason? { shared.withLock { $0.window.stopReason } }

    package func counts(at now: ContinuousClock.Instant) -> DeliveryCounts {
        shared.withLock { $0.window.currentCounts(at: now) }
    }

    // MARK: The connections' side

    package func next(at now: ContinuousClock.Instant) -> FeedStep {
        let mayHandOut = holdsLocks()
        return shared.withLock { shared in
            guard mayHandOut || shared.window.isClosing || shared.window.isOver else {
                shared.isParked = true
                return .wait(until: now + Self.pauseWithoutLocks)
            }
            let step = shared.window.next(at: now)
            switch step {
            case .idle, .wait: shared.isParked = true
            case .write, .finished: break
            }
            return step
        }
    }

    package func report(_ result: AttemptResult, index: Int, latency: Duration, at now: ContinuousClock.Instant) {
        change { $0.report(result, index: index, latency: latency, at: now, random: random) }
    }

    package func onWork(_ wake: @escaping @Sendable () -> Void) { shared.withLock { $0.wakes.append(wake) } }

    /// Changes the state, then tells whoever waits for it: never under the lock.
    private func change(_ body: (inout WindowState) -> Void) {
        let (wakes, waiter) = shared.withLock { shared in
            body(&shared.window)
            var wakes: [@Sendable () -> Void] = []
            // A wake that finds nothing costs a connection's thread a system call.
            if shared.isParked, shared.window.hasNextStep {
                shared.isParked = false
                wakes = shared.wakes
            }
            guard let waiter = shared.waiter, shared.hasWork(minimumOutcomes: waiter.minimumOutcomes) else {
                return (wakes, nil as CheckedContinuation<Void, Never>?)
            }
            shared.waiter = nil
            return (wakes, waiter.continuation)
        }
        for wake in wakes { wake() }
        waiter?.resume()
    }
}
