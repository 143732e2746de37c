import Foundation
import Testing

@testable import SQLDatabases

@Suite struct PostgresParametersTests {
    private func pairs(_ url: String, environment: [String: String] = [:]) throws -> [String: String] {
        let parameters = try PGParameters(url: url, environment: environment)
        return Dictionary(parameters.pairs.map { ($0.key, $0.value) }) { $1 }
    }

    @Test(arguments: ["postgresql://u@db.example.com/d", "host=/run,db.example.com dbname=d", "hostaddr=192.0.2.1"])
    func verifiesServersThatAreNotLocal(_ url: String) throws {
        let pairs = try pairs(url)
        #expect(pairs["sslmode"] == "verify-full")
        #expect(pairs["sslrootcert"] == "/etc/ssl/certs/ca-certificates.crt")
    }

    @Test(arguments: [
        "", "postgresql:///d", "host=localhost", "host=127.8.0.1", "postgresql://u@[::1]/d", "host=/run/postgresql",
        "host=db.example.com hostaddr=127.0.0.1", "postgresql://u@db.example.com/d?sslmode=disable",
        "host=db.example.com sslmode=prefer",
    ])
    func leavesLocalServersAndTheUsersWordAlone(_ url: String) throws {
        let pairs = try pairs(url)
        #expect(pairs["sslmode"] == nil && pairs["sslrootcert"] == nil)
    }

    @Test func followsTheEnvironmentAndTheUsersRootCertificate() throws {
        #expect(try pairs("host=db.example.com", environment: ["PGSSLMODE": "require"])["sslmode"] == nil)
        let url = "postgresql://db.example.com/d?sslmode=verify-ca&sslrootcert=/my/ca.pem"
        #expect(try pairs(url)["sslrootcert"] == nil)
        #expect(try pairs("host=db.example.com sslmode=verify-ca")["sslrootcert"] != nil)
    }

    @Test func followsAServiceFile() throws {
        let file = "/tmp/headrace-service-\(UUID().uuidString).conf"
        try "[far]\nhost=db.example.com\nsslmode=require\nconnect_timeout=3\n[bare]\nhost=db.example.com\n"
            .write(toFile: file, atomically: true, encoding: .utf8)
        // Nothing else in these tests uses a service.
        setenv("PGSERVICEFILE", file, 1)
        defer {
            unsetenv("PGSERVICEFILE")
            try? FileManager.default.removeItem(atPath: file)
        }
        let far = try pairs("service=far")
        #expect(far["sslmode"] == nil && far["connect_timeout"] == nil)
        #expect(try pairs("service=bare")["sslmode"] == "verify-full")
    }

    @Test func theIdentityIsWhatIsConnectedToWithoutThePassword() throws {
        func identity(_ url: String) throws -> String { try PGParameters(url: url, environment: [:]).identity }
        let one = try identity("postgresql://u:sesame@localhost:5432/d")
        #expect(try identity("host=localhost port=5432 dbname=d user=u password=other") == one)
        #expect(!one.contains("sesame"))
        for other in [
            "host=localhost dbname=e user=u", "host=localhost dbname=d user=v", "host=127.0.0.1 dbname=d user=u",
            "host=localhost port=1 dbname=d user=u", "host=localhost dbname=d user=u options='-c search_path=x'",
        ] { #expect(try identity(other) != one) }
    }

    @Test(arguments: [
        "postgresql://u:1234/secret@db.example.com:5432/d", "postgres://u:se/cret@db.example.com/d",
        "postgresql://u:se@cret/x@db.example.com/d", "postgresql://u:se@cret@db.example.com/d",
        "postgresql://u:se@cr:et@127.0.0.1:54911/shop", "postgresql://u:p?x@y:z@db.example.com",
    ])
    func refusesAPasswordThatWouldBeReadAsAHostOrADatabase(_ url: String) {
        #expect(throws: PGParametersProblem.passwordNotEncoded) { try PGParameters(url: url, environment: [:]) }
    }

    @Test func takesAnEncodedPasswordAndAnAtSignElsewhere() throws {
        for url in [
            "postgresql://u:a%2Fb%40c@localhost/d", "postgresql://u@localhost/d?options=-ca%3Da@b",
            "postgres://u:a?b:c@localhost,[::1]:5433/d",
        ] {
            #expect(try PGParameters(url: url, environment: [:]).target.contains(#"database "d""#))
        }
    }

    @Test func fillsInOnlyWhatTheUserLeftOut() throws {
        let ours = try pairs("host=localhost")
        #expect(ours["connect_timeout"] == "10" && ours["fallback_application_name"] == "headrace")
        #expect(ours["client_encoding"] == "UTF8" && ours["keepalives_idle"] == "30")
        #expect(try pairs("postgresql://localhost/d?connect_timeout=2")["connect_timeout"] == nil)
    }
}
