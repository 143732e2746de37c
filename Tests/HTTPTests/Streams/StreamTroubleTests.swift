import Contentstack
import NIOHPACK
import NIOHTTP2
import SyncCore
import TestKit
import Testing

/// What becomes of writes over HTTP/2 when the server, or the network, has it another way.
@Suite(.timeLimit(.minutes(2))) struct StreamTroubleTests {
    static let answers: [(Int, [(String, String)], AttemptResult)] = [
        (200, [], .confirmed(answer: "200")),
        (204, [("x-cs-personalize-user-uid", "user-1")], .confirmed(answer: "204")),
        (204, [("x-cs-personalize-user-uid", "user-2")], .ambiguous(answer: "204 for another user")),
        (202, [], .unanswered(answer: "202")), (302, [("location", "https://x/")], .forbidden(answer: "302")),
        (403, [], .forbidden(answer: "403")), (404, [], .refused(answer: "404")),
        (429, [("retry-after", "7")], .throttled(answer: "429", after: .seconds(7))),
        (503, [], .ambiguous(answer: "503")),
    ]

    @Test(arguments: answers) func everyAnswerProvesWhatItDoesOverHTTP1(
        status: Int, fields: [(String, String)], result: AttemptResult
    ) async throws {
        let (feed, _) = try await deliverOverStreams { frame, peer in
            guard frame.endsRequest else { return }
            peer.send(.headers(.init(headers: [":status": "103"])), on: frame.streamID)
            peer.answer(frame.streamID, status, fields, body: status == 204 ? "" : "{}")
        }
        #expect(feed.reports == [[result]])
    }

    /// It answers when it has seen the head of the request, and takes no more of the body.
    @Test(arguments: [true, false]) func anEarlyAnswerIsAnAnswer(resets: Bool) async throws {
        let body = String(repeating: "x", count: 200_000)
        let (feed, connections) = try await deliverOverStreams(50, maximumInFlight: 5, body: body) { frame, peer in
            guard frame.startsRequest else { return }
            peer.answer(frame.streamID)
            if resets { peer.send(.rstStream(.noError), on: frame.streamID) }
        }
        #expect(feed.reports == Array(repeating: [.confirmed(answer: "204")], count: 50))
        #expect(connections == 1)
    }

    /// Small requests are through before the answer; what follows it is no news.
    @Test func aResetBehindEveryAnswerHarmsNoOne() async throws {
        let (feed, connections) = try await deliverOverStreams(3000, maximumInFlight: 20) { frame, peer in
            guard frame.startsRequest else { return }
            peer.answer(frame.streamID)
            peer.send(.rstStream(.noError), on: frame.streamID)
        }
        #expect(feed.reports == Array(repeating: [.confirmed(answer: "204")], count: 3000))
        #expect(connections == 1)
    }

    /// The second answer was there before its request: it came with the first.
    @Test func anAnswerThatCameBeforeItsRequestProvesNothing() async throws {
        let (feed, connections) = try await deliverOverStreams(2) { frame, peer in
            guard frame.endsRequest else { return }
            // HEADERS, END_STREAM and END_HEADERS, ":status: 204" of the static table.
            func answer(_ stream: UInt8) -> [UInt8] { [0, 0, 1, 1, 5, 0, 0, 0, stream, 0x89] }
            peer.sendBytes(answer(1) + answer(3))
        }
        #expect(feed.reports == [[.confirmed(answer: "204")], [.ambiguous(answer: "garbled")]])
        #expect(connections == 1)
    }

    @Test(arguments: [
        (HTTP2ErrorCode.refusedStream, AttemptResult.notSent(answer: "refused stream")),
        (.internalError, .ambiguous(answer: "reset")), (.noError, .ambiguous(answer: "reset")),
        (.enhanceYourCalm, .ambiguous(answer: "reset")),
    ]) func aResetStreamHarmsOnlyItself(code: HTTP2ErrorCode, result: AttemptResult) async throws {
        let (feed, connections) = try await deliverOverStreams(20, maximumInFlight: 4) { frame, peer in
            guard frame.endsRequest else { return }
            if frame.streamID == 9 { peer.send(.rstStream(code), on: 9) } else { peer.answer(frame.streamID) }
        }
        #expect(feed.reports.filter { $0 == [.confirmed(answer: "204")] }.count == 19)
        #expect(feed.reports.contains([result]))
        #expect(connections == 1)
    }

    @Test func aResetInTheMiddleOfAnAnswerIsNoAnswer() async throws {
        let (feed, _) = try await deliverOverStreams { frame, peer in
            guard frame.endsRequest else { return }
            peer.send(.headers(.init(headers: [":status": "200"])), on: frame.streamID)
            peer.send(.rstStream(.internalError), on: frame.streamID)
        }
        #expect(feed.reports == [[.ambiguous(answer: "reset")]])
    }

    /// Four are on their way, the server says that it looks at the first three: those are answered, the fourth was not
    /// applied for certain and goes over another connection with the rest.
    @Test func whatComesAfterAGoAwayWasNotApplied() async throws {
        let (feed, connections) = try await deliverOverStreams(12, maximumInFlight: 4) { frame, peer in
            guard frame.endsRequest else { return }
            guard peer.number == 1 else { return peer.answer(frame.streamID) }
            guard frame.streamID == 7 else { return }
            peer.send(.goAway(lastStreamID: 5, errorCode: .noError, opaqueData: nil))
            for id in [1, 3, 5] { peer.answer(HTTP2StreamID(id)) }
        }
        #expect(feed.reports == Array(repeating: [.confirmed(answer: "204")], count: 12))
        #expect(connections == 2)
    }

    @Test func aServerThatAlwaysGoesAwayIsNotSentToForEver() async throws {
        let (feed, connections) = try await deliverOverStreams { frame, peer in
            guard frame.endsRequest else { return }
            peer.send(.goAway(lastStreamID: 0, errorCode: .noError, opaqueData: nil))
        }
        #expect(feed.reports == [[.notSent(answer: "going away")]])
        #expect(connections == 2)
    }

    @Test func aConnectionThatIsLostTellsNothingOfWhatWasOnIt() async throws {
        let (feed, connections) = try await deliverOverStreams(9, maximumInFlight: 3) { frame, peer in
            guard frame.endsRequest else { return }
            guard peer.number == 1 else { return peer.answer(frame.streamID) }
            guard peer.open.count == 3 else { return }
            peer.send(.headers(.init(headers: [":status": "200"])), on: 1)
            peer.close()
        }
        #expect(feed.reports.filter { $0 == [.confirmed(answer: "204")] }.count == 6)
        let lost = feed.reports.filter { $0 != [.confirmed(answer: "204")] }
        #expect(lost.allSatisfy { $0 == [.ambiguous(answer: "closed")] || $0 == [.ambiguous(answer: "truncated")] })
        #expect(lost.count == 3)
        #expect(connections == 2)
    }

    @Test func tooMuchAnswerIsNone() async throws {
        let huge = String(repeating: "x", count: 70_000)
        let (feed, connections) = try await deliverOverStreams(3) { frame, peer in
            guard frame.endsRequest else { return }
            switch frame.streamID {
            case 1: peer.answer(1, 200, body: huge)
            case 3: peer.answer(3, 403, body: huge)
            default: peer.answer(frame.streamID)
            }
        }
        #expect(
            feed.reports == [
                [.ambiguous(answer: "too large")], [.forbidden(answer: "403")], [.confirmed(answer: "204")],
            ])
        #expect(connections == 1)
    }

    @Test func tooLargeHeadersAreNoAnswer() async throws {
        // Zeros: compressed, they still fit one frame. The library says no more than that it could not read it.
        let (feed, _) = try await deliverOverStreams { frame, peer in
            guard frame.endsRequest else { return }
            peer.answer(frame.streamID, 204, [("x", String(repeating: "0", count: 20_000))])
        }
        #expect(feed.reports == [[.ambiguous(answer: "garbled")]])
    }

    @Test func anAnswerThatBreaksItsWordHarmsOnlyItself() async throws {
        let (feed, connections) = try await deliverOverStreams(8, maximumInFlight: 4) { frame, peer in
            guard frame.endsRequest else { return }
            peer.answer(frame.streamID, 200, frame.streamID == 5 ? [("content-length", "10")] : [], body: "{}")
        }
        #expect(feed.reports.filter { $0 == [.confirmed(answer: "200")] }.count == 7)
        #expect(feed.reports.contains([.ambiguous(answer: "garbled")]))
        #expect(connections == 1)
    }

    @Test func aServerThatIsGoneIsNotSentTo() async throws {
        let refused = try RefusedPort()
        defer { refused.release() }
        let feed = ScriptedFeed(250)
        try await streamDestination(port: refused.number).deliver(from: feed, maximumInFlight: 250)
        #expect(feed.reports == Array(repeating: [.notSent(answer: "connection refused")], count: 250))
    }
}
