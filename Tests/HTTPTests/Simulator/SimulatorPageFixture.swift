import Foundation
import NIOCore
import NIOPosix
import Synchronization
import Testing

extension SimulatorClient {
    /// A page below `/__simulator/page/`.
    func page(_ path: String) async throws -> RawReply { try await send("GET", "/__simulator/page/" + path) }

    /// Reads `/__simulator/events` for the length of the closure.
    func withEvents(_ body: (inout EventReader) async throws -> Void) async throws {
        let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        try await connection.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: EventReader.request))
            var reader = EventReader(parts: inbound.makeAsyncIterator())
            try await reader.read(until: "retry: 1000")
            try await body(&reader)
        }
    }

    /// Asks for the events and reads no more than the start of the answer; the connection stays open.
    func openEventsWithoutReading() async throws -> any Channel {
        let start = FirstRead()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: false)
            .channelInitializer { $0.pipeline.addHandler(start) }
            .connect(host: "127.0.0.1", port: port).get()
        try await channel.writeAndFlush(ByteBuffer(string: EventReader.request))
        channel.read()
        var reads = start.reads.makeAsyncIterator()
        let answer = await reads.next() ?? ""
        #expect(answer.contains("200 OK"))
        return channel
    }
}

/// Hands on what is read.
private final class FirstRead: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    let reads: AsyncStream<String>
    private let continuation: AsyncStream<String>.Continuation

    init() { (reads, continuation) = AsyncStream.makeStream() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        continuation.yield(String(buffer: unwrapInboundIn(data)))
    }

    func channelInactive(context: ChannelHandlerContext) { continuation.finish() }
}

/// What has come over an event stream.
struct EventReader {
    static let request = "GET /__simulator/events HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"

    fileprivate var parts: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private(set) var text = ""

    fileprivate init(parts: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator) { self.parts = parts }

    var ticks: Int { text.components(separatedBy: "data: changed\n\n").count - 1 }

    mutating func read(until wanted: String) async throws {
        while !text.contains(wanted) { try await read() }
    }

    mutating func read(ticks wanted: Int) async throws {
        while ticks < wanted { try await read() }
    }

    private mutating func read() async throws {
        let part = try await parts.next(isolation: #isolation)
        text += String(buffer: try #require(part, "the stream ended after \(text)"))
    }
}

/// A clock on which every wait lasts until it is told to end.
final class HeldClock: Clock {
    typealias Instant = ContinuousClock.Instant

    private struct State {
        var lastID = 0
        var sleepers: [Int: CheckedContinuation<Void, Never>] = [:]
        var waits: [Duration] = []
    }

    private let state = Mutex(State())
    let now = Instant.now
    var minimumResolution: Duration { .zero }
    var sleepers: Int { state.withLock { $0.sleepers.count } }
    var waits: [Duration] { state.withLock { $0.waits } }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let id = state.withLock { state in
            state.waits.append(now.duration(to: deadline))
            state.lastID += 1
            return state.lastID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                state.withLock { $0.sleepers[id] = continuation }
                if Task.isCancelled { wake(id) }
            }
        } onCancel: {
            wake(id)
        }
        try Task.checkCancellation()
    }

    /// Ends all waits.
    func advance() {
        for id in state.withLock({ Array($0.sleepers.keys) }) { wake(id) }
    }

    private func wake(_ id: Int) { state.withLock { $0.sleepers.removeValue(forKey: id) }?.resume() }

    /// The test's time limit bounds it.
    func waitForSleepers(_ count: Int) async throws {
        while sleepers != count {
            try Task.checkCancellation()
            await Task.yield()
        }
    }
}
