import NIOCore
import SyncCore

/// Pulls writes from the feed and gives them to streams of as few HTTP/2 connections as carry them, all on one event
/// loop. What `WriteDispatcher` is to HTTP/1.1.
final class StreamDispatcher: FeedDispatcher {
    let classify: HTTPWriteClient.Classifier
    private let loop: any EventLoop
    private let factory: ConnectionFactory
    private let shape: RequestShape
    private let feed: any WriteFeed
    private let maximum: Int
    private var end: ((Ending) -> Void)?
    private var calls: DispatcherCalls<StreamDispatcher>?

    private var connections: [ObjectIdentifier: StreamConnection] = [:]
    /// In the order in which they became so.
    private var ready: [StreamConnection] = []
    /// TCP connections under way.
    private var connecting = 0
    /// Those whose preface is not through.
    private var handshaking: Set<ObjectIdentifier> = []
    /// Streams that a connection is known to take; of the last one that said so.
    private var streamsAConnection = 100
    /// Handed out, and on no stream yet.
    private var waiting = CircularBuffer<StreamExchange>()
    /// Handed out and not reported: those waiting and those on a stream.
    private var inFlight = 0
    private var unflushed: [StreamConnection] = []

    private var isPulling = false
    private var mustPullAgain = false
    private(set) var isReporting = false
    private var isFinishing = false
    private var mustSpeakHTTP1 = false

    init(
        client: HTTPWriteClient, feed: any WriteFeed, maximum: Int, loop: any EventLoop,
        end: @escaping (Ending) -> Void
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
        guard end != nil else { return }
        isFinishing = true
        mustSpeakHTTP1 = false
        withoutPulling {
            for connection in Array(connections.values) {
                if connection.isOpening { connection.close() } else { connection.abandon("cancelled") }
            }
            failWaiting(.notSent(answer: "cancelled"))
        }
        endIfDone()
    }

    /// Hands out writes until the feed or `maximum` says stop.
    func pull() {
        guard !isPulling else {
            mustPullAgain = true
            return
        }
        isPulling = true
        repeat {
            mustPullAgain = false
            while !isFinishing, !mustSpeakHTTP1, inFlight < maximum, pullOne() {}
        } while mustPullAgain
        isPulling = false
        openMore()
        flushAll()
        endIfDone()
    }

    private func pullOne() -> Bool {
        let now = ContinuousClock.now
        switch feed.next(at: now) {
        case .write(let write):
            inFlight += 1
            let exchange = StreamExchange(write: write, startedAt: now, wasMoved: false)
            if waiting.isEmpty, let connection = connectionWithRoom(at: now) {
                connection.start(exchange)
            } else {
                waiting.append(exchange)
            }
            return true
        case .wait(let until): calls?.wake(in: now.duration(to: until))
        case .idle: break
        case .finished: isFinishing = true
        }
        return false
    }

    private func withoutPulling(_ work: () -> Void) {
        let before = isPulling
        isPulling = true
        work()
        isPulling = before
    }

    // MARK: Streams

    /// The oldest that has room: so those not needed go cold and close.
    private func connectionWithRoom(at now: ContinuousClock.Instant) -> StreamConnection? {
        // Looking for room retires a connection that is worn out, which takes it from the list.
        for connection in ready where connection.hasRoom(at: now, lifetime: factory.options.lifetime) {
            return connection
        }
        return nil
    }

    private func startWaiting(at now: ContinuousClock.Instant) {
        while !waiting.isEmpty, let connection = connectionWithRoom(at: now), let first = nextWaiting() {
            connection.start(first)
        }
    }

    private func nextWaiting() -> StreamExchange? {
        let late = waiting.prefix { !factory.isInTime($0.startedAt) }.count
        failWaiting(.notSent(answer: "timeout"), atMost: late)
        return waiting.popFirst()
    }

    /// Takes back what was not applied for certain, through nobody's fault: servers end connections after so many
    /// requests. The second time it counts as an attempt.
    func move(_ exchange: StreamExchange) {
        if exchange.wasMoved { return finished(exchange, with: .notSent(answer: "going away")) }
        waiting.prepend(StreamExchange(write: exchange.write, startedAt: exchange.startedAt, wasMoved: true))
    }

    /// Goes on after something has changed.
    func resume() {
        startWaiting(at: .now)
        pull()
    }

    func leaves(_ exchange: StreamExchange) { feed.leaves(exchange.write.index) }

    func mustFlush(_ connection: StreamConnection) {
        if unflushed.last !== connection { unflushed.append(connection) }
    }

    private func flushAll() {
        while let connection = unflushed.popLast() { connection.flush() }
    }

    func finished(_ exchange: StreamExchange, with result: AttemptResult) {
        startWaiting(at: .now)
        report(result, of: exchange)
    }

    private func report(_ result: AttemptResult, of exchange: StreamExchange) {
        let now = ContinuousClock.now
        inFlight -= 1
        isReporting = true
        feed.report(result, index: exchange.write.index, latency: exchange.startedAt.duration(to: now), at: now)
        isReporting = false
        pull()
    }

    private func failWaiting(_ result: AttemptResult, atMost count: Int = .max) {
        withoutPulling {
            for _ in 0..<min(count, waiting.count) {
                guard let exchange = waiting.popFirst() else { break }
                report(result, of: exchange)
            }
        }
    }

    // MARK: Connections

    private var opening: Int { connecting + handshaking.count }

    private func openMore() {
        while waiting.count > opening * max(1, streamsAConnection), connections.count + connecting < maximum,
            !mustSpeakHTTP1, end != nil
        {
            open()
        }
    }

    private func open() {
        connecting += 1
        let bound = NIOLoopBound(self, eventLoop: loop)
        let shape = shape
        factory.connectOfferingHTTP2(on: loop) { socketEnd, tunnel in
            StreamConnection(dispatcher: bound.value, shape: shape, socketEnd: socketEnd, tunnel: tunnel)
        }.assumeIsolated().whenComplete { result in bound.value.connected(result) }
    }

    private func connected(_ result: Result<any Channel, any Error>) {
        connecting -= 1
        guard end != nil else {
            try? result.get().close(promise: nil)
            return
        }
        do {
            let channel = try result.get()
            let connection = try channel.pipeline.syncOperations.handler(type: StreamConnection.self)
            guard connection.isOpening else { throw ChannelError.ioOnClosedChannel }
            connections[ObjectIdentifier(connection)] = connection
            handshaking.insert(ObjectIdentifier(connection))
        } catch {
            failOpening(ConnectionTrouble.beforeSending(error, certificate: nil))
        }
    }

    /// Its preface is through, or it allows another number of streams than before.
    func hasNewRoom(_ connection: StreamConnection) {
        streamsAConnection = connection.limit
        guard connections[ObjectIdentifier(connection)] != nil else { return }
        if handshaking.remove(ObjectIdentifier(connection)) != nil { ready.append(connection) }
        // A fresh one takes its first write whatever its age may be.
        while !waiting.isEmpty, connection.isOpenForMore, let first = nextWaiting() {
            connection.start(first)
        }
        pull()
    }

    func failed(_ connection: StreamConnection, with result: AttemptResult) {
        // One that lost the race between the addresses of a name says nothing.
        guard remove(connection) else { return }
        failOpening(result)
    }

    /// With no other connection to wait for, nobody waits.
    private func failOpening(_ result: AttemptResult) {
        failWaiting(result, atMost: ready.isEmpty && opening == 0 ? .max : 1)
        pull()
    }

    func closed(_ connection: StreamConnection) {
        if remove(connection) { pull() }
    }

    private func remove(_ connection: StreamConnection) -> Bool {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return false }
        handshaking.remove(ObjectIdentifier(connection))
        ready.removeAll { $0 === connection }
        return true
    }

    /// What waits goes back; what is under way on other connections ends first.
    func speaksOnlyHTTP1() { mustSpeakHTTP1 = !isFinishing || !waiting.isEmpty }

    // MARK: Time and end

    func enforceDeadlines() {
        let now = ContinuousClock.now
        let oldest = now - factory.timeout
        let grace = min(.seconds(1), factory.timeout / 4)
        for connection in Array(connections.values) {
            connection.enforceDeadline(oldest: oldest, now: now, grace: grace)
            connection.retire(factory.options.lifetime, now: now)
        }
        let late = waiting.prefix { $0.startedAt < oldest }.count
        guard late > 0 else { return }
        let isProxySilent = connections.values.contains(where: \.isWaitingForProxy)
        failWaiting(.notSent(answer: isProxySilent ? "proxy timeout" : "timeout"), atMost: late)
        pull()
    }

    private func endIfDone() {
        guard !isPulling, let end else { return }
        let isOver = mustSpeakHTTP1 ? inFlight == waiting.count : isFinishing && inFlight == 0
        guard isOver else { return }
        self.end = nil
        calls?.end()
        for connection in Array(connections.values) { connection.close() }
        // They are another's now: a connection under way that still fails must not report them as well.
        let handedBack = Array(waiting)
        waiting.removeAll()
        end(mustSpeakHTTP1 ? .speaksOnlyHTTP1(handedBack) : .finished)
    }
}
