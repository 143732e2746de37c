import Contentstack
import SyncCore
import TestKit
import Testing

@Suite(.timeLimit(.minutes(2))) struct TLSTests {
    /// Delivers `count` writes to a server with a certificate for `names`, trusting `caFile` or the system alone.
    private func deliver(
        _ count: Int = 1, names: String, expired: Bool = false, host: String = "localhost", trusted: Bool = true
    ) async throws -> [[AttemptResult]] {
        let authority = try TestAuthority()
        let (certificate, key) = try authority.issue(names, expired: expired)
        let server = try await TLSServer(certificate: certificate, key: key)
        var definition = DestinationDefinition(name: "personalize", projectUID: "6400000000000000000000ab")
        definition.edgeURL = "https://\(host):\(server.port)"
        definition.caFile = trusted ? authority.caFile : nil
        let feed = ScriptedFeed(count)
        try await PersonalizeEdgeDestination(definition, version: "1").deliver(from: feed, maximumInFlight: 1)
        try await server.stop()
        try authority.remove()
        return feed.reports
    }

    @Test(arguments: ["localhost", "127.0.0.1"]) func deliversToAServerItCanTrust(host: String) async throws {
        let reports = try await deliver(20, names: "DNS:localhost,IP:127.0.0.1", host: host)
        #expect(reports == Array(repeating: [.confirmed(answer: "204")], count: 20))
    }

    @Test(arguments: ["localhost", "127.0.0.1"]) func refusesACertificateForAnotherName(host: String) async throws {
        let reports = try await deliver(names: "DNS:elsewhere.example,IP:127.0.0.9", host: host)
        #expect(reports == [[.hopeless(answer: "certificate for another name")]])
    }

    @Test func refusesAnExpiredCertificate() async throws {
        let reports = try await deliver(names: "DNS:localhost", expired: true)
        #expect(reports == [[.hopeless(answer: "certificate expired")]])
    }

    @Test func refusesACertificateFromAnUnknownAuthority() async throws {
        let reports = try await deliver(names: "DNS:localhost", trusted: false)
        #expect(reports == [[.hopeless(answer: "certificate from an unknown authority")]])
    }

    @Test func namesACaFileThatCannotBeRead() throws {
        var definition = DestinationDefinition(name: "personalize", projectUID: "6400000000000000000000ab")
        definition.caFile = "/nowhere/ca.pem"
        #expect(throws: Diagnostic.self) { try PersonalizeEdgeDestination(definition, version: "1") }
    }
}
