import Foundation
import PersonalizeSimulator
import Synchronization
import Testing

/// A time that stands still until a test moves it.
final class ManualTime: Sendable {
    private let time = Mutex(Date(timeIntervalSince1970: 1_790_000_000))

    var now: Date { time.withLock { $0 } }
    func advance(by seconds: TimeInterval) { time.withLock { $0 = $0.addingTimeInterval(seconds) } }
}

@Suite(.timeLimit(.minutes(1))) struct SimulatorRateLimitTests {
    private let time = ManualTime()

    private func options(perSecond: Double? = 10) -> SimulatorOptions {
        let time = time
        return SimulatorOptions(managementRequestsPerSecond: perSecond, now: { time.now })
    }

    private static func list(_ client: SimulatorClient, _ organization: String = "org1") async throws -> RawReply {
        try await client.send("GET", "/projects", ["authtoken": "any", "organization_uid": organization])
    }

    @Test func anOrganizationHasTenRequestsASecond() async throws {
        try await withSimulator(options()) { (client) async throws in
            for left in (0..<10).reversed() {
                let reply = try await Self.list(client)
                #expect(reply.status == 200)
                #expect(reply.header("x-ratelimit-limit") == "10")
                #expect(reply.header("x-ratelimit-remaining") == String(left))
            }
            let refused = try await Self.list(client)
            #expect(refused.status == 429)
            #expect(refused.header("x-ratelimit-limit") == "10" && refused.header("x-ratelimit-remaining") == "0")
            #expect(try await Self.list(client, "org2").status == 200, "another has its own")
            time.advance(by: 0.25)
            for status in [200, 200, 429] { #expect(try await Self.list(client).status == status) }
            time.advance(by: 60)
            #expect(try await Self.list(client).header("x-ratelimit-remaining") == "9")
        }
    }

    @Test func requestsOnAProjectCountForItsOrganization() async throws {
        try await withSimulator(options(perSecond: 1)) { (client) async throws in
            #expect(try await client.manage("GET", "/attributes").status == 200)
            #expect(try await client.manage("GET", "/attributes").status == 429)
            #expect(try await Self.list(client, "blt5e1f000000000001").status == 429)
        }
    }

    @Test func theEdgeHasNoLimitNorWhoSwitchedItOff() async throws {
        try await withSimulator(options(perSecond: 1)) { (client) async throws in
            for _ in 0..<5 { #expect(try await client.patch("u1", "{}").status == 204) }
        }
        try await withSimulator(options(perSecond: nil)) { (client) async throws in
            for _ in 0..<15 {
                let reply = try await Self.list(client)
                #expect(reply.status == 200 && reply.header("x-ratelimit-limit") == nil)
            }
        }
    }
}
