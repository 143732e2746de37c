import Contentstack
import Dispatch
import SyncCore
import TestKit
import Testing

/// What becomes of requests that did not get an answer: cut off by the server, by the deadline, or by the end of a run.
@Suite(.timeLimit(.minutes(2))) struct GivenUpRequestTests {
    /// The kernel may tell of the reset before, during or after the write.
    @Test(arguments: 1...40) func aResetBeforeTheRequestWasReadIsNeverConfirmed(round: Int) async throws {
        let (feed, _) = try await deliver { connection, _ in connection.resetOnClose() }
        #expect([.ambiguous(answer: "reset"), .notSent(answer: "reset")].contains(feed.reports.first?.first))
        #expect(feed.reports.first?.count == 1)
    }

    /// A reset that came while a connection was idle fails the next write before a byte of it is out, or the
    /// connection is known to be gone and another is made.
    @Test(arguments: 1...40) func aResetBetweenTwoUsersHarmsNoOneForCertain(round: Int) async throws {
        let (feed, _) = try await deliver(2) { connection, _ in
            guard connection.readRequest() != nil else { return }
            connection.resetOnClose()
            connection.send("HTTP/1.1 204 No Content\r\n\r\n")
        }
        let allowed: [AttemptResult] = [
            .confirmed(answer: "204"), .notSent(answer: "reset"), .ambiguous(answer: "reset"),
        ]
        for reports in feed.reports { #expect(reports.count == 1 && reports.allSatisfy(allowed.contains)) }
    }

    @Test func aRequestThatWasGivenUpNeverArrivesWholeAfterANewerOne() async throws {
        let newerIsConfirmed = DispatchSemaphore(value: 0)
        let olderWasRead = AsyncStream<Bool>.makeStream()
        // Many times what the server's kernel takes while nobody reads (a segment of loopback may be 64 KiB, and one
        // more is taken than has room): the rest waits in the client's.
        let body = String(repeating: "x", count: 400_000)
        let (feed, _) = try await deliver(2, timeout: .seconds(2), body: body, receiveBuffer: 4096) {
            connection, number in
            if number == 1 {
                newerIsConfirmed.wait()
                olderWasRead.continuation.yield(connection.readRequest() != nil)
            } else {
                _ = connection.readRequest()
                connection.send("HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
                connection.waitForClose()
                newerIsConfirmed.signal()
            }
        }
        #expect(feed.reports == [[.unanswered(answer: "timeout")], [.confirmed(answer: "204")]])
        var isWhole: Bool?
        for await wasRead in olderWasRead.stream {
            isWhole = wasRead
            break
        }
        #expect(isWhole == false)
    }

    @Test func cancellingReportsWhatWasInFlightAsAmbiguous() async throws {
        let arrived = AsyncStream<Void>.makeStream()
        let server = try RawServer { connection, _ in
            _ = connection.readRequest()
            arrived.continuation.yield()
            connection.waitForClose()
        }
        defer { server.stop() }
        let feed = ScriptedFeed(1)
        let destination = try rawDestination(port: server.port)
        let delivery = Task { try await destination.deliver(from: feed, maximumInFlight: 1) }
        for await _ in arrived.stream { break }
        delivery.cancel()
        try await delivery.value
        #expect(feed.reports == [[.unanswered(answer: "cancelled")]])
    }

    @Test func cancellingDoesNotWaitForAConnectionThatIsNeverAccepted() async throws {
        let server = try DeafServer()
        defer { server.stop() }
        let feed = ScriptedFeed(1)
        let destination = try rawDestination(port: server.port, timeout: .seconds(3600))
        let delivery = Task { try await destination.deliver(from: feed, maximumInFlight: 1) }
        while feed.mostInFlight == 0 { await Task.yield() }
        delivery.cancel()
        try await delivery.value
        #expect(feed.reports == [[.notSent(answer: "cancelled")]])
    }
}
