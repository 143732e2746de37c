import TestKit
import Testing

/// `--limit`, `--key`, `--full-resync`, `--baseline` and `plan --exit-code`.
@Suite struct PartialRunTests {
    @Test func aLimitKeepsTheFirstOperationsAndTheRestForLater() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(5))
        let first = try await shop.run("--limit", "2")
        #expect(first.rows == RowNumbers(queried: 5, added: 5))
        #expect(first.operations == .allConfirmed(2))
        let second = try await shop.run()
        #expect(second.rows == RowNumbers(queried: 5, unchanged: 2, added: 3))
        #expect(second.operations == .allConfirmed(3))
        #expect(try await shop.simulator.stats().requests == 5)
    }

    @Test(arguments: ["3", "uid:u3"]) func aKeyPlansThatUserOnly(key: String) async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(5))
        let run = try await shop.run("--key", key)
        #expect(run.rows.queried == 5)
        #expect(run.operations == .allConfirmed(1))
        #expect(try await shop.simulator.requests().map(\.uid) == ["u3"])
    }

    @Test(arguments: [["--limit", "10"], ["--key", "1"]])
    func aPartialRunPlansNoRemoval(flag: [String]) async throws {
        var project = MembersProject()
        project.mappings[1] = "{column: points, attribute: points, on_removed: 0}"
        let shop = try await Workshop(project, rows: Workshop.plainRows(3))
        _ = try await shop.run()
        try await shop.sql("DELETE FROM members WHERE id = 2; UPDATE members SET points = 5 WHERE id = 1")
        #expect(try await shop.run(flag[0], flag[1]).operations == .allConfirmed(1))
        #expect(try await shop.simulator.attributes(of: "u2") == #"{"loyalty_tier":"silver","points":20}"#)
        #expect(try await shop.run().rows == RowNumbers(queried: 2, unchanged: 2, removed: 1))
        #expect(try await shop.simulator.attributes(of: "u2") == #"{"loyalty_tier":"silver","points":0}"#)
    }

    @Test func theLargestLimitKeepsEveryone() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(3))
        #expect(try await shop.run("--limit", "\(Int.max)").operations == .allConfirmed(3))
    }

    @Test func aFullResyncSendsEveryValidRowWhole() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(3))
        _ = try await shop.run()
        let run = try await shop.run("--full-resync")
        #expect(run.rows == RowNumbers(queried: 3, unchanged: 3))
        #expect(run.operations == .allConfirmed(3))
        let planned = try await shop.sql(
            "SELECT DISTINCT kind, reason FROM operations WHERE run_id = '\(run.line.runID ?? "")'",
            database: ".headrace/state.db")
        #expect(planned == "unchanged|resync")
        let bodies = try await shop.simulator.requests(of: "u2").map(\.body)
        #expect(bodies.count == 2 && bodies.first == bodies.last)
        #expect(try await shop.run().operations.planned == 0)
    }

    @Test func aBaselineSendsNothingAndCountsAsConfirmed() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(3))
        let baseline = try await shop.run("--baseline")
        #expect(baseline.exit == 0)
        #expect(baseline.rows.queried == 3 && baseline.operations.planned == 0)
        #expect(try await shop.simulator.stats().requests == 0)
        try await shop.sql("UPDATE members SET points = 5 WHERE id = 1")
        let run = try await shop.run()
        #expect(run.rows == RowNumbers(queried: 3, unchanged: 2, changed: 1))
        #expect(try await shop.simulator.requests().map(\.body) == [#"{"points":5}"#])
    }

    @Test func aBaselineOverASnapshotWantsAYes() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(3))
        _ = try await shop.run()
        try await shop.sql("UPDATE members SET points = 5 WHERE id = 1")
        let refused = try await shop.headrace("run", "--baseline")
        #expect(refused.exit == 2)
        #expect((refused.stdout + refused.stderr).contains("--yes"))
        #expect(try await shop.run("--baseline", "--yes").operations.planned == 0)
        #expect(try await shop.run().rows == RowNumbers(queried: 3, unchanged: 3))
        #expect(try await shop.simulator.stats().requests == 3)
    }

    @Test func planSaysByItsExitCodeWhetherThereAreChanges() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(3))
        #expect(try await shop.plan("--exit-code").exit == 8)
        _ = try await shop.run()
        #expect(try await shop.plan("--exit-code").exit == 0)
        #expect(try await shop.plan().exit == 0)
    }

    @Test func detailsBoundTheUsersOfAPlan() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(30))
        #expect(try await shop.plan().line.users.count == 20)
        #expect(try await shop.plan("--details", "3").line.users.count == 3)
        #expect(try await shop.plan("--details", "100").line.users.count == 30)
    }
}
