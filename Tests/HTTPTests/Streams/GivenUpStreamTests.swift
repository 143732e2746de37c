import Contentstack
import NIOCore
import NIOHTTP2
import SyncCore
import TestKit
import Testing

/// Streams without an answer in time.
@Suite(.timeLimit(.minutes(2))) struct GivenUpStreamTests {
    /// Far longer than a connection takes to come up while every other test of the group makes some.
    private let patience = Duration.seconds(10)

    /// The others go on, and the server hears that nobody waits any more.
    @Test func aStreamWithoutAnswerIsResetAlone() async throws {
        let resets = Collected<HTTP2ErrorCode>()
        let (feed, connections) = try await deliverOverStreams(200, maximumInFlight: 4, timeout: patience) {
            frame, peer in
            if let code = frame.resetCode { resets.add(code) }
            if frame.endsRequest, frame.streamID != 5 { peer.answer(frame.streamID) }
        }
        #expect(feed.reports.filter { $0 == [.confirmed(answer: "204")] }.count == 199)
        #expect(feed.reports.contains([.unanswered(answer: "timeout")]))
        #expect(resets.all == [.cancel])
        #expect(connections == 1)
    }

    /// The server reads no more, so it never says that it has seen the reset: what lies on the way must not arrive after
    /// the retry, and the connection is cut.
    @Test func aConnectionThatStandsStillIsCut() async throws {
        let (feed, connections) = try await deliverOverStreams(2, timeout: patience) { frame, peer in
            guard frame.startsRequest else { return }
            if peer.number == 1 { peer.stopReading() } else { peer.answer(frame.streamID) }
        }
        #expect(feed.reports == [[.unanswered(answer: "timeout")], [.confirmed(answer: "204")]])
        #expect(connections == 2)
    }

    @Test func aWindowThatStaysClosedEndsWithTheDeadline() async throws {
        let settings = [HTTP2Setting(parameter: .initialWindowSize, value: 0)]
        let bodies = Collected<Int>()
        let (feed, _) = try await deliverOverStreams(2, timeout: patience, settings: settings) { frame, _ in
            if case .data(let payload) = frame.payload { bodies.add(payload.data.readableBytes) }
        }
        #expect(feed.reports == Array(repeating: [.unanswered(answer: "timeout")], count: 2))
        #expect(bodies.all.isEmpty)
    }

    @Test func aServerThatAllowsNoStreamIsNotSentTo() async throws {
        let settings = [HTTP2Setting(parameter: .maxConcurrentStreams, value: 0)]
        let (feed, _) = try await deliverOverStreams(2, timeout: .seconds(2), settings: settings) { _, _ in }
        #expect(feed.reports == Array(repeating: [.notSent(answer: "timeout")], count: 2))
    }

    @Test func aHandshakeThatNeverEndsHoldsNoOneBeyondTheDeadline() async throws {
        let server = try RawServer { connection, _ in connection.waitForClose() }
        defer { server.stop() }
        let feed = ScriptedFeed(3)
        try await streamDestination(port: server.port, timeout: .seconds(2))
            .deliver(from: feed, maximumInFlight: 3)
        #expect(feed.reports == Array(repeating: [.notSent(answer: "timeout")], count: 3))
    }

    @Test func cancellingReportsEveryWriteOnce() async throws {
        let arrived = Collected<Int>()
        let server = try await StreamServer([HTTP2Setting(parameter: .maxConcurrentStreams, value: 2)]) { frame, peer in
            if frame.endsRequest { arrived.add(peer.number) }
        }
        let feed = ScriptedFeed(50)
        let destination = try streamDestination(port: server.port)
        let delivery = Task { try await destination.deliver(from: feed, maximumInFlight: 5) }
        while arrived.all.count < 5 { await Task.yield() }
        delivery.cancel()
        try await delivery.value
        try await server.stop()
        #expect(feed.reports.filter { $0 == [.unanswered(answer: "cancelled")] }.count == 5)
        #expect(feed.reports.filter(\.isEmpty).count == 45)
    }

    @Test func cancellingDoesNotWaitForAHandshake() async throws {
        let accepted = AsyncStream<Void>.makeStream()
        let server = try RawServer { connection, _ in
            accepted.continuation.yield()
            connection.waitForClose()
        }
        defer { server.stop() }
        let feed = ScriptedFeed(3)
        let destination = try streamDestination(port: server.port, timeout: .seconds(3600))
        let delivery = Task { try await destination.deliver(from: feed, maximumInFlight: 3) }
        for await _ in accepted.stream { break }
        delivery.cancel()
        try await delivery.value
        #expect(feed.reports == Array(repeating: [.notSent(answer: "cancelled")], count: 3))
    }
}
