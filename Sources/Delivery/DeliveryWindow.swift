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

        /// Whom to tell of a change.
        typealias News = (wakes: [@Sendable () -> Void], waiter: CheckedContinuation<Void, Never>?)

        func hasWork(minimumOutcomes: Int) -> Bool {
            window.outcomes.count >= max(1, minimumOutcomes) || window.wantsWrites || window.isOver
        }

        mutating func next(at now: ContinuousClock.Instant) -> FeedStep {
            let step = window.next(at: now)
            switch step {
            case .idle, .wait: isParked = true
            case .write, .finished: break
            }
            return step
        }

        mutating func takeNews() -> News {
            var news: News = ([], nil)
            // A wake that finds nothing costs a connection's thread a system call.
            if isParked, window.hasNextStep {
                isParked = false
                news.wakes = wakes
            }
            if let waiter, hasWork(minimumOutcomes: waiter.minimumOutcomes) {
                self.waiter = nil
                news.waiter = waiter.continuation
            }
            return news
        }
    }

    private let shared: Mutex<Shared>
    private let random: @Sendable () -> Double
    private let mark: (any SendMark)?

    /// `pacer` is the destination's, shared by all who deliver to it; `random` gives shares from 0 to 1 for the jitter
    /// of retries; `mark` hears of what leaves.
    package init(
        _ settings: DeliverySettings, pacer: DestinationPacer = DestinationPacer(), mark: (any SendMark)? = nil,
        at now: ContinuousClock.Instant = .now, random: @escaping @Sendable () -> Double = { .random(in: 0...1) }
    ) {
        shared = Mutex(Shared(window: WindowState(settings, pacer: pacer, at: now)))
        self.random = random
        self.mark = mark
    }

    // MARK: The engine's side

    /// Hands over writes whose intent is durable. After a stop or `drain` they end deferred at once.
    package func append(_ writes: [PlannedWrite]) { change { $0.append(writes) } }

    /// No `append` will come. To be called as soon as that is known: until then the window asks for more writes.
    package func finishedAdding() { change { $0.finishAdding() } }

    /// Nothing is handed out from then on, unless a later moment is named in time or after it.
    package func trust(until end: ContinuousClock.Instant) { change { $0.trustedUntil = end } }

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
        let (step, news) = shared.withLock { shared in
            let step = shared.next(at: now)
            // It may have stopped just now, with nothing in flight whose report would say so.
            if case .finished = step { return (step, shared.takeNews()) }
            return (step, Shared.News([], nil))
        }
        tell(news)
        return step
    }

    package func leaves(_ index: Int) { mark?.leaves(index) }

    package func report(_ result: AttemptResult, index: Int, latency: Duration, at now: ContinuousClock.Instant) {
        change { $0.report(result, index: index, latency: latency, at: now, random: random) }
    }

    /// Under one lock, which is what an answer costs most here.
    package func exchange(
        _ result: AttemptResult, index: Int, latency: Duration, at now: ContinuousClock.Instant
    ) -> (step: FeedStep, hasMore: Bool) {
        let (step, hasMore, news) = shared.withLock { shared in
            shared.window.report(result, index: index, latency: latency, at: now, random: random)
            let step = shared.next(at: now)
            return (step, shared.window.hasNextStep, shared.takeNews())
        }
        tell(news)
        return (step, hasMore)
    }

    package func onWork(_ wake: @escaping @Sendable () -> Void) { shared.withLock { $0.wakes.append(wake) } }

    /// Changes the state, then tells whoever waits for it: never under the lock.
    private func change(_ body: (inout WindowState) -> Void) {
        let news = shared.withLock { shared in
            body(&shared.window)
            return shared.takeNews()
        }
        tell(news)
    }

    private func tell(_ news: Shared.News) {
        for wake in news.wakes { wake() }
        news.waiter?.resume()
    }
}
