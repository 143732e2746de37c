import Foundation
import SQLDatabases
import SyncCore
import TestKit
import Testing

/// A server with a certificate for `localhost`, and one role that only a client certificate opens.
@Suite(.timeLimit(.minutes(1))) struct PostgresTLSTests {
    private struct Parts {
        var server: PostgresServer
        var authority: TestAuthority
        var stranger: TestAuthority
    }

    // Unstructured, because the server outlives the test that happens to ask first.
    private static let parts = Task {
        let (authority, stranger) = (try TestAuthority(), try TestAuthority())
        let issued = try authority.issue("DNS:localhost")
        _ = try authority.issue("DNS:nobody", owner: "certified")
        var launch = PostgresServer.Launch()
        launch.settings = [
            "ssl = on", "ssl_cert_file = '../server.crt'", "ssl_key_file = '../server.key'",
            "ssl_ca_file = '../ca.crt'",
        ]
        launch.access = ["hostssl all certified 127.0.0.1/32 cert"]
        for (name, path) in [
            ("server.crt", issued.certificate), ("server.key", issued.key), ("ca.crt", authority.caFile),
        ] {
            launch.files[name] = try String(contentsOfFile: path, encoding: .utf8)
        }
        let server = try await PostgresServer.own(launch)
        try await server.execute("CREATE ROLE certified LOGIN", database: "postgres")
        return Parts(server: server, authority: try server.adopt(authority), stranger: try server.adopt(stranger))
    }

    /// What `doctor` would say of a server that must show its certificate: the answer, or the failure's message.
    private func probe(
        host: String = "localhost", user: String? = nil, root: KeyPath<Parts, TestAuthority> = \.authority,
        options: String = ""
    ) async throws -> Result<String, SourceFailure> {
        let parts = try await Self.parts.value
        let login = user ?? "\(PostgresDatabase.readerName):reader%20password%2F%C3%A4"
        let url =
            "postgresql://\(login)@\(host):\(parts.server.port)/postgres?sslmode=verify-full"
            + "&sslrootcert=\(parts[keyPath: root].caFile)\(options)"
        let source = PostgresSource(
            name: "warehouse", url: Secret(url), allowSuperuser: false, statementTimeout: nil)
        do throws(SourceFailure) { return .success(try await source.probe()) } catch { return .failure(error) }
    }

    private func message(_ result: Result<String, SourceFailure>) -> String {
        guard case .failure(let failure) = result, failure.kind == .unreachable else { return "\(result)" }
        return failure.diagnostic.message
    }

    @Test func connectsEncryptedToTheServerOfTheCertificate() async throws {
        #expect(try await probe().get().hasSuffix(", encrypted"))
    }

    @Test func refusesTheCertificateOfAnotherName() async throws {
        let text = message(try await probe(host: "127.0.0.1"))
        #expect(text.contains("does not match host name \"127.0.0.1\""), "\(text)")
    }

    @Test(arguments: [
        ("localhost", "&sslrootcert=/nowhere/ca.pem", true), ("127.0.0.1", "", true),
        ("localhost", "&sslcert=/etc/hostname&sslkey=/etc/hostname", true), ("localhost", "&user=nobody", false),
    ])
    func theHintIsAboutEncryptionWhereThatIsWhatFails(host: String, options: String, isIt: Bool) async throws {
        guard case .failure(let failure) = try await probe(host: host, options: options) else {
            Issue.record("it connects")
            return
        }
        let hint = try #require(failure.diagnostic.hint)
        #expect(hint.contains("sslrootcert") == isIt && hint.contains("~/.pgpass") != isIt, "\(failure.diagnostic)")
    }

    @Test func refusesTheCertificateOfAnotherAuthorityAndNamesTheFile() async throws {
        let text = message(try await probe(root: \.stranger))
        #expect(text.contains("certificate verify failed"), "\(text)")
        #expect(text.contains("sslmode verify-full with \(try await Self.parts.value.stranger.caFile)"), "\(text)")
    }

    @Test func saysWhichCAFileIsNotThere() async throws {
        let text = message(try await probe(options: "&sslrootcert=/nowhere/ca.pem"))
        #expect(text.contains("root certificate file \"/nowhere/ca.pem\" does not exist"), "\(text)")
    }

    @Test func showsTheClientCertificateThatTheServerAsksFor() async throws {
        let folder = try await Self.parts.value.authority.folder.path
        let shown = "&sslcert=\(folder)/certified.pem&sslkey=\(folder)/certified.key"
        #expect(try await probe(user: "certified", options: shown).get().contains("as \"certified\""))
        let text = message(try await probe(user: "certified"))
        #expect(text.contains("connection requires a valid client certificate"), "\(text)")
    }
}
