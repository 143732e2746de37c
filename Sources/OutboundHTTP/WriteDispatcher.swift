import NIOCore
import NIOSSL
import SyncCore

/// Pulls writes from the feed and gives them to connections, all on one event loop: no lock, no task and no future a
/// request. Idle connections are reused last in, first out, so that those not needed go cold and close.
final class WriteDispatcher: FeedDispatcher {
    let classify: HTTPWriteClient.Classifier
    private let loop: any EventLoop
    private let factory: ConnectionFactory
    private let shape: RequestShape
    private let feed: any WriteFeed
    private let maximum: Int
    private var end: (() -> Void)?
    private var calls: DispatcherCalls<WriteDispatcher>?

    private var idle: [WriteConnection] = []
    private var connections: [ObjectIdentifier: WriteConnection] = [:]
    /// Writes that wait for a connection of their own, by index.
    private var connecting: [Int: (write: PlannedWrite, startedAt: ContinuousClock.Instant)] = [:]
    private var isPulling = false
    private var mustPullAgain = false
    private(set) var isReporting = false
    private var isFinishing = false

    init(
        client: HTTPWriteClient, feed: any WriteFeed, maximum: Int, loop: any EventLoop, end: @escaping () -> Void
    ) {
        self.loop = loop
        self.feed = feed
        self.maximum = max(1, maximum)
        self.end = end
        factory = client.factory
        shape = client.shape
        classify = client.classify
    }

    func start() {
        calls = DispatcherCalls(of: self, feed: feed, timeout: factory.timeout, on: loop)
        pull()
    }

    /// Closes everything now; what was in flight is reported.
    func abort() {
        isFinishing = true
        // What is reported here pulls nothing more, and must not end the delivery before the last one is.
        isPulling = true
        for connection in Array(connections.values) { connection.abandon("cancelled") }
        let waiting = connecting.values
        connecting.removeAll()
        for (write, startedAt) in waiting {
            report(.notSent(answer: "cancelled"), index: write.index, startedAt: startedAt)
        }
        isPulling = false
        endIfDone()
    }

    /// Hands out writes until the feed or the connections have had enough.
    func pull() {
        guard !isPulling else {
            mustPullAgain = true
            return
        }
        isPulling = true
        repeat {
            mustPullAgain = false
            while !isFinishing, !idle.isEmpty || connections.count + connecting.count < maximum, pullOne() {}
        } while mustPullAgain
        isPulling = false
        endIfDone()
    }

    private func pullOne() -> Bool {
        let now = ContinuousClock.now
        return take(feed.next(at: now), at: now)
    }

    /// False when there was nothing to send.
    private func take(_ step: FeedStep, at now: ContinuousClock.Instant) -> Bool {
        switch step {
        case .write(let write):
            if let connection = idleConnection(at: now) {
                connection.start(write, at: now)
            } else {
                connect(for: write, at: now)
            }
            return true
        case .wait(let until): calls?.wake(in: now.duration(to: until))
        case .idle: break
        case .finished:
            isFinishing = true
            closeIdle()
        }
        return false
    }

    private func idleConnection(at now: ContinuousClock.Instant) -> WriteConnection? {
        while let connection = idle.popLast() {
            if !connection.isWornOut(factory.options.lifetime, now: now) { return connection }
            connection.close()
        }
        return nil
    }

    // MARK: What connections say

    func leaves(_ write: PlannedWrite) { feed.leaves(write.index) }

    func finished(
        _ exchange: WriteConnection.Exchange, with result: AttemptResult, on connection: WriteConnection,
        staysOpen: Bool
    ) {
        if staysOpen { idle.append(connection) }
        guard staysOpen, !isPulling, !isFinishing else {
            return report(result, index: exchange.write.index, startedAt: exchange.startedAt)
        }
        // The usual way, in one step: the connection takes the next write itself.
        isPulling = true
        isReporting = true
        let now = ContinuousClock.now
        let (step, hasMore) = feed.exchange(
            result, index: exchange.write.index, latency: exchange.startedAt.duration(to: now), at: now)
        isReporting = false
        _ = take(step, at: now)
        isPulling = false
        if hasMore || mustPullAgain { pull() } else { endIfDone() }
    }

    func closed(_ connection: WriteConnection) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        idle.removeAll { $0 === connection }
        pull()
    }

    private func report(_ result: AttemptResult, index: Int, startedAt: ContinuousClock.Instant) {
        let now = ContinuousClock.now
        isReporting = true
        feed.report(result, index: index, latency: startedAt.duration(to: now), at: now)
        isReporting = false
        pull()
    }

    // MARK: Connecting

    private func connect(for write: PlannedWrite, at startedAt: ContinuousClock.Instant) {
        connecting[write.index] = (write, startedAt)
        let bound = NIOLoopBound(self, eventLoop: loop)
        let (shape, factory, loop) = (shape, factory, loop)
        factory.connect(on: loop) { bytes in
            WriteConnection(dispatcher: bound.value, shape: shape, factory: factory, bytes: bytes)
        }.assumeIsolated().whenComplete { result in
            bound.value.connected(result, forWrite: write.index)
        }
    }

    private func connected(_ result: Result<any Channel, any Error>, forWrite index: Int) {
        guard let (write, startedAt) = connecting.removeValue(forKey: index) else {
            // Aborted meanwhile, and reported then.
            try? result.get().close(promise: nil)
            return
        }
        do {
            let channel = try result.get()
            let connection = try channel.pipeline.syncOperations.handler(type: WriteConnection.self)
            guard connection.isUsable else { throw ChannelError.ioOnClosedChannel }
            guard factory.isInTime(startedAt) else {
                channel.close(promise: nil)
                throw ChannelError.connectTimeout(.zero)
            }
            connections[ObjectIdentifier(connection)] = connection
            connection.start(write, at: startedAt)
        } catch {
            report(ConnectionTrouble.beforeSending(error, certificate: nil), index: write.index, startedAt: startedAt)
        }
    }

    // MARK: Time and end

    func enforceDeadlines() {
        let oldest = ContinuousClock.now - factory.timeout
        for connection in Array(connections.values) where connection.exchange.map({ $0.startedAt < oldest }) ?? false {
            connection.expire()
        }
        let now = ContinuousClock.now
        let wornOut = idle.filter { $0.isWornOut(factory.options.lifetime, now: now) }
        // Closing one may give another its next write.
        for connection in wornOut where connection.exchange == nil { connection.close() }
    }

    private func closeIdle() {
        let all = idle
        idle.removeAll()
        for connection in all { connection.close() }
    }

    private func endIfDone() {
        guard isFinishing, !isPulling, connecting.isEmpty else { return }
        closeIdle()
        guard connections.isEmpty, let end else { return }
        self.end = nil
        calls?.end()
        end()
    }
}
