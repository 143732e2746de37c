import NIOCore
import NIOHTTP1
import NIOPosix

/// Puts a request's bytes, built whole in one buffer, where the decoder's notice comes by.
final class RequestBytes: ChannelOutboundHandler {
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = ByteBuffer

    var buffer = ByteBuffer()
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

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        context.write(wrapOutboundOut(buffer), promise: promise)
    }

    /// Closes the socket at once and throws away what the kernel has not sent of it.
    func reset() { (belowTLS?.context ?? context)?.reset() }
}

/// Stands between TLS and the socket: a close from above would first say goodbye to a server that may not listen.
final class SocketEnd: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    fileprivate var context: ChannelHandlerContext?

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
