import Foundation
import TestKit
import Testing

/// A user that the destination refuses again and again: left alone for longer and longer, then quarantined, and released.
@Suite struct QuarantineTests {
    static let refusing = FaultTests.rules(#"{"match":{"uid":"u2"},"effect":{"type":"status","status":422}}"#)
    static let waiting = OperationNumbers(planned: 1, deferred: 1)
    static let quarantined = OperationNumbers(planned: 1, quarantined: 1)
    static let rejected = OperationNumbers(planned: 1, rejected: 1)

    /// Three users, of which u2 is refused.
    static func shop(after runs: Int, _ project: MembersProject = MembersProject()) async throws -> Workshop {
        var project = project
        project.sync.append("retry: {attempts: 1, quarantine_after_runs: \(runs)}")
        return try await Workshop(project, rows: Workshop.plainRows(3), faults: refusing)
    }

    static func state(_ sql: String, of shop: Workshop) async throws -> String {
        try await shop.sql(sql, database: ".headrace/state.db")
    }

    static func view(_ shop: Workshop) async throws -> String {
        try await state("SELECT user_uid, primary_key, rejected_runs, last_answer FROM quarantine", of: shop)
    }

    static func release(_ shop: Workshop, _ arguments: String...) async throws -> (exit: Int32, line: ReportedRelease?)
    {
        let output = try await shop.start(["retry", "--output", "json"] + arguments).end()
        return (output.exit, try (Workshop.lines(of: output) as [ReportedRelease]).first)
    }

    @Test func overFortyRunsARequestLeavesInTheFirstSecondFourthEighthAndSixteenth() async throws {
        var project = MembersProject()
        project.sync = ["guards: {max_changed_percent: null}"]
        let shop = try await Workshop(project, rows: Workshop.plainRows(3), faults: Self.refusing)
        var sent: [Int] = []
        var requests = 0
        for number in 1...40 {
            // Somebody else's change: the others are none of this user's business.
            try await shop.sql("UPDATE members SET points = points + 1 WHERE id = 1")
            let run = try await shop.run()
            let now = try await shop.simulator.requests(of: "u2").count
            if now > requests { sent.append(number) }
            #expect(now - requests == run.operations.rejected, "run \(number): \(run.line)")
            requests = now
            #expect(run.exit == 3 && run.line.status == "completed_with_errors", "run \(number): \(run.line)")
            #expect(run.operations.confirmed == (number == 1 ? 2 : 1) && run.operations.unknown == 0)
            #expect(run.operations.quarantined == (number > 16 ? 1 : 0), "run \(number): \(run.line)")
            let isQuarantined = try await Self.view(shop) != ""
            #expect(isQuarantined == (number >= 16), "run \(number)")
        }
        #expect(sent == [1, 2, 4, 8, 16])
        #expect(try await Self.view(shop) == "u2|2|5|422")
        let balanced = try await Self.state(
            "SELECT count(*) FROM runs WHERE planned = confirmed + rejected + unknown + deferred + quarantined",
            of: shop)
        #expect(balanced == "40")
    }

    @Test func aWithheldUserIsNoTroubleOfTheDestination() async throws {
        let shop = try await Self.shop(after: 3)
        for _ in 1...2 { #expect(try await shop.run().operations.rejected == 1) }
        let waiting = try await shop.run()
        #expect(waiting.operations == Self.waiting)
        #expect(waiting.exit == 3 && waiting.line.attempts.sent == 0)
        #expect(try #require(waiting.line.error).contains("headrace retry loyalty"))
        #expect(try await shop.run().operations == Self.rejected)

        let output = try await shop.headrace("run")
        #expect(output.exit == 3)
        #expect(output.stdout.contains("1 planned: 1 quarantined"))
        #expect(output.stdout.contains("1 quarantined: 422 (key 2)"))
        #expect(output.stdout.contains("`headrace retry loyalty`"))
        #expect(try await shop.simulator.requests(of: "u2").count == 3)
    }

    @Test func aChangeReleasesAndTheCurrentValueIsSent() async throws {
        let shop = try await Self.shop(after: 2)
        for _ in 1...2 { _ = try await shop.run() }
        #expect(try await shop.run().operations == Self.quarantined)
        try await shop.sql("UPDATE members SET points = 21 WHERE id = 2")
        #expect(try await shop.run().operations == Self.rejected)
        #expect(try await Self.view(shop) == "", "its count starts anew")
        #expect(try await shop.run().operations == Self.rejected)
        #expect(try await shop.run().operations == Self.quarantined)
        try await shop.simulator.setFaults(FaultTests.none)
        try await shop.sql("UPDATE members SET points = 22 WHERE id = 2")
        let run = try await shop.run()
        #expect(run.exit == 0 && run.operations == .allConfirmed(1))
        #expect(
            try await shop.simulator.requests(of: "u2").map(\.body).suffix(3).map { $0.contains("\"points\":21") }
                == [true, true, false])
        #expect(try await shop.simulator.attributes(of: "u2") == #"{"loyalty_tier":"silver","points":22}"#)
        #expect(try await Self.view(shop) == "")
        #expect(try await shop.run().operations.planned == 0)
    }

    @Test func aMappingThatChangesReleasesToo() async throws {
        let shop = try await Self.shop(after: 1)
        _ = try await shop.run()
        #expect(try await shop.run().operations == Self.quarantined)
        var project = MembersProject()
        project.mappings.removeLast()
        project.sync = ["retry: {quarantine_after_runs: 1}"]
        try shop.write(project)
        #expect(try await shop.run().operations == Self.rejected)
    }

    @Test func retryReleases() async throws {
        let shop = try await Self.shop(after: 2)
        #expect(try await Self.release(shop).line == ReportedRelease(), "nothing ran yet, and nothing is made")
        #expect(!FileManager.default.fileExists(atPath: shop.folder.path + ".headrace/state.db"))
        _ = try await shop.run()
        #expect(try await Self.release(shop, "loyalty").line == ReportedRelease(released: 1, ageing: 1))
        for _ in 1...2 { #expect(try await shop.run().operations == Self.rejected) }
        #expect(try await shop.run().operations == Self.quarantined)
        for key in ["3", "uid:u3", "uid:2"] { #expect(try await Self.release(shop, "--key", key).exit == 2) }
        #expect(try await Self.release(shop, "nobody").exit == 2)
        #expect(
            try await Self.release(shop, "loyal*", "--key", "2").line == ReportedRelease(released: 1, quarantined: 1))
        #expect(try await Self.view(shop) == "")
        #expect(try await Self.release(shop, "loyalty").line == ReportedRelease())
        try await shop.simulator.setFaults(FaultTests.none)
        let run = try await shop.run()
        #expect(run.exit == 0 && run.operations == .allConfirmed(1))
        let text = try await shop.headrace("retry")
        #expect(text.exit == 0 && text.stdout == "loyalty: nobody to release\n")
    }

    @Test func aPlanSaysWhatItsApplyWithholds() async throws {
        let shop = try await Self.shop(after: 2)
        for _ in 1...2 { _ = try await shop.run() }
        try await shop.sql("UPDATE members SET points = 99 WHERE id = 3")
        let plan = try await shop.plan()
        #expect(plan.line.operations.planned == 2)
        #expect(plan.line.withheld == ReportedPlan.Withheld(quarantined: 1))
        #expect(plan.line.users.count == 2)
        let applied = try await shop.apply(plan.line.planID)
        #expect(applied.exit == 3)
        #expect(applied.operations == OperationNumbers(planned: 2, confirmed: 1, quarantined: 1))
        #expect(applied.line.attempts.sent == 1)

        let text = try await shop.headrace("plan", "--exit-code")
        #expect(text.exit == 0, "there is nothing to send")
        #expect(text.stdout.contains("Withheld of them") && text.stdout.contains("1 quarantined"))
    }

    @Test func neitherAFullResyncNorAKeyReleases() async throws {
        let shop = try await Self.shop(after: 2)
        for _ in 1...2 { _ = try await shop.run() }
        let resync = try await shop.run("--full-resync")
        #expect(resync.operations == OperationNumbers(planned: 3, confirmed: 2, quarantined: 1))
        #expect(try await shop.run("--key", "2").operations == Self.quarantined)
        #expect(try await shop.run("--limit", "1").operations == Self.quarantined)
        #expect(try await shop.run("--key", "3").operations.planned == 0)
        #expect(try await Self.view(shop) == "u2|2|2|422", "a partial run says nothing of the others")
        #expect(try await shop.simulator.requests(of: "u2").count == 2)
    }

    @Test func aBlockedRunDoesNotCount() async throws {
        var project = MembersProject()
        project.sync = ["guards: {min_rows: 3}"]
        let shop = try await Self.shop(after: 5, project)
        for _ in 1...2 { _ = try await shop.run() }
        try await shop.sql("DELETE FROM members WHERE id = 3")
        for _ in 1...3 { #expect(try await shop.run().exit == 4) }
        try await shop.sql("INSERT INTO members (id, uid, tier, points) VALUES (3, 'u3', 'silver', 30)")
        #expect(try await shop.run().operations == Self.waiting, "the third run that got to send")
        #expect(try await shop.run().operations == Self.rejected)
    }

    @Test func aDirtyUserIsNotWithheldAndAnUnknownOutcomeDoesNotCount() async throws {
        let shop = try await Self.shop(after: 2)
        _ = try await shop.run()
        try await shop.simulator.setFaults(
            FaultTests.rules(#"{"match":{"uid":"u2"},"effect":{"type":"drop_after"}}"#))
        #expect(try await shop.run().operations == OperationNumbers(planned: 1, unknown: 1))
        let count = "SELECT rejected_runs FROM quarantine_data"
        #expect(try await Self.state(count, of: shop) == "1")
        try await shop.simulator.setFaults(Self.refusing)
        // What the destination holds of it is not known: it is sent until that is.
        for runs in 2...4 {
            #expect(try await shop.run().operations == Self.rejected)
            #expect(try await Self.state(count, of: shop) == "\(runs)")
        }
        #expect(try await Self.view(shop) == "", "it is not withheld")
        try await shop.simulator.setFaults(FaultTests.none)
        #expect(try await shop.run().operations == .allConfirmed(1))
        #expect(try await Self.state(count, of: shop) == "")
    }

    @Test func theFirstTwentyAreOfWhatIsSent() async throws {
        var project = MembersProject()
        project.sync = ["retry: {quarantine_after_runs: 1}"]
        func users(_ range: ClosedRange<Int>, _ name: String) -> String {
            "WITH RECURSIVE n(i) AS (SELECT \(range.lowerBound) UNION ALL SELECT i + 1 FROM n WHERE i < \(range.upperBound))"
                + " INSERT INTO members (id, uid, tier) SELECT i, '\(name)' || i, 'gold' FROM n;"
        }
        let shop = try await Workshop(
            project, rows: users(1...150, "bad"),
            faults: FaultTests.rules(#"{"match":{"uid":"bad*"},"effect":{"type":"status","status":422}}"#))
        #expect(try await shop.run().operations == OperationNumbers(planned: 150, rejected: 150))
        // Of 250 operations only a hundred leave, too few for the first twenty to stop the others.
        try await shop.sql(users(151...165, "bad") + users(166...250, "good"))
        let run = try await shop.run()
        #expect(run.operations == OperationNumbers(planned: 250, confirmed: 85, rejected: 15, quarantined: 150))
        #expect(run.exit == 3)
    }

    @Test func aKilledRunCountsWhatItWroteDownAndOnce() async throws {
        var project = MembersProject()
        project.destination = ["max_in_flight: 16", "timeout: 60s"]
        let shop = try await Self.shop(after: 9, project)
        for kill in 1...3 {
            try await shop.simulator.setFaults(
                FaultTests.rules(
                    #"{"match":{"uid":"u2"},"effect":{"type":"status","status":422}}"#,
                    #"{"match":{"uid":"u3"},"effect":{"type":"hang"}}"#))
            let seen = try await shop.simulator.requests(of: "u3").count
            let process = try shop.start(["run"])
            try await eventually { try await shop.simulator.requests(of: "u3").count > seen }
            process.send(SIGKILL)
            #expect(await process.end().exit == 137, "kill \(kill)")
        }
        try await shop.simulator.setFaults(Self.refusing)
        let run = try await shop.run()
        #expect(run.exit == 3 && run.operations.rejected == 1)
        // Rejected by as many runs as say so: an answer that was not written down is an unknown outcome.
        let counted = try await Self.state("SELECT rejected_runs FROM quarantine_data", of: shop)
        #expect(try await Self.state("SELECT sum(rejected) FROM runs", of: shop) == counted)
        #expect(Int(counted) ?? 0 > 0)
    }

    @Test func whoLeavesTheModelLeavesTheQuarantine() async throws {
        let shop = try await Self.shop(after: 1)
        _ = try await shop.run()
        #expect(try await Self.view(shop) == "u2|2|1|422")
        try await shop.sql("DELETE FROM members WHERE id = 2")
        #expect(try await shop.run().exit == 0)
        #expect(try await Self.view(shop) == "")
        try await shop.sql("INSERT INTO members (id, uid, tier, points) VALUES (2, 'u2', 'silver', 20)")
        #expect(try await shop.run().operations == Self.rejected)
    }

    @Test func aValueThatGoesBackToWhatWasConfirmedEndsTheQuarantine() async throws {
        let shop = try await Self.shop(after: 1)
        try await shop.simulator.setFaults(FaultTests.none)
        #expect(try await shop.run().operations == .allConfirmed(3))
        try await shop.simulator.setFaults(Self.refusing)
        try await shop.sql("UPDATE members SET points = 21 WHERE id = 2")
        #expect(try await shop.run().operations == Self.rejected)
        try await shop.sql("UPDATE members SET points = 20 WHERE id = 2")
        let back = try await shop.run()
        #expect(back.exit == 0 && back.operations.planned == 0)
        #expect(try await Self.view(shop) == "")
    }

    @Test func aRefusedRemovalIsQuarantinedByItsConstants() async throws {
        var project = MembersProject()
        project.mappings[1] = #"{column: note, attribute: note, on_removed: ""}"#
        project.sync = ["guards: {max_removed_percent: null}"]
        let shop = try await Self.shop(after: 2, project)
        try await shop.simulator.setFaults(FaultTests.none)
        _ = try await shop.run()
        try await shop.simulator.setFaults(Self.refusing)
        try await shop.sql("DELETE FROM members WHERE id = 2")
        for _ in 1...2 { #expect(try await shop.run().operations == Self.rejected) }
        #expect(try await shop.run().operations == Self.quarantined)
        #expect(try await Self.view(shop) == "u2|2|2|422")
        project.mappings[1] = #"{column: note, attribute: note, on_removed: gone}"#
        project.sync.append("retry: {quarantine_after_runs: 2}")
        try shop.write(project)
        try await shop.simulator.setFaults(FaultTests.none)
        #expect(try await shop.run().operations == .allConfirmed(1))
        #expect(try await shop.simulator.attributes(of: "u2") == #"{"loyalty_tier":"silver","note":"gone"}"#)
        #expect(try await Self.view(shop) == "")
    }
}
