import Foundation
import TestKit
import Testing

/// Plans and runs of one sync whose times overlap, and runs that lose what they stand on while they send.
@Suite struct OverlapTests {
    /// Three answers at once, then so slow that a run lasts as long as a test lets it.
    static let slow = #"{"rules":[{"match":{"after":3},"effect":{"type":"delay","delay_ms":1000}}]}"#
    static let users = 40

    private func workshop() async throws -> Workshop {
        var project = MembersProject()
        project.destination = ["max_in_flight: 1"]
        return try await Workshop(project, rows: Workshop.plainRows(Self.users))
    }

    /// A run on its way that sends every user `gold`, of which some have arrived.
    private func sendingGold(_ shop: Workshop) async throws -> RunningProcess {
        #expect(try await shop.run().operations == .allConfirmed(Self.users))
        try await shop.simulator.setFaults(Self.slow)
        try await shop.sql("UPDATE members SET tier = 'gold'")
        let run = try shop.start(["run", "--output", "json"])
        try await eventually { try await shop.simulator.stats().applied >= Self.users + 3 }
        return run
    }

    /// The destination holds what the table holds, whatever happened before.
    private func expectEqual(_ shop: Workshop) async throws {
        for user in [1, 5, Self.users] {
            let wanted = try await shop.sql(
                "SELECT json_object('loyalty_tier', tier, 'points', points) FROM members WHERE id = \(user)")
            #expect(try await shop.simulator.attributes(of: "u\(user)") == wanted)
        }
    }

    /// Its diff is against users that the run has changed since: `gold` would stay where the plan saw no change.
    @Test func aPlanMadeWhileARunWasSendingIsRefused() async throws {
        let shop = try await workshop()
        let run = try await sendingGold(shop)
        try await shop.sql("UPDATE members SET tier = 'silver', points = points + 1")
        let plan = try await shop.plan()
        try await shop.simulator.setFaults("{}")
        #expect(await run.end(timeout: 60).exit == 0)
        let applied = try await shop.apply(plan.line.planID)
        #expect(applied.exit == 2)
        #expect(applied.line.runID == nil)
        let again = try await shop.plan()
        #expect(try await shop.apply(again.line.planID).exit == 0)
        try await expectEqual(shop)
    }

    @Test func aPlanAfterAKilledRunNamesWhoMustBeSentAgain() async throws {
        let shop = try await workshop()
        let run = try await sendingGold(shop)
        run.send(SIGKILL)
        _ = await run.end()
        try await shop.simulator.setFaults("{}")
        try await shop.sql("UPDATE members SET tier = 'silver'")
        let plan = try await shop.plan("--details", "100", "--exit-code")
        #expect(plan.exit == 8)
        #expect(plan.line.users.contains { $0.reason == "dirty" && $0.kind == "unchanged" })
        #expect(try await shop.apply(plan.line.planID).exit == 0)
        try await expectEqual(shop)
        // What the killed run had sent may be applied after what was confirmed: it is sent once more.
        #expect(try await shop.run().exit == 0)
        try await expectEqual(shop)
        #expect(try await shop.run().operations.planned == 0)
    }

    @Test func aRefusedApplyIsNoRun() async throws {
        let shop = try await workshop()
        let old = try await shop.plan()
        let new = try await shop.plan()
        let refused = try await shop.apply(old.line.planID)
        #expect(refused.exit == 2)
        #expect(refused.line.runID == nil)
        #expect(try await shop.apply(new.line.planID).operations == .allConfirmed(Self.users))
        #expect(try await shop.sql("SELECT count(*) FROM runs", database: ".headrace/state.db") == "1")
    }

    /// As after a takeover by another host: the run ends by itself, says so in balanced books, and leaves the other
    /// run alone.
    @Test(arguments: [
        #"{"rules":[{"effect":{"type":"delay","delay_ms":1000}}]}"#,
        #"{"rules":[{"effect":{"type":"status","status":429,"headers":{"retry-after":"250"}}}]}"#,
    ])
    func aRunThatLosesItsLocksEnds(faults: String) async throws {
        let shop = try await workshop()
        let process = try await sendingGold(shop)
        try await shop.simulator.setFaults(faults)
        try await shop.sql(
            """
            .timeout 10000
            BEGIN IMMEDIATE;
            INSERT INTO fenced_runs SELECT DISTINCT run_id FROM leases;
            DELETE FROM leases;
            CREATE TEMP TABLE other AS SELECT * FROM runs_data WHERE status = 'delivering';
            UPDATE other SET run_no = 99, run_id = '01ZZZZZZZZZZZZZZZZZZZZZZZZ', plan_id = NULL, status = 'querying';
            INSERT INTO runs_data SELECT * FROM other;
            COMMIT;
            """, database: ".headrace/state.db")
        let run = try Workshop.run(from: await process.end(timeout: 40))
        #expect(run.exit == 1)
        #expect(run.line.status == "failed")
        #expect(run.line.attempts.sent >= 3)
        #expect(run.operations.confirmed < Self.users)
        let other = try await shop.sql(
            "SELECT status FROM runs WHERE run_id LIKE '01ZZZ%'", database: ".headrace/state.db")
        #expect(other == "querying")
    }

    @Test func whatWasNotSentIsSaidWithTheLastAnswer() async throws {
        let shop = try await workshop()
        await shop.simulator.end()
        try await shop.sql("DELETE FROM members WHERE id > 1")
        let run = try await shop.run()
        #expect(run.exit == 5)
        #expect(run.operations.deferred == 1)
        #expect(try #require(run.line.error).contains("connection refused"))
    }
}
