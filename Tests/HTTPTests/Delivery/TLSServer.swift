import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import TestKit

/// Answers every request on a TLS connection with 204.
struct TLSServer {
    private let channel: any Channel
    let port: Int

    init(certificate: String, key: String, onlyVersion: TLSVersion? = nil) async throws {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)))
        if let onlyVersion {
            (configuration.minimumTLSVersion, configuration.maximumTLSVersion) = (onlyVersion, onlyVersion)
        }
        let context = try NIOSSLContext(configuration: configuration)
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(NIOSSLServerHandler(context: context), Answering())
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        // A closed channel no longer knows it.
        port = channel.localAddress?.port ?? 0
    }

    func stop() async throws { try await channel.close() }
}

/// Requests of these tests are small and come whole.
private final class Answering: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.writeAndFlush(
            wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 204 No Content\r\n\r\n")), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
