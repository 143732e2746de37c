import Foundation
import TestKit
import Testing

/// `state prune`, `state reset` and `state info` as a user runs them.
@Suite struct StateUpkeepTests {
    private static func old(_ shop: Workshop) async throws {
        let age = 40 * 86_400 * 1_000_000
        try await shop.state(
            """
            UPDATE runs_data SET started_at = started_at - \(age), finished_at = finished_at - \(age);
            UPDATE plans_data SET created_at = created_at - \(age);
            """)
    }

    /// Three runs of twenty users, forty days ago; one user more comes with each.
    private func workshop(_ project: MembersProject = MembersProject()) async throws -> Workshop {
        let shop = try await Workshop(project, rows: Workshop.plainRows(20))
        for _ in 1...3 {
            #expect(try await shop.run().exit == 0)
            try await shop.sql("UPDATE members SET points = points + 1")
        }
        try await Self.old(shop)
        return shop
    }

    private func prune(_ shop: Workshop, _ arguments: String...) async throws -> [String: Any] {
        let output = try await shop.start(["state", "prune", "--output", "json"] + arguments).end()
        #expect(output.exit == 0, "\(output.stderr)")
        return try #require(output.json.first)
    }

    @Test func pruningKeepsALineOfEachRun() async throws {
        let shop = try await workshop()
        #expect(try await prune(shop, "--dry-run")["operations"] as? Int == 40)
        #expect(try await shop.state("SELECT count(*) FROM operations") == "60")
        let counts = try await prune(shop)
        #expect(counts["runs"] as? Int == 2 && counts["plans"] as? Int == 2 && counts["operations"] as? Int == 40)
        #expect(counts["dry_run"] as? Bool == false && counts["keep_runs"] as? Int == 1)
        #expect(try await shop.state("SELECT count(*), sum(confirmed) FROM runs") == "3|60")
        #expect(try await shop.state("SELECT count(DISTINCT run_id) FROM operations") == "1")
        let oldest = try await shop.state("SELECT min(run_id) FROM runs")
        for command in [["runs"], ["runs", oldest], ["runs", oldest, "--invalid"], ["status"], ["state", "info"]] {
            let output = try await shop.start(command).end()
            #expect(output.exit == 0, "\(command): \(output.stderr)")
        }
        // The next run knows all that it knew: everyone changed once since.
        #expect(try await shop.run().rows == RowNumbers(queried: 20, changed: 20))
        #expect(try await shop.run().operations.planned == 0)
        #expect(try await shop.differences().isEmpty)
        try await shop.expectSoundState()
    }

    @Test func aPlanThatIsReadyIsAppliedAfterPruning() async throws {
        let shop = try await workshop()
        let plan = try await shop.plan()
        _ = try await prune(shop, "--older-than", "1ms")
        let applied = try await shop.apply(plan.line.planID)
        #expect(applied.exit == 0 && applied.operations == .allConfirmed(20), "\(applied.line)")
        #expect(try await shop.differences().isEmpty)
    }

    @Test(arguments: [("", 2), ("retention: 60d", 0), ("retention: 1h", 2)])
    func theConfiguredRetentionDecides(key: String, runs: Int) async throws {
        var project = MembersProject()
        project.state = "{url: \"sqlite:.headrace/state.db\"\(key.isEmpty ? "" : ", \(key)")}"
        let shop = try await workshop(project)
        #expect(try await prune(shop)["runs"] as? Int == runs)
        #expect(try await prune(shop, "--older-than", "39d")["runs"] as? Int == 2 - runs)
    }

    @Test func vacuumGivesRoomBackAndWaitsForNoRun() async throws {
        let shop = try await workshop()
        try await shop.sql("DELETE FROM members; \(Workshop.plainRows(2000))")
        for _ in 1...2 { #expect(try await shop.run("--full-resync").exit == 0) }
        let counts = try await prune(shop, "--older-than", "1ms", "--vacuum")
        #expect(try #require(counts["freed_in_bytes"] as? Int) > 200_000)
        #expect(counts["free_in_bytes"] as? Int == 0)
        #expect(try await shop.run().operations.planned == 0)

        let run = try await slowRun(of: shop)
        let refused = try await shop.headrace("state", "prune", "--vacuum")
        #expect(refused.exit == 7 && refused.stderr.contains("[already_running]"), "\(refused.stderr)")
        // Without it the run is not disturbed.
        #expect(try await shop.headrace("state", "prune", "--older-than", "1ms").exit == 0)
        try await shop.simulator.setFaults("{}")
        #expect(try Workshop.run(from: await run.end()).operations == .allConfirmed(2000))
        try await shop.expectSoundState()
    }

    /// A run on its way that lasts as long as the test lets it.
    private func slowRun(of shop: Workshop) async throws -> RunningProcess {
        try await shop.simulator.setFaults(
            #"{"rules":[{"match":{"after":8},"effect":{"type":"delay","delay_ms":500}}]}"#)
        let before = try await shop.simulator.stats().requests
        try await shop.sql("UPDATE members SET tier = 'gold'")
        let run = try shop.start(["run", "--output", "json", "--override-guards"])
        try await eventually { try await shop.simulator.stats().requests > before + 4 }
        return run
    }

    @Test func aPruneThatIsKilledIsFinishedByTheNext() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(11_000))
        for _ in 1...2 { #expect(try await shop.run("--full-resync").exit == 0) }
        try await Self.old(shop)
        let killed = try await shop.headrace(
            "state", "prune", environment: ["HEADRACE_FAIL_POINT": "pruning:2"])
        #expect(killed.exit == 137)
        let left = try #require(Int(try await shop.state("SELECT count(*) FROM operations_data")))
        #expect(left > 11_000 && left < 22_000)
        #expect(try await prune(shop)["runs"] as? Int == 1)
        #expect(try await shop.state("SELECT count(*) FROM operations_data") == "11000")
        #expect(try await shop.state("SELECT count(*) FROM outcomes") == "11000")
        #expect(try await shop.run().operations.planned == 0)
        try await shop.expectSoundState()
    }

    @Test(arguments: [
        ["--keep-runs", "0"], ["--older-than", "soon"], ["--older-than", "30"], ["--vacuum", "--dry-run"],
    ])
    func pruneRefusesWhatItCannotDo(arguments: [String]) async throws {
        let shop = try await Workshop()
        let output = try await shop.start(["state", "prune"] + arguments).end()
        #expect(output.exit == 2 && output.stdout.isEmpty)
    }

    @Test func withoutAStateThereIsNothingToDo() async throws {
        let shop = try await Workshop()
        #expect(try await prune(shop)["runs"] as? Int == 0)
        let reset = try await shop.headrace("state", "reset", "loyalty", "--output", "json")
        #expect(reset.exit == 0 && (reset.json.first?["forgotten"] as? [Any])?.isEmpty == true)
        #expect(!FileManager.default.fileExists(atPath: shop.folder.path + ".headrace"))
    }

    @Test func stateInfoSaysWhatTakesTheRoom() async throws {
        let shop = try await workshop()
        let info = try #require(
            try await shop.headrace("state", "info", "--check", "--output", "json").json.first)
        let parts = try #require(info["parts"] as? [String: Int])
        #expect(Set(parts.keys) == ["snapshot", "plans", "runs", "other"])
        let size = try #require(info["size_in_bytes"] as? Int)
        #expect(parts.values.reduce(0, +) + (try #require(info["free_in_bytes"] as? Int)) == size)
        #expect(info["pruned_at"] is NSNull && (info["damage"] as? [Any])?.isEmpty == true)
        _ = try await prune(shop)
        let text = try await shop.headrace("state", "info", "--check").stdout
        #expect(text.contains("last pruned 20") && text.contains("no damage found"), "\(text)")
    }

    @Test func stateInfoFindsDamage() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(2000))
        _ = try await shop.run()
        // A value that its index does not have.
        try await shop.state(
            """
            PRAGMA writable_schema = ON;
            UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'plans_by_sync')
            WHERE name = 'runs_by_sync';
            """)
        let output = try await shop.headrace("state", "info", "--check", "--output", "json")
        #expect(output.exit == 1 && output.stderr.contains("state_damaged"), "\(output)")
    }

    /// What it deletes nobody brings back: no default takes the place of what cannot be read.
    @Test(arguments: ["1y", "365", "0d", "99999999999d", "9223372036854775807d", "soon"])
    func anIllegibleRetentionDeletesNothing(retention: String) async throws {
        var project = MembersProject()
        project.state = "{url: \"sqlite:.headrace/state.db\", retention: \(retention)}"
        let shop = try await Workshop(project)
        let refused = try await shop.headrace("state", "prune")
        #expect(refused.exit == 2)
        #expect(refused.stderr.contains("state_illegible") && refused.stderr.contains("headrace.yml:"))
        let said = try await shop.headrace("state", "prune", "--older-than", retention)
        #expect(said.exit == 2 || retention == "0d", "\(said.stdout)\(said.stderr)")
        #expect(try await shop.headrace("state", "prune", "--older-than", "36500d").exit == 0)
    }
}
