import Glibc
import NIOCore
import NIOPosix
import PersonalizeSimulator
import Synchronization
import Testing

/// Project uid that the simulator's tests write to.
let testProject = "6400000000000000000000ab"

/// Runs a simulator on a free port for the length of the closure.
func withSimulator(
    _ options: SimulatorOptions = SimulatorOptions(managementRequestsPerSecond: nil), faults: String? = nil,
    _ body: @escaping @Sendable (SimulatorClient) async throws -> Void
) async throws {
    var options = options
    options.port = 0
    if let faults { options.faults = try FaultRules(json: Array(faults.utf8)) }
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    try await withThrowingTaskGroup(of: Void.self) { [options] group in
        group.addTask {
            defer { continuation.finish() }
            try await Simulator.run(options) { port in continuation.yield(port) }
        }
        var iterator = ports.makeAsyncIterator()
        let port = try #require(await iterator.next(), "the simulator did not start")
        try await body(SimulatorClient(port: port))
        group.cancelAll()
        try await group.waitForAll()
    }
}

/// What a client saw of one exchange, byte for byte.
struct RawReply: Sendable {
    enum End: Sendable { case answered, closed, reset }

    var text: String
    var end: End
    /// In how many reads the bytes came.
    var reads: Int

    var status: Int? { text.hasPrefix("HTTP/1.1 ") ? Int(text.dropFirst(9).prefix(3)) : nil }
    var body: String { text.firstRange(of: "\r\n\r\n").map { String(text[$0.upperBound...]) } ?? "" }

    func header(_ name: String) -> String? {
        let head = text.firstRange(of: "\r\n\r\n").map { text[..<$0.lowerBound] } ?? text[...]
        for line in head.split(separator: "\r\n").dropFirst() where line.lowercased().hasPrefix(name + ": ") {
            return String(line.dropFirst(name.count + 2))
        }
        return nil
    }

    /// Whether a whole answer has arrived.
    var isComplete: Bool {
        guard let head = text.firstRange(of: "\r\n\r\n"), status != nil else { return false }
        let length = header("content-length").flatMap { Int($0) } ?? 0
        return text[head.upperBound...].utf8.count >= length
    }
}

/// A client that shows what really happens on the connection. Every exchange has a connection of its own.
struct SimulatorClient: Sendable {
    let port: Int

    func send(
        _ method: String, _ path: String, _ headers: [String: String] = [:], body: String? = nil,
        host: String = "127.0.0.1"
    ) async throws -> RawReply {
        var request = "\(method) \(path) HTTP/1.1\r\nhost: \(host)\r\n"
        for header in headers.sorted(by: { $0.key < $1.key }) { request += "\(header.key): \(header.value)\r\n" }
        if let body { request += "content-length: \(body.utf8.count)\r\n" }
        return try await exchange(request + "\r\n" + (body ?? ""))
    }

    /// `PATCH /user-attributes` as Headrace sends it.
    func patch(_ uid: String, _ body: String, project: String = testProject) async throws -> RawReply {
        try await send(
            "PATCH", "/user-attributes",
            ["x-project-uid": project, "x-cs-personalize-user-uid": uid, "content-type": "application/json"], body: body
        )
    }

    /// What the simulator holds for a user, or nil.
    func attributes(_ uid: String) async throws -> String? {
        let reply = try await send("GET", "/__simulator/users/\(uid)?project=\(testProject)")
        guard reply.status == 200 else { return nil }
        let marker = #""attributes":"#
        return reply.body.firstRange(of: marker).map { String(reply.body[$0.upperBound...].dropLast()) }
    }

    func stats() async throws -> String { try await send("GET", "/__simulator/stats").body }

    /// Asks for the figures until they hold the text; the test's time limit bounds it.
    func waitForStats(_ text: String) async throws {
        while !(try await stats()).contains(text) { try Task.checkCancellation() }
    }

    private func exchange(_ request: String) async throws -> RawReply {
        let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await connection.executeThenClose { inbound, outbound in
            var reply = RawReply(text: "", end: .closed, reads: 0)
            do {
                try await outbound.write(ByteBuffer(string: request))
                for try await part in inbound {
                    reply.text += String(buffer: part)
                    reply.reads += 1
                    if reply.isComplete {
                        reply.end = .answered
                        break
                    }
                }
            } catch let error as IOError where error.errnoCode == ECONNRESET {
                reply.end = .reset
            }
            return reply
        }
    }
}

/// A clock on which every wait is over at once, and which remembers how long each was.
final class RecordingClock: Clock {
    typealias Instant = ContinuousClock.Instant

    private let recorded = Mutex<[Duration]>([])
    /// It stands still, so that a wait is as long as it was meant to be.
    let now = Instant.now
    var minimumResolution: Duration { .zero }
    var waits: [Duration] { recorded.withLock { $0 } }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        recorded.withLock { $0.append(now.duration(to: deadline)) }
    }
}
