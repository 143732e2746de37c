import NIOCore
import SyncCore
import Synchronization

extension StreamDispatcher {
    enum Ending {
        case finished
        /// The server speaks HTTP/1.1: these writes were handed out and are not reported.
        case speaksOnlyHTTP1([StreamExchange])
    }
}

extension HTTPWriteClient {
    /// One dispatcher's share over HTTP/2; may end early, where the server speaks HTTP/1.1 only.
    func deliverOverStreams(
        from feed: any WriteFeed, maximumInFlight: Int, on loop: any EventLoop
    ) async -> StreamDispatcher.Ending {
        await run(on: loop) { end in
            StreamDispatcher(client: self, feed: feed, maximum: maximumInFlight, loop: loop, end: end)
        }
    }
}

/// Hands out first what another dispatcher had been handed and could not send, as long as it may still leave.
final class HandedOverFeed: WriteFeed {
    private let exchanges: Mutex<[StreamExchange]>
    private let feed: any WriteFeed
    private let factory: ConnectionFactory

    init(_ exchanges: [StreamExchange], before feed: any WriteFeed, factory: ConnectionFactory) {
        self.exchanges = Mutex(exchanges.reversed())
        self.feed = feed
        self.factory = factory
    }

    func next(at now: ContinuousClock.Instant) -> FeedStep { nextHandedOver(at: now) ?? feed.next(at: now) }

    private func nextHandedOver(at now: ContinuousClock.Instant) -> FeedStep? {
        while let exchange = exchanges.withLock({ $0.popLast() }) {
            if factory.mayWaitAgain(exchange.startedAt) { return .write(exchange.write) }
            report(
                .notSent(answer: "timeout"), index: exchange.write.index, latency: exchange.startedAt.duration(to: now),
                at: now)
        }
        return nil
    }

    func exchange(
        _ result: AttemptResult, index: Int, latency: Duration, at now: ContinuousClock.Instant
    ) -> (step: FeedStep, hasMore: Bool) {
        guard let step = nextHandedOver(at: now) else {
            return feed.exchange(result, index: index, latency: latency, at: now)
        }
        report(result, index: index, latency: latency, at: now)
        return (step, true)
    }

    func leaves(_ index: Int) { feed.leaves(index) }

    func report(_ result: AttemptResult, index: Int, latency: Duration, at now: ContinuousClock.Instant) {
        feed.report(result, index: index, latency: latency, at: now)
    }

    func onWork(_ wake: @escaping @Sendable () -> Void) { feed.onWork(wake) }

    /// Reports what nobody took, where a delivery was cancelled.
    func reportUntouched() {
        let left = exchanges.withLock { exchanges in
            defer { exchanges = [] }
            return exchanges
        }
        for exchange in left {
            report(.notSent(answer: "cancelled"), index: exchange.write.index, latency: .zero, at: .now)
        }
    }
}

/// Says something once, from whichever thread comes first.
final class FallbackNotice: Sendable {
    private let notice: @Sendable () -> Void
    private let isGiven = Mutex(false)

    init(_ notice: @escaping @Sendable () -> Void) { self.notice = notice }

    func give() {
        let isFirst = isGiven.withLock { isGiven in
            defer { isGiven = true }
            return !isGiven
        }
        if isFirst { notice() }
    }
}
