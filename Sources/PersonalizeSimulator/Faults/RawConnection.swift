import Hummingbird
import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A client's connection below HTTP: for answers that no well-behaved server gives.
struct RawConnection: Sendable {
    private let channel: any Channel

    init(_ channel: any Channel) { self.channel = channel }

    /// Calls back when the client closes its side or the connection breaks, and closes ours then if wanted.
    func watchForClosing(closes: Bool, onClose: @escaping @Sendable () -> Void) async throws {
        try await channel.pipeline.addHandler(ClosingWatch(closes: closes, onClose: onClose), position: .first).get()
    }

    /// Lets time pass, and calls back when the client closes its side or the connection breaks meanwhile.
    func wait(
        _ duration: Duration, clock: any Clock<Duration>, onClose: @escaping @Sendable () -> Void
    ) async throws {
        let watch = ClosingWatch(closes: false, onClose: onClose)
        try await channel.pipeline.addHandler(watch, position: .first).get()
        try await clock.sleep(for: duration)
        // A connection that has gone has no pipeline either.
        try? await channel.pipeline.removeHandler(watch).get()
    }

    /// Closes with RST: data on its way is lost and the client sees a reset.
    func reset() async {
        if let options = channel as? any SocketOptionProvider {
            try? await options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        }
        await close()
    }

    /// Closes with FIN.
    func close() async {
        try? await channel.close(mode: .all).get()
    }

    /// Waits until the connection is closed, by whomever. Cancellation closes it.
    func waitUntilClosed() async {
        await withTaskCancellationHandler {
            try? await channel.closeFuture.get()
        } onCancel: {
            channel.close(mode: .all, promise: nil)
        }
    }

    /// Sends bytes as they are, in pieces, with a wait between two.
    func send(
        _ bytes: [UInt8], chunkInBytes: Int = .max, interval: Duration = .zero, clock: any Clock<Duration>
    ) async throws {
        try await channel.pipeline.addHandler(RawOutput(), position: .first).get()
        var rest = bytes[...]
        while !rest.isEmpty {
            let chunk = rest.prefix(chunkInBytes)
            rest = rest.dropFirst(chunk.count)
            try await channel.triggerUserOutboundEvent(RawBytes(buffer: ByteBuffer(bytes: chunk))).get()
            if !rest.isEmpty { try await clock.sleep(for: interval) }
        }
    }
}

private struct RawBytes: Sendable {
    var buffer: ByteBuffer
}

/// Turns an event of raw bytes into a write that no HTTP encoder sees.
private final class RawOutput: ChannelOutboundHandler, Sendable {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        if let bytes = event as? RawBytes {
            context.writeAndFlush(wrapOutboundOut(bytes.buffer), promise: promise)
        } else {
            context.triggerUserOutboundEvent(event, promise: promise)
        }
    }
}

/// Notices the end of a client that no longer waits.
private final class ClosingWatch: ChannelInboundHandler, RemovableChannelHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let closes: Bool
    private let onClose: @Sendable () -> Void

    init(closes: Bool, onClose: @escaping @Sendable () -> Void) {
        self.closes = closes
        self.onClose = onClose
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent {
            onClose()
            if closes { return context.close(promise: nil) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        onClose()
        context.fireChannelInactive()
    }
}
