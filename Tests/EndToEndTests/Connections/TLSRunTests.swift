import Foundation
import TestKit
import Testing

/// Runs over TLS, with nginx before the simulator.
@Suite struct TLSRunTests {
    private func workshop(
        _ count: Int, names: String = "DNS:localhost", valid: TestAuthority.Validity = .now, trusted: Bool = true,
        serverHasHTTP2: Bool = false, destination: [String] = ["max_in_flight: 16"]
    ) async throws -> (workshop: Workshop, nginx: Nginx) {
        let workshop = try await Workshop(rows: Workshop.plainRows(count))
        let authority = try TestAuthority()
            .moved(to: workshop.folder.url.appending(path: "authority", directoryHint: .isDirectory))
        let (certificate, key) = try authority.issue(names, valid: valid)
        let nginx = try Nginx(
            before: workshop.simulator.url, certificate: certificate, key: key, http2: serverHasHTTP2)
        var project = MembersProject()
        project.destination = destination + (trusted ? ["ca_file: authority/ca.pem"] : [])
        try workshop.folder.write(project.files(edgeURL: nginx.url))
        return (workshop, nginx)
    }

    @Test func anAuthorityOfOnesOwnIsTrusted() async throws {
        let (workshop, nginx) = try await workshop(50)
        #expect(try await workshop.run().operations == .allConfirmed(50))
        #expect(try await workshop.simulator.stats().users == 50)
        #expect(try await workshop.headrace("doctor").exit == 0)
        await nginx.end()
    }

    @Test(arguments: [
        ("DNS:localhost", TestAuthority.Validity.now, false, "certificate from an unknown authority"),
        ("DNS:localhost", .past, true, "certificate expired"),
        ("DNS:localhost", .future, true, "certificate not yet valid"),
        ("DNS:elsewhere.example", .now, true, "certificate for another name"),
    ]) func aCertificateThatIsWrongStopsTheRunAndIsNamed(
        names: String, valid: TestAuthority.Validity, trusted: Bool, word: String
    ) async throws {
        let (workshop, nginx) = try await workshop(30, names: names, valid: valid, trusted: trusted)
        let run = try await workshop.run()
        #expect(run.exit == 5)
        #expect(run.operations.deferred == 30)
        #expect(run.line.error?.contains(word) == true, "\(run.line)")
        #expect(try await workshop.simulator.stats().requests == 0)
        let doctor = try await workshop.headrace("doctor")
        #expect(doctor.exit == 5)
        #expect((doctor.stdout + doctor.stderr).contains(word))
        await nginx.end()
    }

    @Test(arguments: ["nowhere.pem", "empty.pem"]) func aFileOfNoAuthorityIsFoundByCheck(file: String) async throws {
        let workshop = try await Workshop()
        var project = MembersProject()
        project.destination = ["max_in_flight: 16", "ca_file: \(file)"]
        try workshop.folder.write(project.files(edgeURL: "https://localhost:1"))
        try workshop.folder.write(["empty.pem": ""])
        let (exit, findings) = try await workshop.check()
        #expect(exit == 2)
        let finding = try #require(findings.first { $0.code == "ca_file" })
        #expect(finding.file?.hasSuffix("headrace.yml") == true)
        let lines = try workshop.folder.text(of: "headrace.yml").components(separatedBy: "\n")
        #expect(finding.line == (lines.firstIndex { $0.contains("ca_file") } ?? 0) + 1)
    }

    /// nginx ends each connection after a thousand requests, with a GOAWAY.
    @Test func thousandsOfUsersArriveOverHTTP2() async throws {
        let (workshop, nginx) = try await workshop(
            6000, serverHasHTTP2: true, destination: ["max_in_flight: 200", "http: 2"])
        let run = try await workshop.run()
        #expect(run.exit == 0, "\(run.line)")
        #expect(run.operations == .allConfirmed(6000))
        let stats = try await workshop.simulator.stats()
        #expect(stats.users == 6000)
        #expect(stats.maxInFlightPerUser == 1)
        let doctor = try await workshop.headrace("doctor")
        #expect(doctor.stdout.contains("speaks HTTP/2"), "\(doctor.stdout)")
        await nginx.end()
        let requests = try nginx.requestsByProtocol()
        #expect(requests["HTTP/2.0"] ?? 0 >= 6000)
        // The question of `doctor`.
        #expect(requests["HTTP/1.1"] == 1)
    }

    @Test func aServerWithoutHTTP2IsSentToOverHTTP1() async throws {
        let (workshop, nginx) = try await workshop(500, destination: ["max_in_flight: 100", "http: 2"])
        let run = try await workshop.run()
        #expect(run.operations == .allConfirmed(500))
        let notices = run.output.stderr.components(separatedBy: "does not offer HTTP/2").count - 1
        #expect(notices == 1, "\(run.output.stderr)")
        await nginx.end()
        #expect(try nginx.requestsByProtocol() == ["HTTP/1.1": 500])
    }
}
