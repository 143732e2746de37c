import OutboundHTTP
import SyncCore
import TestKit
import Testing

@Suite(.timeLimit(.minutes(2))) struct ConnectionLifetimeTests {
    private static let start = ContinuousClock.now

    @Test(arguments: [
        (0, 0, false), (299, 299, false), (300, 299, false), (301, 300, true), (50, 0, false), (51, 0, true),
        (299, 240, true),
    ]) func aConnectionIsNotReusedWhenItIsOldOrWasIdleForLong(now: Int, lastUsed: Int, isOver: Bool) {
        let lifetime = ConnectionLifetime()
        #expect(
            lifetime.isOver(
                openedAt: Self.start, lastUsedAt: Self.start + .seconds(lastUsed), now: Self.start + .seconds(now))
                == isOver)
    }

    private func connections(of lifetime: ConnectionLifetime) async throws -> Int {
        let server = try RawServer { connection, _ in
            while connection.readRequest() != nil { connection.send("HTTP/1.1 204 No Content\r\n\r\n") }
        }
        defer { server.stop() }
        var options = ConnectionOptions()
        options.lifetime = lifetime
        let factory = try ConnectionFactory(
            endpoint: HTTPEndpoint("http://127.0.0.1:\(server.port)"), options: options)
        let shape = try RequestShape(method: "PATCH", path: "/", host: "h", headers: [], perWriteHeader: "x-uid")
        let feed = ScriptedFeed(10)
        await HTTPWriteClient(factory: factory, shape: shape) { answer, _ in .confirmed(answer: "\(answer.status)") }
            .deliver(from: feed, maximumInFlight: 1)
        #expect(feed.reports == Array(repeating: [.confirmed(answer: "204")], count: 10))
        return server.connectionCount
    }

    @Test func aConnectionWhoseTimeIsUpIsReplacedByANewOne() async throws {
        #expect(try await connections(of: ConnectionLifetime(maximumAge: .zero)) == 10)
        #expect(try await connections(of: ConnectionLifetime(maximumIdle: .zero)) == 10)
        #expect(try await connections(of: ConnectionLifetime()) == 1)
    }
}
