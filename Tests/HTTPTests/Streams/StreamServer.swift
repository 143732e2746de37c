import NIOCore
import NIOHPACK
import NIOHTTP2
import NIOPosix
import NIOSSL
import SyncCore
import Synchronization

/// An HTTP/2 server over TLS that does to each frame what a test says.
final class StreamServer: Sendable {
    /// Called on the connection's event loop with every frame that came.
    typealias Script = @Sendable (HTTP2Frame, StreamPeer) -> Void

    private let channel: any Channel
    private let accepted: Accepted
    let port: Int
    var connectionCount: Int { accepted.count.withLock { $0 } }

    private final class Accepted: Sendable {
        let count = Mutex(0)

        func next() -> Int {
            count.withLock { count in
                count += 1
                return count
            }
        }
    }

    init(_ settings: HTTP2Settings = nioDefaultSettings, script: @escaping Script) async throws {
        let (certificate, key) = try TestCertificates.issue("DNS:localhost")
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)))
        configuration.applicationProtocols = ["h2", "http/1.1"]
        let context = try NIOSSLContext(configuration: configuration)
        let accepted = Accepted()
        self.accepted = accepted
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        NIOSSLServerHandler(context: context),
                        // It may break its word about lengths.
                        NIOHTTP2Handler(
                            mode: .server, initialSettings: settings, contentLengthValidation: .disabled),
                        ScriptedStreams(number: accepted.next(), script: script))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    func stop() async throws { try await channel.close() }
}

/// The server's end of one connection; only for the script that it is given to.
final class StreamPeer {
    /// From 1, in the order in which connections came.
    let number: Int
    /// Streams whose request came and whose answer is not sent, in order.
    var open: [HTTP2StreamID] = []
    private let context: ChannelHandlerContext

    fileprivate init(number: Int, context: ChannelHandlerContext) {
        self.number = number
        self.context = context
    }

    func send(_ payload: HTTP2Frame.FramePayload, on id: HTTP2StreamID = .rootStream) {
        context.writeAndFlush(NIOAny(HTTP2Frame(streamID: id, payload: payload)), promise: nil)
    }

    /// A whole answer; with a body where `body` is not empty.
    func answer(_ id: HTTP2StreamID, _ status: Int = 204, _ fields: [(String, String)] = [], body: String = "") {
        open.removeAll { $0 == id }
        let headers = HPACKHeaders([(":status", String(status))] + fields)
        send(.headers(.init(headers: headers, endStream: body.isEmpty)), on: id)
        if !body.isEmpty { send(.data(.init(data: .byteBuffer(ByteBuffer(string: body)), endStream: true)), on: id) }
    }

    /// Past the protocol's rules, in one piece.
    func sendBytes(_ bytes: [UInt8]) {
        guard let below = try? context.pipeline.syncOperations.context(handlerType: NIOHTTP2Handler.self) else {
            return
        }
        below.writeAndFlush(NIOAny(ByteBuffer(bytes: bytes)), promise: nil)
    }

    func close() { context.close(promise: nil) }

    /// Nothing more is taken from the socket.
    func stopReading() { _ = context.channel.setOption(.autoRead, value: false) }
}

extension HTTP2Frame {
    /// The last frame of a request.
    var endsRequest: Bool {
        switch payload {
        case .headers(let payload): payload.endStream
        case .data(let payload): payload.endStream
        default: false
        }
    }

    /// What a DATA frame carries.
    var text: String {
        guard case .data(let payload) = payload, case .byteBuffer(let bytes) = payload.data else { return "" }
        return String(buffer: bytes)
    }

    var startsRequest: Bool { if case .headers = payload { true } else { false } }

    var resetCode: HTTP2ErrorCode? { if case .rstStream(let code) = payload { code } else { nil } }
}

private final class ScriptedStreams: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame

    private let number: Int
    private let script: StreamServer.Script
    private var peer: StreamPeer?

    init(number: Int, script: @escaping StreamServer.Script) {
        self.number = number
        self.script = script
    }

    func handlerAdded(context: ChannelHandlerContext) { peer = StreamPeer(number: number, context: context) }

    func handlerRemoved(context: ChannelHandlerContext) { peer = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let peer else { return }
        let frame = unwrapInboundIn(data)
        if frame.startsRequest { peer.open.append(frame.streamID) }
        if case .data(let payload) = frame.payload, payload.data.readableBytes > 0 {
            peer.send(.windowUpdate(windowSizeIncrement: payload.data.readableBytes))
        }
        script(frame, peer)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
