import TestKit
import Testing

/// `tests: block` and `tests: warn` of a sync.
@Suite struct TestsBeforeARunTests {
    private func shop(_ policy: String) async throws -> Workshop {
        var project = MembersProject()
        project.model = ["tests:", "  - {not_null: points}"]
        project.sync = ["tests: \(policy)"]
        return try await Workshop(
            project, rows: Workshop.plainRows(3) + "UPDATE members SET points = NULL WHERE id = 2;")
    }

    @Test func blockStopsARunBeforeItsPlan() async throws {
        let shop = try await shop("block")
        let run = try await shop.run()
        #expect(run.exit == 4)
        #expect(run.line.status == "blocked")
        #expect(run.rows.queried == 0)
        #expect(run.line.error?.contains("not_null_members_points (models/members.yml:5)") == true, "\(run.line)")
        #expect(try await shop.simulator.stats().requests == 0)
        let plan = try await shop.headrace("plan", "--output", "json")
        #expect(plan.exit == 4)
        #expect(plan.stdout.contains("\"plan_id\":null"))
        let runs = try await shop.headrace("runs", try #require(run.line.runID), "--output", "json")
        #expect(
            runs.stdout.contains("{\"name\":\"model_tests\",\"limit\":0,\"actual\":1,\"tripped\":true"),
            "\(runs.stdout)")

        let overridden = try await shop.run("--override-guards")
        #expect(overridden.exit == 0)
        #expect(overridden.operations == .allConfirmed(3))
        try await shop.sql("UPDATE members SET points = 1 WHERE id = 2")
        #expect(try await shop.run().exit == 0)
    }

    @Test func warnSaysSoAndGoesOn() async throws {
        let shop = try await shop("warn")
        let run = try await shop.run()
        #expect(run.exit == 0)
        #expect(run.operations == .allConfirmed(3))
        #expect(run.output.stderr.contains("not_null_members_points"))
        #expect(run.output.stderr.contains("1 row is null"))
    }

    @Test func blockNeedsAnAnswer() async throws {
        let shop = try await shop("block")
        var project = MembersProject()
        project.model = ["tests:", "  - {expression: \"nosuch(points)\"}"]
        project.sync = ["tests: block"]
        try shop.write(project)
        let run = try await shop.run()
        #expect(run.exit == 2)
        #expect(run.line.error?.hasPrefix("models/members.yml:5: ") == true, "\(run.line)")
        #expect(try await shop.simulator.stats().requests == 0)
    }
}
