import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import SyncCore

/// One request of the slow paths.
package struct HTTPCall: Sendable {
    package var method: String
    /// With its query, without the endpoint's base path.
    package var path: String
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(
        method: String = "GET", path: String, headers: [(name: String, value: String)] = [], body: [UInt8] = []
    ) {
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
    }
}

/// A complete answer with its body.
package struct HTTPReply: Sendable {
    package let answer: HTTPAnswer
    package let body: [UInt8]
}

/// Why there was no complete answer.
package struct ExchangeFailure: Error, Sendable, Hashable {
    /// `connection refused`, `certificate expired`, `timeout` …
    package let reason: String
    /// False where not a byte of the request can have left.
    package let mayHaveArrived: Bool

    init(reason: String, mayHaveArrived: Bool = true) {
        self.reason = reason
        self.mayHaveArrived = mayHaveArrived
    }
}

/// Asks one question on a connection of its own: what `doctor` and other slow paths need.
package struct HTTPExchange: Sendable {
    private let factory: ConnectionFactory

    package init(_ factory: ConnectionFactory) { self.factory = factory }

    /// Sends the request and waits for the whole answer, within the factory's timeout. A redirect is an answer.
    package func send(_ call: HTTPCall) async throws(ExchangeFailure) -> HTTPReply {
        let request: [UInt8]
        do { request = try bytes(of: call) } catch { throw ExchangeFailure(reason: error.message) }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let method = HTTPMethod(rawValue: call.method)
        let isSecure = factory.endpoint.isSecure
        let promise = loop.makePromise(of: HTTPReply.self)
        let deadline = loop.scheduleTask(in: .nanoseconds(factory.timeout.wholeNanoseconds)) {
            promise.fail(ExchangeFailure(reason: "timeout"))
        }
        factory.connect(on: loop) { bytes in
            bytes.buffer.writeBytes(request)
            return ExchangeHandler(method: method, isSecure: isSecure, promise: promise)
        }.whenComplete { result in
            switch result {
            case .failure(let error):
                let trouble = ConnectionTrouble.beforeSending(error, certificate: nil)
                promise.fail(ExchangeFailure(reason: trouble.answer))
            case .success(let channel):
                promise.futureResult.whenComplete { _ in channel.close(promise: nil) }
            }
        }
        defer { deadline.cancel() }
        do { return try await promise.futureResult.get() } catch let error as ExchangeFailure { throw error } catch {
            throw ExchangeFailure(reason: "closed")
        }
    }

    private func bytes(of call: HTTPCall) throws(Diagnostic) -> [UInt8] {
        let path = factory.endpoint.basePath + call.path
        try HeaderRules.check(target: path, method: call.method)
        let length = call.body.isEmpty ? [] : [(name: "content-length", value: String(call.body.count))]
        let fields =
            [(name: "host", value: factory.endpoint.authority), (name: "connection", value: "close")] + call.headers
            + length
        for field in fields { try HeaderRules.check(name: field.name, value: field.value) }
        let lines = ["\(call.method) \(path) HTTP/1.1"] + fields.map { "\($0.name): \($0.value)" }
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + call.body
    }
}

/// Collects one answer.
private final class ExchangeHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let method: HTTPMethod
    private let isSecure: Bool
    private let promise: EventLoopPromise<HTTPReply>
    private var answer: HTTPAnswer?
    private var body: [UInt8] = []

    init(method: HTTPMethod, isSecure: Bool, promise: EventLoopPromise<HTTPReply>) {
        self.method = method
        self.isSecure = isSecure
        self.promise = promise
    }

    func channelActive(context: ChannelHandlerContext) {
        // Over TLS this waits in the TLS handler until the handshake is done.
        let head = HTTPRequestHead(version: .http1_1, method: method, uri: "/")
        context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): answer = HTTPAnswer(head)
        case .body(let part):
            body.append(contentsOf: part.readableBytesView)
            if body.count > AnswerLimits.bodyInBytes { promise.fail(ExchangeFailure(reason: "too large")) }
        case .end:
            if let answer { promise.succeed(HTTPReply(answer: answer, body: body)) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let certificate = isSecure ? try? context.pipeline.syncOperations.nioSSL_peerCertificate() : nil
        let trouble = ConnectionTrouble.beforeSending(error, certificate: certificate)
        promise.fail(ExchangeFailure(reason: trouble.answer))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(ExchangeFailure(reason: answer == nil ? "closed" : "truncated"))
        context.fireChannelInactive()
    }
}
