import Contentstack
import Delivery
import SyncCore
import Synchronization
import TestKit
import Testing

/// The window and the connections together, as a run uses them.
@Suite(.timeLimit(.minutes(2))) struct WindowOverHTTPTests {
    /// Feeds `count` users window by window, as the engine does, and returns their outcomes.
    private func run(_ count: Int, maximumInFlight: Int, port: Int) async throws -> [OutcomeRecord] {
        var definition = DestinationDefinition(name: "personalize", projectUID: "6400000000000000000000ab")
        definition.edgeURL = "http://127.0.0.1:\(port)"
        let destination = try PersonalizeEdgeDestination(definition, version: "1")
        let window = DeliveryWindow(
            DeliverySettings(maximumInFlight: maximumInFlight, plannedWrites: count), random: { 0 })
        async let delivered: Void = destination.deliver(from: window, maximumInFlight: maximumInFlight)
        var outcomes: [OutcomeRecord] = []
        var appended = 0
        while !window.isOver {
            let next = appended..<min(count, appended + window.room)
            window.append(try next.map { PlannedWrite(index: $0, userUID: try uid($0), body: Array("{}".utf8)) })
            appended = next.upperBound
            if appended == count { window.finishedAdding() }
            await window.waitForWork(minimumOutcomes: maximumInFlight)
            outcomes += window.takeOutcomes()
        }
        try await delivered
        return outcomes + window.takeOutcomes()
    }

    private func uid(_ index: Int) throws -> UserUID { try #require(UserUID("user-\(index)")) }

    @Test func sendsEveryUserOnceThroughManyWindows() async throws {
        let recorder = Recorder()
        let server = try RawServer { connection, _ in
            while let request = connection.readRequest() {
                recorder.add(request.header("x-cs-personalize-user-uid") ?? "")
                connection.send("HTTP/1.1 204 No Content\r\n\r\n")
            }
        }
        defer { server.stop() }
        let outcomes = try await run(500, maximumInFlight: 8, port: server.port)
        #expect(outcomes.map(\.sequence).sorted() == Array(0..<500))
        #expect(outcomes.allSatisfy { $0.outcome == .confirmed && $0.attempts == 1 })
        #expect(recorder.requests.count == 500)
        #expect(Set(recorder.requests).count == 500)
    }

    @Test func aServerThatSilentlyClosesIdleConnectionsFailsNoOne() async throws {
        let server = try RawServer { connection, _ in
            guard connection.readRequest() != nil else { return }
            connection.send("HTTP/1.1 204 No Content\r\n\r\n")
        }
        defer { server.stop() }
        let outcomes = try await run(8, maximumInFlight: 1, port: server.port)
        #expect(outcomes.map(\.outcome) == Array(repeating: .confirmed, count: 8))
    }

    @Test func retriesWithTheSameBodyUntilConfirmed() async throws {
        let recorder = Recorder()
        let server = try RawServer { connection, _ in
            while let request = connection.readRequest() {
                let isThird = recorder.add(request.body).isMultiple(of: 3)
                let status = isThird ? "204 No Content\r\n" : "503 Unavailable\r\ncontent-length: 0\r\n"
                connection.send("HTTP/1.1 \(status)\r\n")
            }
        }
        defer { server.stop() }
        let outcomes = try await run(1, maximumInFlight: 1, port: server.port)
        #expect(outcomes.map(\.outcome) == [.confirmed])
        #expect(outcomes.map(\.attempts) == [3])
        #expect(recorder.requests == ["{}", "{}", "{}"])
    }

    @Test func stopsWhenTheProjectIsUnknown() async throws {
        let recorder = Recorder()
        let server = try RawServer { connection, _ in
            while let request = connection.readRequest() {
                recorder.add(request.body)
                connection.send("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
            }
        }
        defer { server.stop() }
        let outcomes = try await run(300, maximumInFlight: 64, port: server.port)
        #expect(recorder.requests.count == 5)
        #expect(outcomes.count { $0.outcome == .rejected } == 5)
        #expect(outcomes.allSatisfy { $0.outcome == .rejected || $0.outcome == .deferred })
    }
}

private final class Recorder: Sendable {
    private let seen = Mutex<[String]>([])
    var requests: [String] { seen.withLock { $0 } }

    /// The number of requests so far.
    @discardableResult func add(_ request: String) -> Int {
        seen.withLock { seen in
            seen.append(request)
            return seen.count
        }
    }
}
