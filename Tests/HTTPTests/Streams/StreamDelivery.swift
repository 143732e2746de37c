import Contentstack
import NIOHTTP2
import OutboundHTTP
import SyncCore
import Synchronization
import TestKit

/// Sends `count` writes over HTTP/2 to a server that does what `script` says.
func deliverOverStreams(
    _ count: Int = 1, maximumInFlight: Int = 1, timeout: Duration = .seconds(10), body: String = "{}",
    settings: HTTP2Settings = nioDefaultSettings, script: @escaping StreamServer.Script
) async throws -> (feed: ScriptedFeed, connections: Int) {
    let server = try await StreamServer(settings, script: script)
    let feed = ScriptedFeed(count, body: body)
    try await streamDestination(port: server.port, timeout: timeout)
        .deliver(from: feed, maximumInFlight: maximumInFlight)
    try await server.stop()
    return (feed, server.connectionCount)
}

func streamDestination(
    port: Int, timeout: Duration = .seconds(10), notice: @escaping @Sendable (String) -> Void = { _ in }
) throws -> PersonalizeEdgeDestination {
    var definition = DestinationDefinition(name: "personalize", projectUID: "6400000000000000000000ab")
    definition.edgeURL = "https://localhost:\(port)"
    definition.caFile = try TestCertificates.caFile()
    definition.timeout = timeout
    definition.http = .two
    return try PersonalizeEdgeDestination(definition, version: "1.2.3", notice: notice)
}

/// The client without the destination around it.
func streamClient(port: Int, _ change: (inout ConnectionOptions) -> Void) throws -> HTTPWriteClient {
    var options = ConnectionOptions()
    options.caFile = try TestCertificates.caFile()
    options.offersHTTP2 = true
    change(&options)
    let factory = try ConnectionFactory(endpoint: HTTPEndpoint("https://localhost:\(port)"), options: options)
    let shape = try RequestShape(method: "PATCH", path: "/", host: "h", headers: [], perWriteHeader: "x-uid")
    return HTTPWriteClient(factory: factory, shape: shape) { answer, _ in .confirmed(answer: "\(answer.status)") }
}

/// What a server's event loops leave for the test.
final class Collected<Item: Sendable>: Sendable {
    private let items = Mutex<[Item]>([])
    var all: [Item] { items.withLock { $0 } }
    func add(_ item: Item) { items.withLock { $0.append(item) } }
}
