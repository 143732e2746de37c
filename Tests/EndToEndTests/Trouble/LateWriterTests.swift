import Foundation
import TestKit
import Testing

/// A run that is stopped for longer than its locks live, and the run that takes over meanwhile: what the first still had
/// under way arrives after what the second sent.
@Suite struct LateWriterTests {
    /// Seconds; three times as long as a renewal is apart from the next.
    static let trust = 1
    static let users = 12

    private struct Stage {
        var shop: FaultyShop
        var gate: Gate
        var late: RunningProcess
    }

    /// A run that sends points + 1000 has its first request held by the server; it is stopped, and another run, for which
    /// the stopped one is on another host and silent for long, sends points + 2000.
    private func stage() async throws -> Stage {
        let shop = try await FaultyShop(users: Self.users, ["max_in_flight: 1", "timeout: 60s"])
        #expect(try await shop.run().operations == .allConfirmed(Self.users))
        let gate = Gate()
        try await shop.sql("UPDATE members SET points = points + 1000")
        shop.server.play(.held(by: gate), to: ["u1": 1])
        let late = try shop.startRun(environment: ["HEADRACE_TEST_LEASE_TRUST": "\(Self.trust)"])
        try await eventually { shop.server.requests.first?.body != nil }
        #expect(shop.server.requests.map(\.uid) == ["u1"])
        try await stop(late, in: shop)
        try await shop.sql("UPDATE members SET points = points + 1000")
        shop.server.play(nil)
        let second = try await shop.run()
        #expect(second.exit == 0, "\(second.line)")
        #expect(second.operations == .allConfirmed(Self.users))
        try await shop.expectEqual()
        return Stage(shop: shop, gate: gate, late: late)
    }

    /// Not while it holds the state's lock, as no process of another host would.
    private func stop(_ process: RunningProcess, in shop: FaultyShop) async throws {
        for _ in 1...50 {
            process.send(SIGSTOP)
            let isDone = try? await shop.state(
                ".timeout 200\nUPDATE leases SET host = 'elsewhere', renewed_at = renewed_at - 60000000;")
            if isDone != nil { return }
            process.send(SIGCONT)
        }
        Issue.record("the run never let go of the state")
    }

    private func value(_ shop: FaultyShop, _ uid: String = "u1") -> String? {
        shop.server.attributes(of: uid)?["points"]
    }

    /// The next run repairs what the late request did, and then there is nothing left to do.
    private func expectRepaired(_ shop: FaultyShop) async throws {
        #expect(value(shop) == "1001", "the late request was to arrive last")
        let output = try await shop.start(["plan", "--output", "json"]).end()
        let plans: [ReportedPlan] = try Workshop.lines(of: output)
        let plan = try #require(plans.first)
        #expect(plan.users.contains { $0.userUID == "u1" && $0.reason == "dirty" })
        let repair = try await shop.run()
        #expect(repair.exit == 0, "\(repair.line)")
        #expect(repair.operations.confirmed >= 1)
        #expect(repair.operations.planned == repair.operations.confirmed)
        try await shop.expectEqual()
        #expect(try await shop.run().operations.planned == 0)
        #expect(try await shop.state("PRAGMA integrity_check") == "ok")
    }

    @Test func aRunThatWakesUpTooLateAbandons() async throws {
        let stage = try await stage()
        let shop = stage.shop
        // Its next run may have been and gone.
        #expect(try await shop.run().exit == 0)
        shop.server.play(nil)
        stage.gate.open()
        try await eventually { value(shop) == "1001" }
        // The moment is the test's subject, so it is a time and not an event.
        try await Task.sleep(for: .seconds(Self.trust) + .milliseconds(200))
        stage.late.send(SIGCONT)
        let run = try await shop.ended(stage.late)
        #expect(run.exit == 1)
        #expect(run.line.status == "failed")
        #expect(shop.server.requests.isEmpty, "a request left after the locks were lost")
        try await expectRepaired(shop)
    }

    @Test func oneThatNeverWakesUpLeavesItsWindowDirty() async throws {
        let stage = try await stage()
        stage.gate.open()
        try await eventually { value(stage.shop) == "1001" }
        stage.late.send(SIGKILL)
        _ = await stage.late.end()
        try await expectRepaired(stage.shop)
    }

    /// The late request arrives, and the first run wakes up, while the second is still sending.
    @Test func whatTheSuccessorConfirmsAfterwardsProvesNothing() async throws {
        let shop = try await FaultyShop(users: Self.users, ["max_in_flight: 1", "timeout: 60s"])
        #expect(try await shop.run().operations == .allConfirmed(Self.users))
        let (older, newer) = (Gate(), Gate())
        try await shop.sql("UPDATE members SET points = points + 1000")
        shop.server.play(.held(by: older), to: ["u1": 1])
        let late = try shop.startRun(environment: ["HEADRACE_TEST_LEASE_TRUST": "\(Self.trust)"])
        try await eventually { shop.server.requests.first?.body != nil }
        try await stop(late, in: shop)
        try await shop.sql("UPDATE members SET points = points + 1000")
        // u1 is confirmed, u2 keeps the second run from its end.
        shop.server.play(.held(by: newer), to: ["u2": 1])
        let second = try shop.startRun()
        try await eventually { value(shop) == "2001" && shop.server.requests(of: "u2").first?.body != nil }
        older.open()
        try await eventually { value(shop) == "1001" }
        late.send(SIGCONT)
        #expect(try await shop.ended(late).exit == 1)
        newer.open()
        let run = try await shop.ended(second)
        #expect(run.exit == 0)
        #expect(run.operations == .allConfirmed(Self.users))
        try await expectRepaired(shop)
    }
}
