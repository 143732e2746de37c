import NIOCore
import NIOHPACK
import NIOHTTP1
import NIOHTTP2
import SyncCore

/// A write on its way over HTTP/2: from the moment that there is one, it may have left.
struct StreamExchange {
    let write: PlannedWrite
    let startedAt: ContinuousClock.Instant
    /// An earlier connection went away from under it.
    let wasMoved: Bool
    var answer: HTTPAnswer?
    var bodyLength = 0
}

/// How we speak HTTP/2.
enum StreamSettings {
    /// The protocol's own, and NIO's.
    static let connectionWindow = 65_535

    static func handler() -> NIOHTTP2Handler {
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [
            HTTP2Setting(parameter: .enablePush, value: 0),
            // No stream's window is ever widened: more than this is no answer.
            HTTP2Setting(parameter: .initialWindowSize, value: 2 * AnswerLimits.bodyInBytes),
            HTTP2Setting(parameter: .maxHeaderListSize, value: AnswerLimits.headersInBytes),
        ]
        connection.maximumRecentlyResetStreams = 1000
        connection.maximumConnectionGlitches = 10_000
        // Counts the answers to our own pings, too.
        connection.controlFrameRateLimit.windowLength = .nanoseconds(1)
        var streams = NIOHTTP2Handler.StreamConfiguration()
        // These limits are made for servers. A server that answers before it has read the body resets every stream, and
        // that is its right: a window of no length counts none of them.
        streams.streamResetFrameRateLimit.windowLength = .nanoseconds(1)
        streams.streamErrorRateLimit.windowLength = .nanoseconds(1)
        return NIOHTTP2Handler(
            mode: .client, frameDelegate: nil, connectionConfiguration: connection, streamConfiguration: streams)
    }

    /// What broke a connection.
    static func word(for error: any Error) -> String {
        switch error {
        case is NIOHTTP2Errors.ExcessivelyLargeHeaderBlock, is NIOHPACKErrors.MaxHeaderListSizeViolation: "too large"
        case is any NIOHTTP2Error, is any NIOHPACKError: "garbled"
        default: ConnectionTrouble.word(for: error)
        }
    }
}

/// Puts the frames of one flush into one buffer: TLS makes a record of every buffer.
final class FrameGathering: ChannelOutboundHandler {
    typealias OutboundIn = IOData
    typealias OutboundOut = ByteBuffer

    private var gathered = ByteBuffer()

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard promise == nil, case .byteBuffer(var part) = unwrapOutboundIn(data) else {
            passOn(context)
            return context.write(data, promise: promise)
        }
        gathered.writeBuffer(&part)
    }

    func flush(context: ChannelHandlerContext) {
        passOn(context)
        context.flush()
        gathered.clear()
    }

    private func passOn(_ context: ChannelHandlerContext) {
        guard gathered.readableBytes > 0 else { return }
        context.write(wrapOutboundOut(gathered), promise: nil)
        gathered.clear()
    }
}

extension HTTP2Frame {
    var isReset: Bool { if case .rstStream = payload { true } else { false } }
}

extension HTTPAnswer {
    /// Nil for trailers and for anything else without a status.
    init?(_ headers: HPACKHeaders) {
        guard let status = headers.first(name: ":status").flatMap({ Int($0) }) else { return nil }
        self.init(status: status, headers: HTTPHeaders(headers.lazy.map { ($0.name, $0.value) }))
    }
}
