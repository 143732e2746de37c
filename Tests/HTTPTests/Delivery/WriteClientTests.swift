import Contentstack
import Foundation
import OutboundHTTP
import SyncCore
import Synchronization
import TestKit
import Testing

@Suite(.timeLimit(.minutes(2))) struct WriteClientTests {
    @Test func sendsTheRequestThatTheContractNames() async throws {
        let box = Box()
        let (feed, server) = try await deliver(body: #"{"tier":"gold"}"#) { connection, _ in
            box.set(connection.readRequest())
            connection.send("HTTP/1.1 204 No Content\r\n\r\n")
            connection.waitForClose()
        }
        let request = try #require(box.value)
        let lines = request.head.components(separatedBy: "\r\n")
        #expect(lines.first == "PATCH /user-attributes HTTP/1.1")
        #expect(
            lines.dropFirst().map { $0.lowercased() }.sorted() == [
                "content-length: 15", "content-type: application/json", "host: 127.0.0.1:\(server.port)",
                "user-agent: headrace/1.2.3", "x-cs-personalize-user-uid: user-1",
                "x-project-uid: 6400000000000000000000ab",
            ])
        #expect(request.body == #"{"tier":"gold"}"#)
        #expect(feed.reports == [[.confirmed(answer: "204")]])
    }

    /// A server, or what stands before it, that answers once too often: the second answer was there before its request.
    @Test func anAnswerThatCameBeforeItsRequestProvesNothing() async throws {
        let (feed, _) = try await deliver(2) { connection, number in
            _ = connection.readRequest()
            let answer = "HTTP/1.1 204 No Content\r\n\r\n"
            connection.send(number == 1 ? answer + answer : answer)
            connection.waitForClose()
        }
        #expect(feed.reports == [[.confirmed(answer: "204")], [.ambiguous(answer: "garbled")]])
    }

    /// Whole answers, each on a fresh connection, and what they prove.
    static let answers: [(String, AttemptResult)] = [
        ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", .confirmed(answer: "200")),
        ("HTTP/1.1 204 No Content\r\nx-cs-personalize-user-uid: user-1\r\n\r\n", .confirmed(answer: "204")),
        (
            "HTTP/1.1 204 No Content\r\nX-CS-Personalize-User-UID: user-2\r\n\r\n",
            .ambiguous(answer: "204 for another user")
        ),
        ("HTTP/1.1 204 No Content\r\ncontent-length: 3\r\n\r\nabc", .confirmed(answer: "204")),
        ("HTTP/1.1 204 No Content\r\nx-cs-personalize-user-uid:  user-1 \t\r\n\r\n", .confirmed(answer: "204")),
        (
            "HTTP/1.1 204 No Content\r\nx-cs-personalize-user-uid: user-1\r\nx-cs-personalize-user-uid: evil\r\n\r\n",
            .ambiguous(answer: "204 for another user")
        ),
        (
            "HTTP/1.1 429 Too Many\r\nretry-after: 7 \r\ncontent-length: 0\r\n\r\n",
            .throttled(answer: "429", after: .seconds(7))
        ),
        (
            "HTTP/1.1 403 Forbidden\r\ncontent-length: 70000\r\n\r\n\(String(repeating: "x", count: 70_000))",
            .forbidden(answer: "403")
        ),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", .confirmed(answer: "204")),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", .confirmed(answer: "200")),
        ("HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n", .unanswered(answer: "202")),
        (
            "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
            .forbidden(answer: "302")
        ),
        ("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n", .forbidden(answer: "401")),
        ("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", .refused(answer: "404")),
        ("HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n", .ambiguous(answer: "408")),
        ("HTTP/1.1 422 Unprocessable\r\ncontent-length: 0\r\n\r\n", .refused(answer: "422")),
        (
            "HTTP/1.1 429 Too Many\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n",
            .throttled(answer: "429", after: .seconds(7))
        ),
        (
            "HTTP/1.1 429 Too Many\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                + "retry-after: Sun, 06 Nov 1994 08:50:07 GMT\r\ncontent-length: 0\r\n\r\n",
            .throttled(answer: "429", after: .seconds(30))
        ),
        ("HTTP/1.1 503 Unavailable\r\ncontent-length: 0\r\n\r\n", .ambiguous(answer: "503")),
        ("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", .ambiguous(answer: "truncated")),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", .ambiguous(answer: "garbled")),
        ("HTTP/1.1 20", .ambiguous(answer: "truncated")),
        ("SMTP ready\r\n\r\n", .ambiguous(answer: "garbled")),
        ("", .ambiguous(answer: "closed")),
        (
            "HTTP/1.1 204 No Content\r\nx: \(String(repeating: "x", count: 20_000))\r\n\r\n",
            .ambiguous(answer: "too large")
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 70000\r\n\r\n\(String(repeating: "x", count: 70_000))",
            .ambiguous(answer: "too large")
        ),
    ]

    @Test(arguments: answers) func everyAnswerProvesOneThing(answer: String, result: AttemptResult) async throws {
        let (feed, _) = try await deliver { connection, _ in
            guard connection.readRequest() != nil else { return }
            connection.send(answer)
        }
        #expect(feed.reports == [[result]])
    }

    /// Answers after which the connection may live on: the next user's answer is not harmed by what came before.
    @Test(
        arguments: answers.filter { answer, result in
            !["closed", "truncated", "garbled", "too large"].contains(result.answer) && !answer.contains("user-")
        })
    func anAnswerHarmsNoLaterOne(answer: String, result: AttemptResult) async throws {
        let (feed, server) = try await deliver(3) { connection, _ in
            while connection.readRequest() != nil { connection.send(answer) }
        }
        #expect(feed.reports == Array(repeating: [result], count: 3))
        // A body that must not be there, or is not read, ends its connection.
        let isClosed = answer.contains("204 No Content\r\ncontent-length: 3") || answer.utf8.count > 65_536
        #expect(server.connectionCount == (isClosed ? 3 : 1))
    }

    /// With the beginning of a head before it the next answer would be read as that head's: whatever it says, a success.
    @Test(arguments: [
        "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    ]) func aPartOfAHeadBehindAnAnswerHidesNoOther(answer: String) async throws {
        let (feed, _) = try await deliver(2) { connection, number in
            guard connection.readRequest() != nil else { return }
            if number == 1 {
                connection.send(answer + "HTTP/1.1 204 No Content\r\nx: ")
                guard connection.readRequest() != nil else { return }
            }
            connection.send("HTTP/1.1 500 Trouble\r\ncontent-length: 0\r\n\r\n")
            connection.waitForClose()
        }
        let status = String(answer.dropFirst(9).prefix(3))
        #expect(feed.reports == [[.confirmed(answer: status)], [.ambiguous(answer: "500")]])
    }

    @Test func reusesOneConnectionForManyUsers() async throws {
        let (feed, server) = try await deliver(50) { connection, _ in
            while connection.readRequest() != nil { connection.send("HTTP/1.1 204 No Content\r\n\r\n") }
        }
        #expect(feed.reports == Array(repeating: [.confirmed(answer: "204")], count: 50))
        #expect(server.connectionCount == 1)
    }

    @Test func opensNoMoreConnectionsThanAllowed() async throws {
        let (feed, server) = try await deliver(200, maximumInFlight: 4) { connection, _ in
            while connection.readRequest() != nil { connection.send("HTTP/1.1 204 No Content\r\n\r\n") }
        }
        #expect(feed.reports == Array(repeating: [.confirmed(answer: "204")], count: 200))
        #expect(feed.mostInFlight <= 4)
        #expect(server.connectionCount <= 4)
    }

    @Test(arguments: ["connection: close\r\n", ""]) func aCloseAfterAnAnswerFailsNoOne(header: String) async throws {
        let (feed, server) = try await deliver(5) { connection, _ in
            guard connection.readRequest() != nil else { return }
            connection.send("HTTP/1.\(header.isEmpty ? 0 : 1) 200 OK\r\n\(header)content-length: 0\r\n\r\n")
        }
        #expect(feed.reports == Array(repeating: [.confirmed(answer: "200")], count: 5))
        #expect(server.connectionCount == 5)
    }

    @Test func aResetAfterTheRequestIsAmbiguous() async throws {
        let (feed, _) = try await deliver { connection, _ in
            _ = connection.readRequest()
            connection.resetOnClose()
        }
        #expect(feed.reports == [[.ambiguous(answer: "reset")]])
    }

    /// Long enough to connect in and send, on a machine that is busy with the other tests.
    private static let deadline = Duration.seconds(2)

    @Test func silenceEndsAtTheDeadline() async throws {
        let (feed, _) = try await deliver(timeout: Self.deadline) { connection, _ in connection.waitForClose() }
        #expect(feed.reports == [[.unanswered(answer: "timeout")]])
        let latency = try #require(feed.latencyOfFirst)
        #expect(latency >= Self.deadline)
    }

    @Test func aTrickleDoesNotStretchTheDeadline() async throws {
        let (feed, _) = try await deliver(timeout: Self.deadline) { connection, _ in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")
            while connection.send("x", pause: 20_000) {}
        }
        #expect(feed.reports == [[.unanswered(answer: "timeout")]])
    }

    @Test func takesAnAnswerThatComesBeforeTheBodyWasRead() async throws {
        let (feed, _) = try await deliver(2) { connection, _ in
            while connection.readHead() != nil {
                connection.send("HTTP/1.1 204 No Content\r\n\r\n")
                _ = connection.readBody(length: 2)
            }
        }
        #expect(feed.reports == Array(repeating: [.confirmed(answer: "204")], count: 2))
    }

    @Test func whatNeverConnectedWasNotSent() async throws {
        let refused = try RefusedPort()
        defer { refused.release() }
        let feed = ScriptedFeed(3)
        try await rawDestination(port: refused.number).deliver(from: feed, maximumInFlight: 2)
        #expect(feed.reports == Array(repeating: [.notSent(answer: "connection refused")], count: 3))
        #expect(feed.left == [0, 0, 0])
    }

    @Test func theFeedHearsOfAWriteBeforeItLeaves() async throws {
        let feed = ScriptedFeed(2)
        let hadLeft = Mutex<[[Bool]]>([])
        let server = try RawServer { connection, _ in
            for _ in 1...2 {
                guard connection.readRequest() != nil else { return }
                hadLeft.withLock { $0.append([feed.hasLeft(1), feed.hasLeft(2)]) }
                connection.send("HTTP/1.1 204 No Content\r\n\r\n")
            }
        }
        defer { server.stop() }
        try await rawDestination(port: server.port).deliver(from: feed, maximumInFlight: 1)
        #expect(hadLeft.withLock { $0 } == [[true, false], [true, true]])
        #expect(feed.left == [1, 1])
    }

    @Test func anUnknownNameWasNotSent() async throws {
        var definition = DestinationDefinition(name: "personalize", projectUID: "6400000000000000000000ab")
        definition.edgeURL = "http://no-such-host.invalid"
        let feed = ScriptedFeed(1)
        try await PersonalizeEdgeDestination(definition, version: "1").deliver(from: feed, maximumInFlight: 1)
        #expect(feed.reports == [[.notSent(answer: "name not resolved")]])
    }
}
