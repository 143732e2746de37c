import TestKit
import Testing

/// A destination whose certificate proves nothing gets no request, and the run says what is wrong with it.
@Suite struct CertificateTests {
    struct Fault: Sendable, CustomTestStringConvertible {
        var words: String
        var names = "DNS:localhost"
        var expired = false
        var notYetValid = false
        /// By an authority that the project does not trust.
        var isUnknown = false

        var testDescription: String { words }
    }

    static let faults = [
        Fault(words: "certificate expired", expired: true),
        Fault(words: "certificate not yet valid", notYetValid: true),
        Fault(words: "certificate for another name", names: "DNS:elsewhere.example"),
        Fault(words: "certificate from an unknown authority", isUnknown: true),
    ]

    @Test(arguments: faults) func aCertificateErrorStopsTheRunAtOnce(fault: Fault) async throws {
        let trusted = try TestAuthority()
        let stranger = try TestAuthority()
        let good = try trusted.issue("DNS:localhost", owner: "good")
        let bad = try (fault.isUnknown ? stranger : trusted).issue(
            fault.names, expired: fault.expired, notYetValid: fault.notYetValid, owner: "bad")
        let server = try FaultyServer()
        let front = try await TLSFront(bad, to: server.port)
        let shop = try await FaultyShop(
            users: 30, ["max_in_flight: 8", "ca_file: \(trusted.caFile)"], server: server,
            front: front)

        let stopped = try await shop.run()
        #expect(stopped.exit == 5)
        #expect(stopped.line.status == "failed")
        #expect(stopped.operations == OperationNumbers(planned: 30, deferred: 30))
        #expect(stopped.line.attempts.sent == 0)
        #expect(try #require(stopped.line.error).contains(fault.words))
        #expect(server.requests.isEmpty)
        // Those that were connecting when the first one failed, on IPv4 and IPv6 alike.
        #expect(front.connectionCount <= 16)

        try front.present(good)
        let healthy = try await shop.run()
        #expect(healthy.exit == 0, "\(healthy.line)")
        #expect(healthy.operations == .allConfirmed(30))
        try await shop.expectEqual()
        try trusted.remove()
        try stranger.remove()
    }
}
