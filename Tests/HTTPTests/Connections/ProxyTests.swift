import Contentstack
import Foundation
import OutboundHTTP
import SyncCore
import TestKit
import Testing

/// Delivery through an HTTP proxy (CONNECT).
@Suite(.timeLimit(.minutes(2))) struct ProxyTests {
    private static let projectUID = "6400000000000000000000ab"

    private func definition(_ edgeURL: String, proxy: ProxyDefinition) -> DestinationDefinition {
        var definition = DestinationDefinition(name: "personalize", projectUID: Self.projectUID)
        definition.edgeURL = edgeURL
        definition.proxy = proxy
        return definition
    }

    private func local(_ port: Int, _ credentials: String? = nil) -> ProxyDefinition {
        ProxyDefinition(host: "127.0.0.1", port: port, credentials: credentials.map { Secret($0) })
    }

    /// Delivers `count` writes through a proxy that treats each connection as `serve` says.
    private func deliver(
        _ count: Int = 1, credentials: String? = nil, timeout: Duration = .seconds(10),
        serve: @escaping @Sendable (RawConnection, Int) -> Void
    ) async throws -> (reports: [[AttemptResult]], proxy: RawServer) {
        let proxy = try RawServer(serve)
        defer { proxy.stop() }
        var definition = definition("http://edge.example:8080", proxy: local(proxy.port, credentials))
        definition.timeout = timeout
        let feed = ScriptedFeed(count)
        try await PersonalizeEdgeDestination(definition, version: "1").deliver(from: feed, maximumInFlight: 1)
        return (feed.reports, proxy)
    }

    @Test func asksForATunnelAndSendsNothingElseToTheProxy() async throws {
        let (connect, request) = (Box(), Box())
        let (reports, proxy) = try await deliver(3, credentials: "me:p@ss wörd") { connection, _ in
            connect.set(connection.readRequest())
            connection.send("HTTP/1.1 200 Connection established\r\nvia: x\r\n\r\n")
            while let next = connection.readRequest() {
                request.set(next)
                connection.send("HTTP/1.1 204 No Content\r\n\r\n")
            }
        }
        #expect(reports == Array(repeating: [.confirmed(answer: "204")], count: 3))
        #expect(proxy.connectionCount == 1)
        // "me:p@ss wörd" in UTF-8.
        #expect(
            connect.value?.head.components(separatedBy: "\r\n") == [
                "CONNECT edge.example:8080 HTTP/1.1", "host: edge.example:8080",
                "proxy-authorization: Basic bWU6cEBzcyB3w7ZyZA==",
            ])
        #expect(request.value?.head.hasPrefix("PATCH /user-attributes HTTP/1.1") == true)
        #expect(request.value?.header("host") == "edge.example:8080")
        #expect(request.value?.header("proxy-authorization") == nil)
    }

    static let answers: [(String, AttemptResult)] = [
        ("HTTP/1.1 502 Bad Gateway\r\n\r\n", .notSent(answer: "502 from the proxy")),
        ("HTTP/1.0 503 Service Unavailable\r\ncontent-length: 3\r\n\r\nabc", .notSent(answer: "503 from the proxy")),
        ("HTTP/1.1 403 Forbidden\r\n\r\n", .forbidden(answer: "403 from the proxy")),
        // What serves web pages is no proxy, and does not become one.
        ("HTTP/1.1 404 Not Found\r\n\r\n", .forbidden(answer: "404 from the proxy")),
        ("HTTP/1.1 501 Not Implemented\r\n\r\n", .forbidden(answer: "501 from the proxy")),
        ("HTTP/1.1 429 Too Many\r\n\r\n", .notSent(answer: "429 from the proxy")),
        ("HTTP/1.1 302 Found\r\nlocation: http://x/\r\n\r\n", .forbidden(answer: "302 from the proxy")),
        ("HTTP/1.1 407 Auth\r\n\r\n", .hopeless(answer: "the proxy wants credentials (407)")),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 504 Late\r\n\r\n", .notSent(answer: "504 from the proxy")),
        ("SSH-2.0-OpenSSH\r\n\r\n", .notSent(answer: "proxy garbled")),
        ("HTTP/1.1 20\r\n\r\n", .notSent(answer: "proxy garbled")),
        (String(repeating: "x", count: 20_000), .notSent(answer: "proxy garbled")),
        ("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", .notSent(answer: "proxy garbled")),
        ("HTTP/1.1 200 OK\r\n", .notSent(answer: "proxy closed")),
        ("", .notSent(answer: "proxy closed")),
    ]

    @Test(arguments: answers) func everyAnswerOfTheProxyProvesThatNothingWasSent(
        answer: String, result: AttemptResult
    ) async throws {
        let (reports, _) = try await deliver { connection, _ in
            guard connection.readRequest() != nil else { return }
            connection.send(answer)
        }
        #expect(reports == [[result]])
    }

    @Test(arguments: [401, 407]) func wrongCredentialsCannotBeRetried(status: Int) async throws {
        let (reports, _) = try await deliver(credentials: "me:hush") { connection, _ in
            guard connection.readRequest() != nil else { return }
            connection.send("HTTP/1.1 \(status) X\r\nconnection: close\r\n\r\n")
        }
        #expect(reports == [[.hopeless(answer: "the proxy refuses the credentials (\(status))")]])
    }

    @Test func aProxyThatSaysNothingHoldsNoOneBeyondTheDeadline() async throws {
        let (reports, _) = try await deliver(timeout: .seconds(5)) { connection, _ in connection.waitForClose() }
        #expect(reports == [[.notSent(answer: "proxy timeout")]])
    }

    @Test func anEndpointThatSaysNothingIsNotTheProxysFault() async throws {
        let (reports, _) = try await deliver(timeout: .seconds(5)) { connection, _ in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 200 OK\r\n\r\n")
            connection.waitForClose()
        }
        #expect(reports == [[.unanswered(answer: "timeout")]])
    }

    @Test func saysThatTheProxyIsNotThere() async throws {
        let refused = try RefusedPort()
        defer { refused.release() }
        for (host, word) in [("127.0.0.1", "proxy connection refused"), ("nowhere.invalid", "proxy name not resolved")]
        {
            let feed = ScriptedFeed(1)
            let definition = definition("http://edge.example", proxy: ProxyDefinition(host: host, port: refused.number))
            try await PersonalizeEdgeDestination(definition, version: "1").deliver(from: feed, maximumInFlight: 1)
            #expect(feed.reports == [[.notSent(answer: word)]])
        }
    }

    /// TLS goes to the endpoint, through a real proxy, and is verified against the endpoint's name.
    @Test(arguments: [DestinationDefinition.HTTPVersion.one, .two], [true, false])
    func verifiesTheEndpointThroughTheTunnel(http: DestinationDefinition.HTTPVersion, isRightName: Bool) async throws {
        let proxy = try Tinyproxy(credentials: "me hush")
        let (certificate, key) = try TestCertificates.issue(isRightName ? "DNS:localhost" : "DNS:elsewhere.example")
        let server = try await TLSServer(certificate: certificate, key: key)
        var definition = definition("https://localhost:\(server.port)", proxy: local(proxy.port, "me:hush"))
        definition.caFile = try TestCertificates.caFile()
        definition.http = http
        let feed = ScriptedFeed(20)
        try await PersonalizeEdgeDestination(definition, version: "1").deliver(from: feed, maximumInFlight: 2)
        try await server.stop()
        let expected: AttemptResult =
            isRightName ? .confirmed(answer: "204") : .hopeless(answer: "certificate for another name")
        #expect(feed.reports == Array(repeating: [expected], count: 20))
        #expect(proxy.hasLogged("CONNECT localhost:\(server.port)"))
        #expect(!proxy.log.contains("user-1"))
    }

    /// The library would hold the certificate against the address that the socket has: the proxy's.
    @Test(arguments: ["https://192.0.2.1", "https://[2001:db8::1]:8443"])
    func refusesAnAddressThatCannotBeVerified(edgeURL: String) throws {
        let finding = #expect(throws: Diagnostic.self) {
            try PersonalizeEdgeDestination(definition(edgeURL, proxy: local(3128)), version: "1")
        }
        #expect(finding?.code == "unverifiable_endpoint")
    }

    @Test func aProbeGoesThroughTheProxyToo() async throws {
        let server = try RawServer { connection, _ in
            _ = connection.readRequest()
            connection.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
        }
        defer { server.stop() }
        let proxy = try Tinyproxy(credentials: "me hush")
        let edge = "http://127.0.0.1:\(server.port)"
        let sentence = try await PersonalizeEdgeDestination(
            definition(edge, proxy: local(proxy.port, "me:hush")), version: "1"
        ).probe()
        #expect(sentence.contains(Self.projectUID))
        #expect(proxy.hasLogged("CONNECT 127.0.0.1:\(server.port)"))
        let failure = await #expect(throws: DestinationFailure.self) {
            try await PersonalizeEdgeDestination(
                definition(edge, proxy: local(proxy.port)), version: "1"
            ).probe()
        }
        #expect(failure?.diagnostic.message.contains("the proxy wants credentials (407)") == true)
    }
}
