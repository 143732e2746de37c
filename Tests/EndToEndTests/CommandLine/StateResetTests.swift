import Foundation
import TestKit
import Testing

/// `state reset SYNC`: everyone is sent again.
@Suite struct StateResetTests {
    private func workshop() async throws -> Workshop {
        var project = MembersProject()
        project.destination = ["max_in_flight: 4"]
        let shop = try await Workshop(project, rows: Workshop.plainRows(30))
        #expect(try await shop.run().operations == .allConfirmed(30))
        return shop
    }

    @Test func theNextRunSendsEveryone() async throws {
        let shop = try await workshop()
        try await shop.sql("UPDATE members SET points = 0 WHERE id <= 5; DELETE FROM members WHERE id > 28")
        let plan = try await shop.plan()
        let reset = try await shop.headrace("state", "reset", "loyalty", "--yes", "--output", "json")
        #expect(reset.exit == 0, "\(reset.stderr)")
        let forgotten = try #require((reset.json.first?["forgotten"] as? [[String: Any]])?.first)
        #expect(forgotten["users"] as? Int == 30 && forgotten["plans"] as? Int == 1)
        #expect(forgotten["project_uid"] as? String == SimulatorProcess.projectUID)
        let outdated = try await shop.apply(plan.line.planID)
        #expect(outdated.exit == 2 && outdated.line.runID == nil)
        let run = try await shop.run()
        #expect(run.exit == 0 && run.rows == RowNumbers(queried: 28, added: 28), "\(run.line)")
        #expect(run.operations == .allConfirmed(28))
        #expect(try await shop.run().operations.planned == 0)
        try await shop.expectSoundState()
    }

    @Test func nothingIsForgottenUnasked() async throws {
        let shop = try await workshop()
        let refused = try await shop.headrace("state", "reset", "loyalty")
        #expect(refused.exit == 2 && refused.stderr.contains("[reset_not_confirmed]"), "\(refused.stderr)")
        #expect(refused.stderr.contains("30 users"), "\(refused.stderr)")
        #expect(try await shop.run().operations.planned == 0)
    }

    @Test(arguments: [("y", 30), ("n", 0), ("", 0)])
    func aTerminalIsAsked(answer: String, planned: Int) async throws {
        let shop = try await workshop()
        let program = try HeadraceProcess.executable().path(percentEncoded: false)
        let process = try RunningProcess(
            program: URL(filePath: "/usr/bin/script"), ["-qec", "\(program) state reset loyalty", "/dev/null"],
            in: shop.folder.url, environment: HeadraceProcess.environment(), input: "\(answer)\n")
        let output = await process.end()
        #expect(output.stdout.contains("Forget 30 users of loyalty"), "\(output)")
        #expect(output.exit == (planned > 0 ? 0 : 2), "\(output)")
        #expect(try await shop.run().operations.planned == planned)
    }

    @Test func aSyncThatDoesNotExistHasANearestName() async throws {
        let shop = try await workshop()
        let output = try await shop.headrace("state", "reset", "loyaltie", "--yes")
        #expect(output.exit == 2 && output.stderr.contains("did you mean loyalty?"), "\(output.stderr)")
        let place = try await shop.headrace("state", "reset", "loyalty", "--yes", "--destination", "nowhere")
        #expect(place.exit == 2 && place.stderr.contains("[unknown_destination]"), "\(place.stderr)")
        #expect(try await shop.run().operations.planned == 0)
    }

    @Test func aRunInProgressKeepsItsSync() async throws {
        let shop = try await workshop()
        try await shop.simulator.setFaults(
            #"{"rules":[{"match":{"after":3},"effect":{"type":"delay","delay_ms":2000}}]}"#)
        try await shop.sql("UPDATE members SET points = points + 1")
        let run = try shop.start(["run", "--output", "json"])
        try await eventually { try await shop.simulator.stats().applied >= 33 }
        // However slow this machine is just now, the run is in progress.
        run.send(SIGSTOP)
        let refused = try await shop.headrace("state", "reset", "loyalty", "--yes")
        run.send(SIGCONT)
        #expect(refused.exit == 7 && refused.stderr.contains("[already_running]"), "\(refused.stderr)")
        try await shop.simulator.setFaults("{}")
        #expect(try Workshop.run(from: await run.end()).operations == .allConfirmed(30))
        #expect(try await shop.run().operations.planned == 0)
    }

    /// The window of the killed run is not what the next run starts from: everyone is sent, also whom the diff would
    /// take for unchanged.
    @Test func aKilledRunIsClosedAndForgotten() async throws {
        let shop = try await workshop()
        try await shop.sql("UPDATE members SET points = points + 1")
        let killed = try await shop.headrace("run", environment: ["HEADRACE_FAIL_POINT": "answers_arrived"])
        #expect(killed.exit == 137)
        try await shop.sql("UPDATE members SET points = points - 1")
        #expect(try await shop.headrace("state", "reset", "loyalty", "--yes").exit == 0)
        #expect(try await shop.state("SELECT count(*) FROM runs WHERE status = 'interrupted'") == "1")
        #expect(try await shop.run().operations == .allConfirmed(30))
        #expect(try await shop.differences().isEmpty)
        try await shop.expectSoundState()
    }

    /// A reset that is killed has forgotten nothing.
    @Test func aKilledResetHasNotHappened() async throws {
        let shop = try await workshop()
        let killed = try await shop.headrace(
            "state", "reset", "loyalty", "--yes", environment: ["HEADRACE_FAIL_POINT": "resetting"])
        #expect(killed.exit == 137)
        #expect(try await shop.run().operations.planned == 0)
        try await shop.expectSoundState()
    }

    /// Two destinations of a sync, one after the other.
    @Test func onlyTheNamedDestinationIsForgotten() async throws {
        let shop = try await workshop()
        var elsewhere = MembersProject()
        elsewhere.projectUID = "6400000000000000000000cd"
        try shop.write(elsewhere)
        #expect(try await shop.run().operations == .allConfirmed(30))
        let reset = try await shop.headrace(
            "state", "reset", "loyalty", "--yes", "--destination", SimulatorProcess.projectUID, "--output", "json")
        #expect((reset.json.first?["forgotten"] as? [[String: Any]])?.count == 1, "\(reset)")
        #expect(try await shop.run().operations.planned == 0)
        try shop.write(MembersProject())
        #expect(try await shop.run().operations == .allConfirmed(30))
    }

    @Test func aModelWithACursorIsReadWhole() async throws {
        let shop = try await Workshop(IncrementalProject.project(), rows: IncrementalProject.rows(1))
        #expect(try await shop.run().operations == .allConfirmed(1))
        let reset = try await shop.headrace("state", "reset", "loyalty", "--yes", "--output", "json")
        let forgotten = (reset.json.first?["forgotten"] as? [[String: Any]])?.first
        #expect(forgotten?["cursor"] as? Bool == true, "\(reset)")
        let run = try await shop.run()
        #expect(run.operations == .allConfirmed(1) && run.line.read?.mode == "full", "\(run.line)")
    }
}
