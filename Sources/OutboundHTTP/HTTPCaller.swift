internal import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
package import SyncCore

/// Asks single questions over connections that it keeps: the slow paths, which carry credentials. Over HTTP/1.1; a
/// redirect is an answer, since credentials follow none.
package final class HTTPCaller: Sendable {
    /// An answer of more is none.
    package static let longestBodyInBytes = 8 * 1024 * 1024

    private let client: HTTPClient
    private let timeout: TimeAmount

    /// Of the options counts what says whom to trust, the proxy, and how long one whole request may take. Throws
    /// `ca_file` where that cannot be read or holds no certificate.
    package init(_ options: ConnectionOptions = ConnectionOptions()) throws(Diagnostic) {
        timeout = .nanoseconds(options.timeout.wholeNanoseconds)
        let setup = TLSSetup(caFile: options.caFile, position: options.caFilePosition)
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        tls.trustRoots = try setup.trustRoots()
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls, redirectConfiguration: .disallow)
        configuration.httpVersion = .http1Only
        configuration.timeout.connect = timeout
        configuration.decompression = .disabled
        // Whether a question may be asked again is for those to say who ask it.
        configuration.connectionPool.retryConnectionEstablishment = false
        if let proxy = options.proxy { configuration.proxy = Self.proxy(proxy) }
        client = HTTPClient(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration)
    }

    private static func proxy(_ definition: ProxyDefinition) -> HTTPClient.Configuration.Proxy {
        guard let credentials = definition.credentials else {
            return .server(host: definition.host, port: definition.port)
        }
        let parts = credentials.reveal().split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let password = parts.count == 2 ? String(parts[1]) : ""
        return .server(
            host: definition.host, port: definition.port,
            authorization: .basic(username: String(parts[0]), password: password))
    }

    /// Ends the connections. Must be called before the caller is let go.
    package func close() async { try? await client.shutdown() }

    /// The endpoint's base path goes before the call's.
    package func send(_ call: HTTPCall, to endpoint: HTTPEndpoint) async throws(ExchangeFailure) -> HTTPReply {
        let request: HTTPClientRequest
        do { request = try Self.request(call, to: endpoint) } catch {
            throw ExchangeFailure(reason: error.message, mayHaveArrived: false)
        }
        do {
            let response = try await client.execute(request, deadline: .now() + timeout)
            let body = try await response.body.collect(upTo: Self.longestBodyInBytes)
            let answer = HTTPAnswer(status: Int(response.status.code), headers: response.headers)
            return HTTPReply(answer: answer, body: Array(body.readableBytesView))
        } catch {
            throw Self.failure(error)
        }
    }

    private static func request(_ call: HTTPCall, to endpoint: HTTPEndpoint) throws(Diagnostic) -> HTTPClientRequest {
        try HeaderRules.check(target: endpoint.basePath + call.path, method: call.method)
        var request = HTTPClientRequest(url: endpoint.text + call.path)
        request.method = HTTPMethod(rawValue: call.method)
        for header in call.headers {
            try HeaderRules.check(name: header.name, value: header.value)
            request.headers.add(name: header.name, value: header.value)
        }
        if !call.body.isEmpty { request.body = .bytes(call.body) }
        return request
    }

    private static func failure(_ error: any Error) -> ExchangeFailure {
        switch error {
        case is NIOConnectionError, is SocketAddressError, NIOSSLError.handshakeFailed, is NIOSSLExtraError:
            let result = ConnectionTrouble.beforeSending(error, certificate: nil)
            return ExchangeFailure(reason: result.answer, mayHaveArrived: false)
        case let error as HTTPClientError: return failure(error)
        case is NIOTooManyBytesError: return ExchangeFailure(reason: "too large")
        case is CancellationError: return ExchangeFailure(reason: "cancelled")
        default: return ExchangeFailure(reason: ConnectionTrouble.word(for: error))
        }
    }

    private static func failure(_ error: HTTPClientError) -> ExchangeFailure {
        switch error {
        case .connectTimeout, .tlsHandshakeTimeout, .getConnectionFromPoolTimeout:
            ExchangeFailure(reason: "timeout", mayHaveArrived: false)
        case .httpProxyHandshakeTimeout: ExchangeFailure(reason: "proxy timeout", mayHaveArrived: false)
        case .invalidProxyResponse: ExchangeFailure(reason: "proxy garbled", mayHaveArrived: false)
        case .proxyAuthenticationRequired:
            ExchangeFailure(reason: "the proxy wants other credentials", mayHaveArrived: false)
        case .deadlineExceeded, .readTimeout, .writeTimeout: ExchangeFailure(reason: "timeout")
        case .cancelled: ExchangeFailure(reason: "cancelled")
        default: ExchangeFailure(reason: "closed")
        }
    }
}
