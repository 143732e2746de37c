import NIOCore
import NIOPosix
import OutboundHTTP
import SyncCore
import Synchronization
import TestKit
import Testing

/// Which address of a name is connected to, and when it is asked for again.
@Suite(.timeLimit(.minutes(2))) struct ResolvedNameTests {
    /// Delivers `count` writes one after the other to `edge.example`, as the resolver says.
    private func deliver(
        _ count: Int, port: Int, to resolver: ScriptedResolver, lifetime: ConnectionLifetime = ConnectionLifetime()
    ) async throws -> [[AttemptResult]] {
        var options = ConnectionOptions()
        options.lifetime = lifetime
        options.resolver = { ResolverOnLoop(answers: resolver, loop: $0) }
        let factory = try ConnectionFactory(endpoint: HTTPEndpoint("http://edge.example:\(port)"), options: options)
        let shape = try RequestShape(
            method: "PATCH", path: "/user-attributes", host: "edge.example", headers: [], perWriteHeader: "x-uid")
        let feed = ScriptedFeed(count)
        let client = HTTPWriteClient(factory: factory, shape: shape) { answer, _ in
            .confirmed(answer: answer.header("x-server") ?? "?")
        }
        await client.deliver(from: feed, maximumInFlight: 1)
        return feed.reports
    }

    private func server(_ name: String, on host: String = "127.0.0.1", port: Int = 0) async throws -> any Channel {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NamedServer(name))
                }
            }
            .bind(host: host, port: port).get()
    }

    private func port(_ channel: any Channel) -> Int { channel.localAddress?.port ?? 0 }

    @Test(arguments: ["127.0.0.1", "::1"]) func findsTheOneAddressThatListens(host: String) async throws {
        let server = try await server("only", on: host)
        let resolver = ScriptedResolver([.addresses(v4: "127.0.0.1", v6: "::1")])
        let reports = try await deliver(3, port: port(server), to: resolver)
        try await server.close()
        #expect(reports == Array(repeating: [.confirmed(answer: "only")], count: 3))
    }

    /// Nothing answers at 100::1 (RFC 6666): the other address is tried without waiting for it.
    @Test func anAddressThatSwallowsEverythingHoldsNoOneUp() async throws {
        let server = try await server("four")
        let resolver = ScriptedResolver([.addresses(v4: "127.0.0.1", v6: "100::1")])
        let reports = try await deliver(1, port: port(server), to: resolver)
        try await server.close()
        #expect(reports == [[.confirmed(answer: "four")]])
    }

    @Test func newConnectionsGoWhereTheNameLeadsNow() async throws {
        let first = try await server("first")
        let second = try await server("second", on: "127.0.0.2", port: port(first))
        let resolver = ScriptedResolver([
            .addresses(v4: "127.0.0.1", v6: nil), .addresses(v4: "127.0.0.2", v6: nil),
        ])
        let once = ConnectionLifetime(maximumAge: .zero)
        let reports = try await deliver(3, port: port(first), to: resolver, lifetime: once)
        try await first.close()
        try await second.close()
        #expect(
            reports == [
                [.confirmed(answer: "first")], [.confirmed(answer: "second")], [.confirmed(answer: "second")],
            ])
    }

    @Test func anAnswerLivesAsLongAsTheConnection() async throws {
        let first = try await server("first")
        let resolver = ScriptedResolver([.addresses(v4: "127.0.0.1", v6: nil), .unknown])
        let reports = try await deliver(20, port: port(first), to: resolver)
        try await first.close()
        #expect(reports == Array(repeating: [.confirmed(answer: "first")], count: 20))
        #expect(resolver.questionCount == 1)
    }

    @Test func aNameThatIsNotFoundIsAskedForAgain() async throws {
        let server = try await server("found")
        let resolver = ScriptedResolver([.unknown, .unknown, .addresses(v4: "127.0.0.1", v6: nil)])
        let reports = try await deliver(4, port: port(server), to: resolver)
        try await server.close()
        #expect(
            reports == [
                [.notSent(answer: "name not resolved")], [.notSent(answer: "name not resolved")],
                [.confirmed(answer: "found")], [.confirmed(answer: "found")],
            ])
    }
}

/// Answers in order, the last one for ever.
final class ScriptedResolver: Sendable {
    enum Answer: Sendable {
        case addresses(v4: String?, v6: String?)
        case unknown
    }

    struct NotFound: Error {}

    private let answers: [Answer]
    private let asked = Mutex(0)

    init(_ answers: [Answer]) { self.answers = answers }

    var questionCount: Int { asked.withLock { $0 } }

    func next() -> Answer {
        asked.withLock { asked in
            asked += 1
            return answers[min(asked, answers.count) - 1]
        }
    }
}

/// One connection's question.
private final class ResolverOnLoop: Resolver, Sendable {
    private let answer: ScriptedResolver.Answer
    private let loop: any EventLoop

    init(answers: ScriptedResolver, loop: any EventLoop) {
        answer = answers.next()
        self.loop = loop
    }

    func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> { addresses(port) { $0.0 } }

    func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> { addresses(port) { $0.1 } }

    func cancelQueries() {}

    private func addresses(
        _ port: Int, _ choose: ((String?, String?)) -> String?
    ) -> EventLoopFuture<[SocketAddress]> {
        switch answer {
        case .unknown: loop.makeFailedFuture(ScriptedResolver.NotFound())
        case .addresses(let four, let six):
            loop.makeCompletedFuture {
                try choose((four, six)).map { [try SocketAddress(ipAddress: $0, port: port)] } ?? []
            }
        }
    }
}

/// Answers 204 and says who it is. Requests of these tests are small and come whole.
private final class NamedServer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let name: String

    init(_ name: String) { self.name = name }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let answer = ByteBuffer(string: "HTTP/1.1 204 No Content\r\nx-server: \(name)\r\n\r\n")
        context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
