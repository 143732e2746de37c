import NIOCore
import SyncCore

/// Hands a feed's writes to connections until the feed is finished; lives on one event loop.
protocol FeedDispatcher: AnyObject, SendableMetatype {
    /// A report to the feed is under way, which a pull follows.
    var isReporting: Bool { get }

    func start()
    /// Closes everything now; what was in flight is reported.
    func abort()
    func pull()
    func enforceDeadlines()
}

/// What calls a dispatcher from `start` to its end: the feed that has work, a wait that is over, and the sweep of the
/// deadlines, one for all requests instead of a timer each.
final class DispatcherCalls<Dispatcher: FeedDispatcher> {
    private let loop: any EventLoop
    /// How other threads reach the dispatcher; emptied at the end, since the feed keeps it.
    private let handle: NIOLoopBoundBox<Dispatcher?>
    private let deadlines: RepeatedTask
    private var wakeUp: Scheduled<Void>?

    init(of dispatcher: Dispatcher, feed: any WriteFeed, timeout: Duration, on loop: any EventLoop) {
        self.loop = loop
        let handle = NIOLoopBoundBox<Dispatcher?>(dispatcher, eventLoop: loop)
        self.handle = handle
        let step = TimeAmount.nanoseconds(
            min(.milliseconds(250), max(.milliseconds(5), timeout / 20)).wholeNanoseconds)
        deadlines = loop.scheduleRepeatedTask(initialDelay: step, delay: step) { _ in
            handle.value?.enforceDeadlines()
        }
        feed.onWork {
            // Every report is followed by a pull, so a wake from inside one needs no second.
            if loop.inEventLoop, handle.value?.isReporting ?? true { return }
            loop.execute { handle.value?.pull() }
        }
    }

    /// Pulls then; another wait than the last one takes its place.
    func wake(in delay: Duration) {
        wakeUp?.cancel()
        let handle = handle
        wakeUp = loop.scheduleTask(in: .nanoseconds(max(0, delay.wholeNanoseconds))) { handle.value?.pull() }
    }

    func end() {
        handle.value = nil
        wakeUp?.cancel()
        deadlines.cancel()
    }
}

extension HTTPWriteClient {
    /// Runs a dispatcher on its loop until it calls `end`; cancelling the task aborts it.
    func run<Dispatcher: FeedDispatcher, Ending: Sendable>(
        on loop: any EventLoop,
        _ make: @escaping @Sendable (_ end: @escaping (Ending) -> Void) -> Dispatcher
    ) async -> Ending {
        let box = NIOLoopBoundBox<Dispatcher?>.makeEmptyBox(eventLoop: loop)
        let isCancelled = NIOLoopBoundBox<Bool>.makeBoxSendingValue(false, eventLoop: loop)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                loop.execute {
                    let dispatcher = make { continuation.resume(returning: $0) }
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
