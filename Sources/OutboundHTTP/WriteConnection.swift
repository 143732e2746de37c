import NIOCore
import NIOHTTP1
import NIOSSL
import NIOTLS
import SyncCore

/// One keep-alive connection of a delivery: sends one request at a time and says what its answer proves. Lives on the
/// dispatcher's event loop.
final class WriteConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    /// The write on its way. `wasSent` turns true before its first byte may leave.
    struct Exchange {
        let write: PlannedWrite
        let startedAt: ContinuousClock.Instant
        var wasSent = false
        /// The number of the read under way when it was sent: nothing of that can be its answer.
        var sentInRead: Int?
        var answer: HTTPAnswer?
        var staysOpen = false
        var bodyLength = 0
        /// How much of it came with the read of this number.
        var lastPart = (read: 0, length: 0)
        var isChunked = false
    }

    /// Nil once the dispatcher is done with this connection.
    private var dispatcher: WriteDispatcher?
    private let shape: RequestShape
    private let factory: ConnectionFactory
    private var isSecure: Bool { factory.endpoint.isSecure }
    private let bytes: RequestBytes
    private var context: ChannelHandlerContext?
    private var isReady = false
    private var isFlushing = false
    private(set) var exchange: Exchange?
    private let openedAt: ContinuousClock.Instant
    private var lastUsedAt: ContinuousClock.Instant

    /// Only its method matters: the decoder notes that a request left. The bytes are `RequestBytes`' own.
    private static let noticeForDecoder = HTTPRequestHead(version: .http1_1, method: .PATCH, uri: "/")

    init(dispatcher: WriteDispatcher, shape: RequestShape, factory: ConnectionFactory, bytes: RequestBytes) {
        self.dispatcher = dispatcher
        self.shape = shape
        self.factory = factory
        self.bytes = bytes
        openedAt = .now
        lastUsedAt = openedAt
    }

    /// Its time is up: see `ConnectionLifetime`.
    func isWornOut(_ lifetime: ConnectionLifetime, now: ContinuousClock.Instant) -> Bool {
        lifetime.isOver(openedAt: openedAt, lastUsedAt: lastUsedAt, now: now)
    }

    /// False from the moment that it closes.
    var isUsable: Bool { dispatcher != nil && context?.channel.isActive == true }

    /// Takes the next write; it leaves as soon as the connection is ready.
    func start(_ write: PlannedWrite, at startedAt: ContinuousClock.Instant) {
        exchange = Exchange(write: write, startedAt: startedAt)
        lastUsedAt = startedAt
        if isReady { send() }
    }

    /// Waits no more for whatever is under way, and cuts the connection.
    func abandon(_ word: String) {
        end(as: exchange?.wasSent == true ? .unanswered(answer: word) : .notSent(answer: word))
    }

    /// Ends what is under way at its deadline.
    func expire() { abandon(bytes.isWaitingForProxy ? "proxy timeout" : "timeout") }

    private func end(as result: AttemptResult) {
        isReady = false
        finish(result)
        cut()
    }

    /// Nothing is told to the dispatcher from here on.
    func close() {
        leave()
        context?.close(promise: nil)
    }

    /// Closes without an unconfirmed request: an ordinary close would still deliver what of it waits in the kernel, and
    /// it could arrive after a newer one.
    private func cut() {
        leave()
        bytes.reset()
    }

    private func leave() {
        isReady = false
        dispatcher?.closed(self)
        dispatcher = nil
    }

    // MARK: Channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        bytes.connection = self
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        bytes.connection = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        if !isSecure { becomeReady() }
        context.fireChannelActive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent { becomeReady() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard exchange != nil else {
            close()
            return
        }
        // Only a write that fails lets something be read now: whatever it is, it answers no request of ours.
        if isFlushing { return }
        if exchange?.sentInRead == bytes.reads { return end(as: .ambiguous(answer: "garbled")) }
        switch unwrapInboundIn(data) {
        case .head(let head):
            exchange?.answer = HTTPAnswer(head)
            exchange?.staysOpen = head.isKeepAlive && head.status.code >= 200 && !head.hasStrayBody
            exchange?.isChunked = head.headers.contains(name: "transfer-encoding")
        case .body(let part):
            exchange?.add(part.readableBytes, inRead: bytes.reads)
            if exchange?.bodyLength ?? 0 > AnswerLimits.bodyInBytes { answeredAtLength() }
        case .end:
            // What stands behind it is the beginning of no answer that was asked for, though it may pass for one.
            if let exchange, !bytes.endsRead(after: exchange) { self.exchange?.staysOpen = false }
            answered()
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        isReady = false
        if let exchange {
            let certificate = isSecure ? try? context.pipeline.syncOperations.nioSSL_peerCertificate() : nil
            finish(
                // A flush that fails at once has put nothing whole on the wire.
                exchange.wasSent && !isFlushing
                    ? ConnectionTrouble.afterSending(error)
                    : ConnectionTrouble.beforeSending(error, certificate: certificate))
        }
        cut()
    }

    func channelInactive(context: ChannelHandlerContext) {
        isReady = false
        if let exchange {
            switch (exchange.answer, isFlushing) {
            case (nil, true):
                // NIO tells of a write that fails only by closing: nothing whole is on the wire.
                finish(.notSent(answer: "reset"))
            case (nil, false): finish(exchange.wasSent ? .ambiguous(answer: "closed") : .notSent(answer: "closed"))
            case (_, _): finish(.ambiguous(answer: "truncated"))
            }
        }
        close()
        context.fireChannelInactive()
    }

    /// A request waits for its answer.
    var mayRead: Bool { exchange?.wasSent == true }

    /// Bytes came that answer nothing: with them the next answer would be read wrongly.
    func endForStrayBytes() {
        if exchange == nil { close() } else { end(as: .notSent(answer: "garbled")) }
    }

    // MARK: Steps

    private func becomeReady() {
        isReady = true
        guard let exchange else { return }
        if factory.isInTime(exchange.startedAt) { send() } else { abandon("timeout") }
    }

    private func send() {
        guard let context, let write = exchange?.write else { return }
        exchange?.wasSent = true
        dispatcher?.leaves(write)
        if bytes.isReading { exchange?.sentInRead = bytes.reads }
        shape.fill(&bytes.buffer, with: write)
        isFlushing = true
        if bytes.usesDecoder {
            context.writeAndFlush(wrapOutboundOut(.head(Self.noticeForDecoder)), promise: nil)
        } else {
            bytes.send()
        }
        isFlushing = false
    }

    /// The decoder is about to see an answer to a request that passed it by, if there is one.
    func notifyDecoder() {
        guard let context, exchange?.wasSent == true else { return }
        context.write(wrapOutboundOut(.head(Self.noticeForDecoder)), promise: nil)
    }

    /// A whole answer that keeps the connection, where one `mayRead`.
    func answered(plainly answer: HTTPAnswer) {
        // As above: it answers no request of ours.
        if isFlushing { return }
        exchange?.answer = answer
        exchange?.staysOpen = true
        answered()
    }

    private func answered() {
        guard let exchange, let answer = exchange.answer else { return }
        if !exchange.staysOpen { isReady = false }
        guard let dispatcher else { return }
        finish(dispatcher.classify(answer, exchange.write.userUID))
        if !exchange.staysOpen { close() }
    }

    /// More body than is read. What refuses says so in its head; what confirms must be complete.
    private func answeredAtLength() {
        guard let exchange, let answer = exchange.answer, let dispatcher else { return }
        let result = dispatcher.classify(answer, exchange.write.userUID)
        switch result {
        case .refused, .forbidden, .throttled:
            isReady = false
            finish(result)
            cut()
        case .confirmed, .ambiguous, .unanswered, .notSent, .hopeless: end(as: .ambiguous(answer: "too large"))
        }
    }

    private func finish(_ result: AttemptResult) {
        guard let exchange else { return }
        self.exchange = nil
        dispatcher?.finished(exchange, with: result, on: self, staysOpen: isReady && exchange.staysOpen)
    }
}

extension WriteConnection.Exchange {
    mutating func add(_ length: Int, inRead read: Int) {
        bodyLength += length
        lastPart = (read, lastPart.read == read ? lastPart.length + length : length)
    }
}

extension HTTPResponseHead {
    /// An answer without a body by its status that announces one all the same: bytes that the next answer would begin
    /// with.
    fileprivate var hasStrayBody: Bool {
        guard status.code == 204 || status.code == 304 else { return false }
        return headers.contains(name: "transfer-encoding")
            || headers[canonicalForm: "content-length"].contains { $0 != "0" }
    }
}
