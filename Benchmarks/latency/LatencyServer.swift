import NIOCore
import NIOHTTP1
import NIOPosix

/// Answers 204 to every request after so many milliseconds, on one thread: `latency-server PORT MILLISECONDS`. It costs
/// a fraction of what `headrace simulate` does, which leaves the machine to what is measured.
@main struct LatencyServer {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst().compactMap { Int($0) }
        guard arguments.count == 2 else {
            print("usage: latency-server PORT MILLISECONDS")
            return
        }
        let delay = TimeAmount.milliseconds(Int64(arguments[1]))
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup(numberOfThreads: 1))
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        ByteToMessageHandler(HTTPRequestDecoder()), LateAnswer(delay),
                    ])
                }
            }
            .bind(host: "127.0.0.1", port: arguments[0]).get()
        try await server.closeFuture.get()
    }
}

/// One request at a time on each connection, as HTTP/1.1 has it.
private final class LateAnswer: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    private static let answer = ByteBuffer(string: "HTTP/1.1 204 No Content\r\n\r\n")
    private let delay: TimeAmount

    init(_ delay: TimeAmount) { self.delay = delay }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .end = unwrapInboundIn(data) else { return }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: delay) {
            let (handler, context) = bound.value
            context.writeAndFlush(handler.wrapOutboundOut(Self.answer), promise: nil)
        }
    }
}
