import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import TestKit

/// Ends TLS in front of a plain server on loopback and passes bytes, ends and resets on, both ways.
final class TLSFront: Sendable {
    private let channel: Mutex<(any Channel)?> = Mutex(nil)
    private let context: Mutex<NIOSSLContext>
    private let accepted = Mutex(0)

    init(_ identity: (certificate: String, key: String), to port: Int) async throws {
        context = Mutex(try Self.context(identity))
        let bound = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { [weak self] front in
                front.eventLoop.makeCompletedFuture {
                    guard let self else { throw ChannelError.ioOnClosedChannel }
                    self.accepted.withLock { $0 += 1 }
                    let context = self.context.withLock { $0 }
                    try front.pipeline.syncOperations.addHandlers(
                        NIOSSLServerHandler(context: context), FrontEnd(port: port))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        channel.withLock { $0 = bound }
    }

    deinit { channel.withLock { $0 }?.close(promise: nil) }

    var port: Int { channel.withLock { $0?.localAddress?.port ?? 0 } }
    var connectionCount: Int { accepted.withLock { $0 } }

    /// For connections from here on.
    func present(_ identity: (certificate: String, key: String)) throws {
        let new = try Self.context(identity)
        context.withLock { $0 = new }
    }

    private static func context(_ identity: (certificate: String, key: String)) throws -> NIOSSLContext {
        try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: NIOSSLCertificate.fromPEMFile(identity.certificate).map { .certificate($0) },
                privateKey: .privateKey(NIOSSLPrivateKey(file: identity.key, format: .pem))))
    }
}

/// What a client says goes to the plain server.
private final class FrontEnd: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let port: Int
    private var back: (any Channel)?
    /// Until the plain server is connected to.
    private var waiting: [ByteBuffer] = []
    private var isOver = false

    init(port: Int) { self.port = port }

    func channelActive(context: ChannelHandlerContext) {
        let front = context.channel
        ClientBootstrap(group: context.eventLoop)
            .channelInitializer { back in
                back.eventLoop.makeCompletedFuture { try back.pipeline.syncOperations.addHandler(BackEnd(front)) }
            }
            .connect(host: "127.0.0.1", port: port).assumeIsolated()
            .whenComplete { [self] result in
                guard let channel = try? result.get(), !isOver else {
                    try? result.get().close(promise: nil)
                    front.close(promise: nil)
                    return
                }
                back = channel
                for bytes in waiting { channel.writeAndFlush(bytes, promise: nil) }
                waiting = []
            }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        if let back { back.writeAndFlush(bytes, promise: nil) } else { waiting.append(bytes) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        isOver = true
        back?.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        isOver = true
        back?.close(promise: nil)
        context.close(promise: nil)
    }
}

/// What the plain server says, or does, goes to the client.
private final class BackEnd: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let front: any Channel

    init(_ front: any Channel) { self.front = front }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        front.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { front.close(promise: nil) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A close sends RST then.
        _ = (front as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        front.close(promise: nil)
        context.close(promise: nil)
    }
}
