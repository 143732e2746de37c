import NIOCore
import SyncCore
import Synchronization

extension HTTPWriteClient {
    /// One dispatcher's share over HTTP/2; may end early, where the server speaks HTTP/1.1 only.
    func deliverOverStreams(
        from feed: any WriteFeed, maximumInFlight: Int, on loop: any EventLoop
    ) async -> StreamDispatcher.Ending {
        let box = NIOLoopBoundBox<StreamDispatcher?>.makeEmptyBox(eventLoop: loop)
        let isCancelled = NIOLoopBoundBox<Bool>.makeBoxSendingValue(false, eventLoop: loop)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                loop.execute {
                    let dispatcher = StreamDispatcher(client: self, feed: feed, maximum: maximumInFlight, loop: loop) {
                        continuation.resume(returning: $0)
                    }
                    box.value = dispatcher
                    if isCancelled.value { dispatcher.abort() } else { dispatcher.start() }
                }
            }
        } onCancel: {
            loop.execute {
                isCancelled.value = true
                box.value?.abort()
            }
        }
    }
}

/// Hands out first what another dispatcher had been handed and could not send.
final class HandedOverFeed: WriteFeed {
    private let writes: Mutex<[PlannedWrite]>
    private let feed: any WriteFeed

    init(_ writes: [PlannedWrite], before feed: any WriteFeed) {
        self.writes = Mutex(writes.reversed())
        self.feed = feed
    }

    func next(at now: ContinuousClock.Instant) -> FeedStep {
        if let write = writes.withLock({ $0.popLast() }) { return .write(write) }
        return feed.next(at: now)
    }

    func report(_ result: AttemptResult, index: Int, latency: Duration, at now: ContinuousClock.Instant) {
        feed.report(result, index: index, latency: latency, at: now)
    }

    func onWork(_ wake: @escaping @Sendable () -> Void) { feed.onWork(wake) }

    /// Reports what nobody took, where a delivery was cancelled.
    func reportUntouched() {
        let left = writes.withLock { writes in
            defer { writes = [] }
            return writes
        }
        for write in left { report(.notSent(answer: "cancelled"), index: write.index, latency: .zero, at: .now) }
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
