import TestKit
import Testing

/// A commit that the state refuses in the middle of a delivery. A trigger in the state refuses exactly the one.
@Suite struct FailedCommitTests {
    static let users = 60

    private func workshop(_ destination: String...) async throws -> Workshop {
        var project = MembersProject()
        project.destination = destination.isEmpty ? ["max_in_flight: 4"] : destination
        project.sync = ["send: all", "guards: {max_changed_percent: 100}"]
        let shop = try await Workshop(project, rows: Workshop.plainRows(Self.users))
        #expect(try await shop.run().operations == .allConfirmed(Self.users))
        try await shop.sql("UPDATE members SET points = points + 1")
        return shop
    }

    private func refuse(_ event: String, in shop: Workshop) async throws {
        try await shop.state("CREATE TRIGGER refuse BEFORE \(event) BEGIN SELECT RAISE(ABORT, 'refused'); END")
    }

    private func expectRepair(_ shop: Workshop, planned: ClosedRange<Int>) async throws {
        try await shop.state("DROP TRIGGER refuse")
        let run = try await shop.run()
        #expect(run.exit == 0 && planned.contains(run.operations.planned), "\(run.line)")
        #expect(try await shop.differences().isEmpty)
        #expect(try await shop.run().operations.planned == 0)
        try await shop.expectSoundState()
    }

    /// Users of the windows that were opened, and nobody else, are in the request log: also not the rest of a window
    /// that waited for a free connection.
    @Test func noRequestLeavesAfterAnIntentThatIsRefused() async throws {
        let shop = try await workshop()
        try await shop.simulator.setFaults(#"{"rules":[{"effect":{"type":"delay","delay_ms":50}}]}"#)
        try await refuse("UPDATE OF open_through ON plans_data WHEN NEW.open_through > 24", in: shop)
        let run = try await shop.run()
        #expect(run.exit == 1 && run.line.status == "failed", "\(run.line)")
        let sent = try await shop.simulator.requests().dropFirst(Self.users).compactMap(\.uid)
        #expect(!sent.isEmpty && Set(sent).isSubset(of: (1...24).map { "u\($0)" }), "\(sent)")
        #expect(sent.count == Set(sent).count, "\(sent)")
        // What was in the open window when the state refused.
        #expect(run.operations.unknown > 0 && run.operations.unknown <= 8, "\(run.line)")
        #expect(run.operations.confirmed + run.operations.unknown <= 24)
        #expect(try await shop.state("SELECT status FROM runs ORDER BY run_id DESC LIMIT 1") == "failed")
        try await shop.simulator.setFaults("{}")
        try await expectRepair(
            shop, planned: Self.users - run.operations.confirmed...Self.users - run.operations.confirmed)
    }

    /// The answers of the last users are lost with the commit that should have kept them.
    @Test func whatTheLastCommitLostIsNotConfirmed() async throws {
        let shop = try await workshop()
        try await refuse("INSERT ON outcomes WHEN NEW.id & 4294967295 = \(Self.users)", in: shop)
        let run = try await shop.run()
        #expect(run.exit == 1 && run.line.status == "failed", "\(run.line)")
        #expect(run.operations.confirmed < Self.users && run.operations.unknown > 0, "\(run.line)")
        #expect(run.operations.deferred == 0, "\(run.line)")
        let confirmed = try await shop.state("SELECT count(*) FROM operations WHERE outcome = 'confirmed'")
        #expect(confirmed == "\(Self.users + run.operations.confirmed)")
        try await expectRepair(shop, planned: run.operations.unknown...run.operations.unknown)
    }

    /// The source goes back to what it was. Whoever was in the open window is sent that again, and once more only those
    /// whose request had left: the pace keeps the rest back until half the window is to be settled.
    @Test func whoseRequestNeverLeftIsNotLate() async throws {
        let shop = try await workshop("max_in_flight: 16", "max_requests_per_second: 40")
        try await refuse("INSERT ON outcomes WHEN NEW.id & 4294967295 = 1", in: shop)
        let run = try await shop.run()
        #expect(run.exit == 1 && run.operations.unknown == 32, "\(run.line)")
        let sent = Set(try await shop.simulator.requests().dropFirst(Self.users).compactMap(\.uid))
        #expect(sent.count < 32)
        try await shop.state("DROP TRIGGER refuse")
        try await shop.sql("UPDATE members SET points = points - 1")
        #expect(try await shop.run().operations == .allConfirmed(32))
        try await shop.expectSettled(onceMore: sent.count)
        #expect(try await shop.differences().isEmpty)
        try await shop.expectSoundState()
    }

    /// Everybody is confirmed; that the run is over cannot be written, nor that it failed.
    @Test func aRunWhoseEndIsRefusedHasNotSucceeded() async throws {
        let shop = try await workshop()
        try await refuse("UPDATE OF status ON plans_data WHEN NEW.status = 'finished'", in: shop)
        let run = try await shop.run()
        #expect(run.exit == 1 && run.line.status == "failed", "\(run.line)")
        #expect(run.operations == .allConfirmed(Self.users))
        #expect(try await shop.state("SELECT status FROM runs ORDER BY run_id DESC LIMIT 1") == "delivering")
        try await expectRepair(shop, planned: 0...0)
    }
}
