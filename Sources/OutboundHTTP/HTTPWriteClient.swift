import NIOCore
import NIOPosix
package import SyncCore

/// Delivers the writes of a feed over HTTP/1.1 keep-alive connections, one request at a time on each. It knows HTTP and
/// nothing of who is asked: the shape says what a request looks like, the classifier what an answer proves.
package struct HTTPWriteClient: Sendable {
    /// What a complete answer to the request of this user proves.
    package typealias Classifier = @Sendable (_ answer: HTTPAnswer, _ userUID: UserUID) -> AttemptResult

    let factory: ConnectionFactory
    let shape: RequestShape
    let classify: Classifier
    /// Told once when a server that was to speak HTTP/2 does not.
    let fallback: FallbackNotice

    package init(
        factory: ConnectionFactory, shape: RequestShape, classify: @escaping Classifier,
        onFallback: @escaping @Sendable () -> Void = {}
    ) {
        self.factory = factory
        self.shape = shape
        self.classify = classify
        fallback = FallbackNotice(onFallback)
    }

    /// Connections that are worth an event loop of their own.
    private static let connectionsALoop = 32
    /// More loops than this wait for the journal.
    private static let mostLoops = 4

    /// Sends what the feed hands out until it says `.finished`, on at most `maximumInFlight` connections. Every write
    /// handed out is reported once. Cancelling the task closes all connections; what had left is then unanswered.
    ///
    /// The connections are spread over event loops, each with a dispatcher that pulls for itself: the feed is what keeps
    /// a user's writes apart.
    package func deliver(from feed: any WriteFeed, maximumInFlight: Int) async {
        let connections = max(1, maximumInFlight)
        let loops = Array(MultiThreadedEventLoopGroup.singleton.makeIterator()).prefix(Self.mostLoops)
            .prefix((connections - 1) / Self.connectionsALoop + 1)
        await withTaskGroup { group in
            for (index, loop) in loops.enumerated() {
                let share = (connections + index) / loops.count
                group.addTask { await deliver(from: feed, maximumInFlight: share, on: loop) }
            }
        }
    }

    private func deliver(from feed: any WriteFeed, maximumInFlight: Int, on loop: any EventLoop) async {
        guard factory.offersHTTP2 else {
            return await deliverOverHTTP1(from: feed, maximumInFlight: maximumInFlight, on: loop)
        }
        let ending = await deliverOverStreams(from: feed, maximumInFlight: maximumInFlight, on: loop)
        guard case .speaksOnlyHTTP1(let handedOut) = ending else { return }
        fallback.give()
        let rest = HandedOverFeed(handedOut, before: feed, factory: factory)
        await deliverOverHTTP1(from: rest, maximumInFlight: maximumInFlight, on: loop)
        rest.reportUntouched()
    }

    private func deliverOverHTTP1(from feed: any WriteFeed, maximumInFlight: Int, on loop: any EventLoop) async {
        await run(on: loop) { end in
            WriteDispatcher(client: self, feed: feed, maximum: maximumInFlight, loop: loop) { end(()) }
        }
    }
}
