import NIOHTTP2
import OutboundHTTP
import SyncCore
import TestKit
import Testing

/// A write whose connection took too long to come does not leave over it: this process may have been stopped meanwhile.
@Suite(.timeLimit(.minutes(2))) struct LateConnectionTests {
    private static let late: [[AttemptResult]] = Array(repeating: [.notSent(answer: "timeout")], count: 3)

    @Test func nothingLeavesLateOverHTTP1() async throws {
        let requests = Collected<String>()
        let server = try RawServer { connection, _ in
            if let request = connection.readRequest() { requests.add(request.head) }
        }
        defer { server.stop() }
        var options = ConnectionOptions()
        options.longestConnecting = .zero
        let factory = try ConnectionFactory(endpoint: HTTPEndpoint("http://127.0.0.1:\(server.port)"), options: options)
        let shape = try RequestShape(method: "PATCH", path: "/", host: "h", headers: [], perWriteHeader: "x-uid")
        let feed = ScriptedFeed(3)
        await HTTPWriteClient(factory: factory, shape: shape) { answer, _ in .confirmed(answer: "\(answer.status)") }
            .deliver(from: feed, maximumInFlight: 1)
        #expect(feed.reports == Self.late)
        #expect(requests.all.isEmpty)
    }

    @Test func nothingLeavesLateOverHTTP2() async throws {
        let requests = Collected<Int>()
        let server = try await StreamServer { frame, peer in
            guard frame.endsRequest else { return }
            requests.add(peer.number)
            peer.answer(frame.streamID)
        }
        let feed = ScriptedFeed(1)
        try await streamClient(port: server.port) { $0.longestConnecting = .zero }.deliver(
            from: feed, maximumInFlight: 1)
        try await server.stop()
        #expect(feed.reports == [[.notSent(answer: "timeout")]])
        #expect(requests.all.isEmpty)
    }

    /// What waited for HTTP/2 in vain waits again for HTTP/1.1.
    @Test func nothingLeavesLateWhereTheServerOffersOnlyHTTP1() async throws {
        let (certificate, key) = try TestCertificates.issue("DNS:localhost")
        let server = try await TLSServer(certificate: certificate, key: key)
        let feed = ScriptedFeed(3)
        try await streamClient(port: server.port) { $0.longestConnecting = .zero }.deliver(
            from: feed, maximumInFlight: 1)
        try await server.stop()
        #expect(feed.reports == Self.late)
    }
}
