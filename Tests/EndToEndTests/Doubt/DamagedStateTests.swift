import TestKit
import Testing

/// A changed value in the state's file is never sent, and keeps nobody from being sent.
@Suite struct DamagedStateTests {
    static let state = ".headrace/state.db"

    @Test(arguments: [
        "UPDATE snapshot_users SET fingerprint = zeroblob(32) WHERE id & 255 = 2",
        "UPDATE snapshot_users SET flags = flags | 2 WHERE id & 255 = 2",
        "UPDATE snapshot_values SET values_json = replace(values_json, '20', '21')",
    ]) func aRunOverADamagedSnapshotSendsNothing(damage: String) async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(5))
        #expect(try await shop.run().operations == .allConfirmed(5))
        try await shop.sql("UPDATE members SET points = points + 1")
        try await shop.sql(damage, database: Self.state)
        let run = try await shop.run()
        #expect(run.exit == 1 && run.line.status == "failed")
        #expect(try #require(run.line.error).contains("damaged"))
        #expect(try await shop.headrace("plan").exit == 1)
        let check = try await shop.headrace("state", "info", "--check")
        #expect(check.exit == 1 && check.stderr.contains("row(s) of snapshot_"))
        #expect(try await shop.simulator.stats().requests == 5)
        // What the message says to do.
        try shop.folder.remove(Self.state)
        #expect(try await shop.run().operations == .allConfirmed(5))
        try await shop.expectEqualMembers()
    }

    @Test func aDamagedOperationIsNotSentAndTheNextRunPlansAnew() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(5))
        let plan = try await shop.plan()
        try await shop.sql(
            "UPDATE operations_data SET snapshot_values = replace(snapshot_values, ':20}', ':21}')",
            database: Self.state)
        let applied = try await shop.apply(plan.line.planID)
        #expect(applied.exit == 1 && applied.operations.confirmed == 0)
        #expect(try #require(applied.line.error).contains("operation 2 of plan \(plan.line.planID)"))
        #expect(try await shop.simulator.attributes(of: "u2") == nil)
        #expect(try await shop.run().exit == 0)
        try await shop.expectEqualMembers()
    }
}
