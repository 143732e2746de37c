import NIOCore
import NIOPosix
import NIOTLS
import SyncCore

/// Finds out which protocol a server chooses where HTTP/2 is on offer, on a connection of its own.
package struct ProtocolTrial: Sendable {
    private let factory: ConnectionFactory

    package init(_ factory: ConnectionFactory) { self.factory = factory }

    /// Only of a factory that offers HTTP/2.
    package func choosesHTTP2() async throws(ExchangeFailure) -> Bool {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = loop.makePromise(of: Bool.self)
        let deadline = loop.scheduleTask(in: .nanoseconds(factory.timeout.wholeNanoseconds)) {
            promise.fail(ExchangeFailure(reason: "timeout"))
        }
        factory.connectOfferingHTTP2(on: loop) { _, _ in ChoiceListener(promise) }.whenComplete { result in
            switch result {
            case .failure(let error): promise.fail(error)
            case .success(let channel): promise.futureResult.whenComplete { _ in channel.close(promise: nil) }
            }
        }
        defer { deadline.cancel() }
        do { return try await promise.futureResult.get() } catch let error as ExchangeFailure { throw error } catch {
            throw ExchangeFailure(reason: ConnectionTrouble.beforeSending(error, certificate: nil).answer)
        }
    }
}

private final class ChoiceListener: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let promise: EventLoopPromise<Bool>

    init(_ promise: EventLoopPromise<Bool>) { self.promise = promise }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted(let chosen) = event as? TLSUserEvent { promise.succeed(chosen == "h2") }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        promise.fail(error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(ChannelError.eof)
        context.fireChannelInactive()
    }
}
