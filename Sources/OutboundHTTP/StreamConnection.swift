import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOSSL
import NIOTLS
import SyncCore

/// One HTTP/2 connection of a delivery: each write is a stream of its own. Lives on the dispatcher's event loop.
///
/// The frames are handled here and not in a channel a stream, which would cost more than the request itself.
final class StreamConnection: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    enum Phase { case handshake, settings, ready, draining, closed }

    /// A given-up stream: it is over for certain once the server has seen its reset.
    struct GivenUp {
        let exchange: StreamExchange
        let ping: UInt64
        let since: ContinuousClock.Instant
    }

    static let mostStreams = 100
    private static let lastStreamID = Int(Int32.max) - 2

    var dispatcher: StreamDispatcher?
    private let shape: RequestShape
    private let socketEnd: SocketEnd
    private let tunnel: ProxyTunnel?
    private let openedAt = ContinuousClock.now
    private var lastUsedAt = ContinuousClock.now
    private var context: ChannelHandlerContext?
    var phase = Phase.handshake
    private var isReading = false
    /// From here on streams began in the read under way and leave at its end: nothing of it can be about them.
    private var firstUnsent: HTTP2StreamID?

    var exchanges: [HTTP2StreamID: StreamExchange] = [:]
    private var nextStreamID = 1
    /// Streams that may be open at once.
    var limit = mostStreams
    /// The stream whose answer came last and is complete, until it is known whether its request is, too.
    var answered: HTTP2StreamID?
    var givenUp: [GivenUp] = []
    private var lastPing: UInt64 = 0
    var hasStreamError = false

    init(dispatcher: StreamDispatcher, shape: RequestShape, socketEnd: SocketEnd, tunnel: ProxyTunnel?) {
        self.dispatcher = dispatcher
        self.shape = shape
        self.socketEnd = socketEnd
        self.tunnel = tunnel
    }

    /// Its preface is not through yet.
    var isOpening: Bool { phase == .handshake || phase == .settings }

    var isWaitingForProxy: Bool { tunnel?.isOpen == false }

    /// Whatever its age.
    var isOpenForMore: Bool { phase == .ready && exchanges.count < limit && nextStreamID <= Self.lastStreamID }

    func hasRoom(at now: ContinuousClock.Instant, lifetime: ConnectionLifetime) -> Bool {
        retire(lifetime, now: now)
        return isOpenForMore
    }

    /// Takes a write; only where there is room. It leaves with the next flush.
    func start(_ exchange: StreamExchange) {
        guard let context else { return }
        let write = exchange.write
        let id = HTTP2StreamID(nextStreamID)
        nextStreamID += 2
        lastUsedAt = exchange.startedAt
        exchanges[id] = exchange
        if isReading { firstUnsent = firstUnsent ?? id } else { dispatcher?.mustFlush(self) }
        dispatcher?.leaves(exchange)
        let headers = HTTP2Frame.FramePayload.Headers(headers: shape.headers(for: write), endStream: write.body.isEmpty)
        context.write(wrapOutboundOut(HTTP2Frame(streamID: id, payload: .headers(headers))), promise: nil)
        guard !write.body.isEmpty else { return }
        let data = HTTP2Frame.FramePayload.Data(data: .byteBuffer(ByteBuffer(bytes: write.body)), endStream: true)
        context.write(wrapOutboundOut(HTTP2Frame(streamID: id, payload: .data(data))), promise: nil)
    }

    func flush() { context?.flush() }

    /// Waits no more for whatever is under way, and cuts the connection.
    func abandon(_ word: String) { end(as: .unanswered(answer: word)) }

    /// Nothing is told to the dispatcher from here on.
    func close() {
        leave()
        context?.close(promise: nil)
    }

    // MARK: Time

    /// Gives up what started before `oldest`, by a reset of its stream. The retry may go over another connection, so
    /// nobody hears of it before the server has seen the reset: it answers the ping behind it. Until then the request may
    /// lie in a buffer on its way and arrive after the newer one; a connection that takes too long for that is cut.
    func enforceDeadline(oldest: ContinuousClock.Instant, now: ContinuousClock.Instant, grace: Duration) {
        if isOpening {
            if openedAt < oldest { fail(.notSent(answer: isWaitingForProxy ? "proxy timeout" : "timeout")) }
            return
        }
        if let first = givenUp.first, first.since.duration(to: now) > grace { return abandon("timeout") }
        let late = exchanges.filter { $0.value.startedAt < oldest }
        guard !late.isEmpty else { return }
        lastPing += 1
        for (id, exchange) in late {
            exchanges[id] = nil
            givenUp.append(GivenUp(exchange: exchange, ping: lastPing, since: now))
            reset(id)
        }
        write(.ping(HTTP2PingData(withInteger: lastPing), ack: false))
        flush()
    }

    /// Lets go of a connection whose time or numbers are up, once its last answer is in.
    func retire(_ lifetime: ConnectionLifetime, now: ContinuousClock.Instant) {
        guard phase == .ready else { return }
        let isWornOut =
            exchanges.isEmpty
            ? lifetime.isOver(openedAt: openedAt, lastUsedAt: lastUsedAt, now: now)
            : lifetime.isTooOld(openedAt: openedAt, now: now)
        guard isWornOut || nextStreamID > Self.lastStreamID else { return }
        phase = .draining
        closeIfDone()
    }

    // MARK: Channel

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case let event as StreamClosedEvent: closed(event)
        case let event as NIOHTTP2WindowUpdatedEvent: widen(event)
        case TLSUserEvent.handshakeCompleted(let chosen): handshakeCompleted(chosen, context: context)
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func handshakeCompleted(_ chosen: String?, context: ChannelHandlerContext) {
        guard chosen == "h2" else {
            dispatcher?.speaksOnlyHTTP1()
            return close()
        }
        phase = .settings
        do {
            let pipeline = context.pipeline.syncOperations
            try pipeline.addHandlers([FrameGathering(), StreamSettings.handler()], position: .before(self))
        } catch {
            fail(.notSent(answer: "not connected"))
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = true
        let frame = unwrapInboundIn(data)
        settleEarlyAnswer(isReset: frame.isReset && frame.streamID == answered)
        if let firstUnsent, frame.streamID >= firstUnsent { return end(as: .ambiguous(answer: "garbled")) }
        switch frame.payload {
        case .headers(let payload): received(payload, on: frame.streamID)
        case .data(let payload): received(payload, on: frame.streamID)
        case .rstStream(let code): wasReset(frame.streamID, code)
        case .goAway(let last, _, _): goAway(last)
        case .settings(.settings(let settings)): received(settings)
        case .ping(let data, ack: true): acknowledged(data.integer)
        default: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        settleEarlyAnswer()
        isReading = false
        firstUnsent = nil
        context.flush()
        closeIfDone()
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if isOpening {
            let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
            return fail(ConnectionTrouble.beforeSending(error, certificate: certificate))
        }
        if hasStreamError {
            hasStreamError = false
            return
        }
        if let error = error as? NIOHTTP2Errors.StreamError {
            finish(error.streamID, as: .ambiguous(answer: "garbled"))
            return
        }
        end(as: ConnectionTrouble.afterSending(answer: StreamSettings.word(for: error)))
    }

    func channelInactive(context: ChannelHandlerContext) {
        settleEarlyAnswer()
        if isOpening {
            fail(.notSent(answer: isWaitingForProxy ? "proxy closed" : "closed"))
        } else {
            end(as: .ambiguous(answer: "closed"))
        }
        context.fireChannelInactive()
    }

    // MARK: Ends

    func reset(_ id: HTTP2StreamID) { write(.rstStream(.cancel), on: id) }

    func write(_ payload: HTTP2Frame.FramePayload, on id: HTTP2StreamID = .rootStream) {
        context?.write(wrapOutboundOut(HTTP2Frame(streamID: id, payload: payload)), promise: nil)
    }

    func finish(_ id: HTTP2StreamID, as result: AttemptResult, afterReset: Bool = false) {
        guard let exchange = exchanges.removeValue(forKey: id) else { return }
        if afterReset { reset(id) }
        dispatcher?.finished(exchange, with: result)
    }

    /// Before a request could leave.
    func fail(_ result: AttemptResult) {
        let dispatcher = dispatcher
        phase = .closed
        self.dispatcher = nil
        socketEnd.reset()
        dispatcher?.failed(self, with: result)
    }

    /// Cuts the connection, as `WriteConnection` does: what of the requests waits in the kernel must not arrive later.
    private func end(as result: AttemptResult) {
        guard phase != .closed else { return }
        let dispatcher = dispatcher
        let (all, late) = (exchanges.values, givenUp)
        (exchanges, givenUp) = ([:], [])
        leave()
        socketEnd.reset()
        for exchange in all {
            let isTruncated = exchange.answer != nil && result.answer == "closed"
            dispatcher?.finished(exchange, with: isTruncated ? .ambiguous(answer: "truncated") : result)
        }
        for item in late { dispatcher?.finished(item.exchange, with: .unanswered(answer: "timeout")) }
    }

    private func closeIfDone() {
        if phase == .draining, exchanges.isEmpty, givenUp.isEmpty { close() }
    }

    private func leave() {
        phase = .closed
        dispatcher?.closed(self)
        dispatcher = nil
    }
}
