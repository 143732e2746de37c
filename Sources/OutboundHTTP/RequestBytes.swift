import NIOCore
import NIOHTTP1
import NIOPosix

/// Puts a request's bytes, built whole in one buffer, where the decoder's notice comes by; and hands plain answers past
/// the decoder, which costs as much as all the rest of an exchange outside of the kernel.
final class RequestBytes: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = ByteBuffer

    var buffer = ByteBuffer()
    /// Takes plain answers; nil where all are for the decoder.
    var connection: WriteConnection?
    /// Counts what was read from the socket.
    private(set) var reads = 0
    private(set) var isReading = false
    private var read = ByteBuffer()
    /// From the first answer that is not plain the decoder has all of this connection: it keeps what it did not use.
    private(set) var usesDecoder = false
    private var isNoticeOnly = false
    private let belowTLS: SocketEnd?
    private let tunnel: ProxyTunnel?
    private var context: ChannelHandlerContext?

    /// `belowTLS` is nil on a connection without TLS, `tunnel` on one without a proxy.
    init(belowTLS: SocketEnd?, tunnel: ProxyTunnel?) {
        self.belowTLS = belowTLS
        self.tunnel = tunnel
    }

    /// The endpoint has heard nothing yet.
    var isWaitingForProxy: Bool { tunnel?.isOpen == false }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    /// Sends the bytes without a notice for the decoder.
    func send() { context?.writeAndFlush(wrapOutboundOut(buffer), promise: nil) }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isNoticeOnly else {
            promise?.succeed()
            return
        }
        context.write(wrapOutboundOut(buffer), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        reads += 1
        isReading = true
        defer { isReading = false }
        if let connection, !connection.mayRead { return connection.endForStrayBytes() }
        if !usesDecoder, let connection {
            if let answer = HTTPAnswer(plain: unwrapInboundIn(data)) {
                connection.answered(plainly: answer)
                return
            }
            usesDecoder = true
            // It must hear of the request before it sees the answer.
            isNoticeOnly = true
            connection.notifyDecoder()
            isNoticeOnly = false
        }
        read = unwrapInboundIn(data)
        defer { read = ByteBuffer() }
        context.fireChannelRead(data)
    }

    private static let endOfHead = Array("\r\n\r\n".utf8)

    /// Whether the read under way holds nothing behind the answer that ends in it. The decoder does not say: a part of a
    /// head it keeps for itself.
    func endsRead(after exchange: WriteConnection.Exchange) -> Bool {
        let body = exchange.lastPart.read == reads && !exchange.isChunked ? exchange.lastPart.length : 0
        let bytes = read.readableBytesView.dropLast(body)
        // The head came before; or it, or the last chunk, ends here.
        return body > 0 && bytes.isEmpty || bytes.suffix(Self.endOfHead.count).elementsEqual(Self.endOfHead)
    }

    /// Closes the socket at once and throws away what the kernel has not sent of it.
    func reset() {
        if let belowTLS { belowTLS.reset() } else { context?.reset() }
    }
}

/// Stands between TLS and the socket: a close from above would first say goodbye to a server that may not listen.
final class SocketEnd: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    /// Closes the socket at once and throws away what the kernel has not sent of it.
    func reset() { context?.reset() }
}

extension ChannelHandlerContext {
    /// Without lingering, close(2) drops the send buffer and sends RST.
    fileprivate func reset() {
        _ = (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        close(promise: nil)
    }
}
