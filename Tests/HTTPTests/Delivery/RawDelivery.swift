import Contentstack
import SyncCore
import Synchronization
import TestKit

/// Sends `count` writes to a server that treats every connection as `serve` says.
func deliver(
    _ count: Int = 1, maximumInFlight: Int = 1, timeout: Duration = .seconds(10), body: String = "{}",
    receiveBuffer: CInt? = nil, serve: @escaping @Sendable (RawConnection, Int) -> Void
) async throws -> (feed: ScriptedFeed, server: RawServer) {
    let server = try RawServer(receiveBuffer: receiveBuffer, serve)
    defer { server.stop() }
    let feed = ScriptedFeed(count, body: body)
    try await rawDestination(port: server.port, timeout: timeout).deliver(from: feed, maximumInFlight: maximumInFlight)
    return (feed, server)
}

func rawDestination(port: Int, timeout: Duration = .seconds(10)) throws -> PersonalizeEdgeDestination {
    var definition = DestinationDefinition(name: "personalize", projectUID: "6400000000000000000000ab")
    definition.edgeURL = "http://127.0.0.1:\(port)"
    definition.timeout = timeout
    return try PersonalizeEdgeDestination(definition, version: "1.2.3")
}

/// What a server's thread leaves for the test.
final class Box: Sendable {
    private let seen = Mutex<RawRequest?>(nil)
    var value: RawRequest? { seen.withLock { $0 } }
    func set(_ request: RawRequest?) { seen.withLock { $0 = request } }
}
