import Contentstack
import NIOSSL
import SyncCore
import TestKit
import Testing

@Suite(.timeLimit(.minutes(2))) struct TLSTests {
    /// Delivers `count` writes to a server with a certificate for `names`, trusting `caFile` or the system alone.
    private func deliver(
        _ count: Int = 1, names: String, valid: TestAuthority.Validity = .now, host: String = "localhost",
        trusted: Bool = true, onlyVersion: TLSVersion? = nil, http: DestinationDefinition.HTTPVersion = .one
    ) async throws -> [[AttemptResult]] {
        let (certificate, key) = try TestCertificates.issue(names, valid: valid)
        let server = try await TLSServer(certificate: certificate, key: key, onlyVersion: onlyVersion)
        let definition = try definition(host: host, port: server.port, trusted: trusted, http: http)
        let feed = ScriptedFeed(count)
        try await PersonalizeEdgeDestination(definition, version: "1").deliver(from: feed, maximumInFlight: 1)
        try await server.stop()
        return feed.reports
    }

    private func definition(
        host: String = "localhost", port: Int, trusted: Bool = true, http: DestinationDefinition.HTTPVersion = .one
    ) throws -> DestinationDefinition {
        var definition = DestinationDefinition(name: "personalize", projectUID: "6400000000000000000000ab")
        definition.edgeURL = "https://\(host):\(port)"
        definition.caFile = trusted ? try TestCertificates.caFile() : nil
        definition.http = http
        return definition
    }

    @Test(arguments: ["localhost", "127.0.0.1"]) func deliversToAServerItCanTrust(host: String) async throws {
        let reports = try await deliver(20, names: "DNS:localhost,IP:127.0.0.1", host: host)
        #expect(reports == Array(repeating: [.confirmed(answer: "204")], count: 20))
    }

    @Test(arguments: ["localhost", "127.0.0.1"]) func refusesACertificateForAnotherName(host: String) async throws {
        let reports = try await deliver(names: "DNS:elsewhere.example,IP:127.0.0.9", host: host)
        #expect(reports == [[.hopeless(answer: "certificate for another name")]])
    }

    @Test(
        arguments: [TestAuthority.Validity.past, .future],
        [DestinationDefinition.HTTPVersion.one, .two])
    func refusesACertificateOutsideItsTime(
        valid: TestAuthority.Validity, http: DestinationDefinition.HTTPVersion
    ) async throws {
        let reports = try await deliver(names: "DNS:localhost", valid: valid, http: http)
        let word = valid == .past ? "certificate expired" : "certificate not yet valid"
        #expect(reports == [[.hopeless(answer: word)]])
    }

    @Test(arguments: [DestinationDefinition.HTTPVersion.one, .two])
    func refusesACertificateFromAnUnknownAuthority(http: DestinationDefinition.HTTPVersion) async throws {
        let reports = try await deliver(names: "DNS:localhost", trusted: false, http: http)
        #expect(reports == [[.hopeless(answer: "certificate from an unknown authority")]])
    }

    @Test func saysThatTheTLSVersionsHaveNothingInCommon() async throws {
        let reports = try await deliver(names: "DNS:localhost", onlyVersion: .tlsv11)
        #expect(reports == [[.notSent(answer: "no common tls version")]])
    }

    @Test(arguments: [DestinationDefinition.HTTPVersion.one, .two])
    func saysThatAPortSpeaksNoTLS(http: DestinationDefinition.HTTPVersion) async throws {
        let server = try RawServer { connection, _ in
            connection.send("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
            connection.waitForClose()
        }
        defer { server.stop() }
        #expect(
            try await reports(of: definition(port: server.port, http: http)) == [
                [.notSent(answer: "no tls on this port")]
            ])
    }

    @Test(arguments: [DestinationDefinition.HTTPVersion.one, .two])
    func saysThatTheServerClosedInTheHandshake(http: DestinationDefinition.HTTPVersion) async throws {
        let server = try RawServer { _, _ in }
        defer { server.stop() }
        let found = try await reports(of: definition(port: server.port, http: http)).first?.first
        // Whether its close or its reset is seen first is the kernel's choice.
        #expect([.notSent(answer: "closed in the tls handshake"), .notSent(answer: "reset")].contains(found))
    }

    private func reports(of definition: DestinationDefinition) async throws -> [[AttemptResult]] {
        let feed = ScriptedFeed(1)
        try await PersonalizeEdgeDestination(definition, version: "1").deliver(from: feed, maximumInFlight: 1)
        return feed.reports
    }

    @Test func namesACaFileThatCannotBeUsed() throws {
        let folder = try ScratchFolder()
        try folder.write(["empty.pem": "", "text.pem": "no PEM at all\n"])
        let faults = [
            ("/nowhere/ca.pem", "does not exist"), (folder.path + "empty.pem", "cannot be read as PEM"),
            (folder.path + "text.pem", "cannot be read as PEM"), (folder.path, "is a folder"),
        ]
        for (path, fault) in faults {
            var definition = DestinationDefinition(name: "personalize", projectUID: "6400000000000000000000ab")
            definition.caFile = path
            definition.caFilePosition = Diagnostic.Position("headrace.yml", line: 7, column: 14)
            let failure = #expect(throws: Diagnostic.self) { try PersonalizeEdgeDestination(definition, version: "1") }
            #expect(failure?.code == "ca_file")
            #expect(failure?.position?.line == 7)
            #expect(failure?.message == "`ca_file`: \(path) \(fault)")
        }
    }
}
