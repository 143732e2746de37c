import Contentstack
import NIOCore
import NIOHPACK
import NIOHTTP2
import OutboundHTTP
import SyncCore
import TestKit
import Testing

/// Delivery over HTTP/2 where all goes well.
@Suite(.timeLimit(.minutes(2))) struct StreamDeliveryTests {
    @Test func sendsTheRequestThatTheContractNames() async throws {
        let heads = Collected<HPACKHeaders>()
        let bodies = Collected<String>()
        let (feed, _) = try await deliverOverStreams(body: #"{"tier":"gold"}"#) { frame, peer in
            if case .headers(let payload) = frame.payload { heads.add(payload.headers) }
            bodies.add(frame.text)
            if frame.endsRequest { peer.answer(frame.streamID) }
        }
        let head = try #require(heads.all.first)
        let authority = try #require(head.first(name: ":authority"))
        #expect(authority.hasPrefix("localhost:"))
        #expect(
            head.map { "\($0.name): \($0.value)" }.sorted() == [
                ":authority: \(authority)", ":method: PATCH", ":path: /user-attributes", ":scheme: https",
                "content-length: 15", "content-type: application/json", "user-agent: headrace/1.2.3",
                "x-cs-personalize-user-uid: user-1", "x-project-uid: 6400000000000000000000ab",
            ])
        // What differs from user to user, and who they are, stays out of every table on the way.
        #expect(head.first { $0.name == "x-cs-personalize-user-uid" }?.indexable == .neverIndexed)
        #expect(bodies.all.joined() == #"{"tier":"gold"}"#)
        #expect(feed.reports == [[.confirmed(answer: "204")]])
    }

    @Test func oneConnectionCarriesManyStreamsAtOnce() async throws {
        let atOnce = Collected<Int>()
        let (feed, connections) = try await deliverOverStreams(2000, maximumInFlight: 32) { frame, peer in
            atOnce.add(peer.open.count)
            // Answers come in another order than the requests.
            guard frame.endsRequest, peer.open.count >= 8 || frame.streamID > 3900 else { return }
            for id in peer.open.reversed() { peer.answer(id) }
        }
        #expect(feed.reports == Array(repeating: [.confirmed(answer: "204")], count: 2000))
        #expect(connections == 1)
        #expect(feed.mostInFlight <= 32)
        #expect(atOnce.all.max() ?? 0 >= 8)
    }

    @Test(arguments: [1, 7]) func opensAsManyConnectionsAsTheServersLimitAsksFor(limit: Int) async throws {
        let settings = [HTTP2Setting(parameter: .maxConcurrentStreams, value: limit)]
        let atOnce = Collected<Int>()
        let (feed, connections) = try await deliverOverStreams(300, maximumInFlight: 20, settings: settings) {
            frame, peer in
            atOnce.add(peer.open.count)
            if frame.endsRequest { peer.answer(frame.streamID) }
        }
        #expect(feed.reports == Array(repeating: [.confirmed(answer: "204")], count: 300))
        #expect(connections <= 20)
        #expect(atOnce.all.max() ?? 0 <= limit)
    }

    @Test func followsALimitThatChangesOnTheWay() async throws {
        let late = Collected<Int>()
        let (feed, _) = try await deliverOverStreams(400, maximumInFlight: 16) { frame, peer in
            if frame.startsRequest, frame.streamID == 101 {
                peer.send(.settings(.settings([HTTP2Setting(parameter: .maxConcurrentStreams, value: 2)])))
            }
            // By then every stream from before the change is answered.
            if frame.startsRequest, frame.streamID > 301 { late.add(peer.open.count) }
            if frame.endsRequest { peer.answer(frame.streamID) }
        }
        #expect(feed.reports == Array(repeating: [.confirmed(answer: "204")], count: 400))
        #expect(late.all.max() ?? 0 <= 2)
    }

    @Test func aLargeBodyWaitsForItsWindow() async throws {
        let lengths = Collected<Int>()
        let body = String(repeating: "x", count: 200_000)
        let (feed, connections) = try await deliverOverStreams(3, body: body) { frame, peer in
            if case .data(let payload) = frame.payload {
                lengths.add(payload.data.readableBytes)
                if !payload.endStream {
                    peer.send(.windowUpdate(windowSizeIncrement: payload.data.readableBytes), on: frame.streamID)
                }
            }
            if frame.endsRequest { peer.answer(frame.streamID) }
        }
        #expect(feed.reports == Array(repeating: [.confirmed(answer: "204")], count: 3))
        #expect(lengths.all.reduce(0, +) == 600_000)
        #expect(connections == 1)
        #expect(feed.left == [1, 1, 1])
    }

    /// A server without HTTP/2: the same destination goes on, and says so once.
    @Test func goesOnWithHTTP1WhereTheServerOffersNothingElse() async throws {
        let (certificate, key) = try TestCertificates.issue("DNS:localhost")
        let server = try await TLSServer(certificate: certificate, key: key)
        let notices = Collected<String>()
        let feed = ScriptedFeed(500)
        let destination = try streamDestination(port: server.port) { notices.add($0) }
        try await destination.deliver(from: feed, maximumInFlight: 100)
        try await server.stop()
        #expect(feed.reports == Array(repeating: [.confirmed(answer: "204")], count: 500))
        #expect(feed.left == Array(repeating: 1, count: 500))
        #expect(notices.all == ["localhost:\(server.port) does not offer HTTP/2: going on with HTTP/1.1"])
    }

    @Test func aConnectionThatGrowsOldIsReplaced() async throws {
        let server = try await StreamServer { frame, peer in
            if frame.endsRequest { peer.answer(frame.streamID) }
        }
        let feed = ScriptedFeed(10)
        try await streamClient(port: server.port) { $0.lifetime = .init(maximumAge: .zero) }
            .deliver(from: feed, maximumInFlight: 1)
        try await server.stop()
        #expect(feed.reports == Array(repeating: [.confirmed(answer: "204")], count: 10))
        #expect(server.connectionCount == 10)
    }
}
