import Foundation
import TestKit
import Testing

/// An old copy of the state that was put back knows nothing of what was sent since. A witness outside of the project
/// tells, and then everyone is sent again, once somebody said so.
@Suite struct RestoredStateTests {
    static let state = ".headrace/state.db"
    static let users = 5

    /// A run, a copy of the state, a run that the copy knows nothing of, and the source as it was: the copy, put back,
    /// takes everyone for unchanged, and the destination has what nobody would ever correct.
    private func restored(_ project: MembersProject = MembersProject()) async throws -> Workshop {
        let shop = try await Workshop(project, rows: Workshop.plainRows(Self.users))
        #expect(try await shop.run().operations == .allConfirmed(Self.users))
        try shop.copy(Self.state, to: "copy.db")
        try await shop.sql("UPDATE members SET points = points + 1")
        #expect(try await shop.run().operations == .allConfirmed(Self.users))
        try await shop.sql("UPDATE members SET points = points - 1")
        try shop.copy("copy.db", to: Self.state)
        return shop
    }

    @Test func everyoneIsSentAgainOnceSomebodySaysSo() async throws {
        let shop = try await restored()
        let plan = try await shop.plan()
        #expect(plan.exit == 4)
        #expect(plan.line.tripped == ["state_restored"])
        #expect(plan.line.operations.planned == Self.users)
        #expect(plan.line.users.allSatisfy { $0.kind == "unchanged" && $0.reason == "dirty" })
        for _ in 1...2 {
            let blocked = try await shop.run()
            #expect(blocked.exit == 4 && blocked.line.status == "blocked")
            #expect(try #require(blocked.line.error).contains("state_restored"))
        }
        #expect(try await shop.simulator.stats().requests == 2 * Self.users)

        #expect(try await shop.run("--override-guards").operations == .allConfirmed(Self.users))
        try await shop.expectEqualMembers()
        let next = try await shop.run()
        #expect(next.exit == 0 && next.operations.planned == 0)
    }

    @Test func commandsThatLookSaySoBeforeAndAfterItIsMarked() async throws {
        let shop = try await restored()
        for _ in 1...2 {
            let status = try await shop.headrace("status", "--output", "json")
            #expect(status.json.first?["state_restored"] as? Bool == true)
            #expect(status.stderr.contains(#""code":"state_restored""#))
            let info = try await shop.headrace("state", "info", "--output", "json")
            #expect(info.json.first?["restored"] as? Bool == true)
            _ = try await shop.plan()
        }
        _ = try await shop.run("--override-guards")
        let status = try await shop.headrace("status", "--output", "json")
        #expect(status.json.first?["state_restored"] == nil && status.stderr.isEmpty, "\(status.stderr)")
        #expect(try await shop.headrace("state", "info", "--output", "json").json.first?["restored"] as? Bool == false)
    }

    @Test func theFindingIsTheStatesOwnAndOutlivesTheWitness() async throws {
        let shop = try await restored()
        #expect(try await shop.run().exit == 4)
        try shop.folder.remove("xdg")
        #expect(try await shop.run().exit == 4)
        #expect(try await shop.run("--override-guards").operations == .allConfirmed(Self.users))
    }

    @Test func putBackWithTheLatestCopyNothingIsInDoubt() async throws {
        let shop = try await restored()
        try shop.copy(Self.state, to: "old.db")
        try await shop.sql("UPDATE members SET points = points + 2")
        #expect(try await shop.run().exit == 4)
        #expect(try await shop.run("--override-guards").exit == 0)
        try shop.copy(Self.state, to: "latest.db")
        try shop.copy("old.db", to: Self.state)
        #expect(try await shop.run().exit == 4)
        try shop.copy("latest.db", to: Self.state)
        let run = try await shop.run()
        #expect(run.exit == 0 && run.operations.planned == 0)
    }

    @Test func aDeliveryOfEveryoneThatIsKilledGoesOnWithoutAsking() async throws {
        var project = MembersProject()
        project.destination = ["max_in_flight: 1"]
        let shop = try await restored(project)
        try await shop.simulator.setFaults(#"{"rules":[{"effect":{"type":"delay","delay_ms":300}}]}"#)
        let process = try shop.start(["run", "--override-guards"])
        try await eventually { try await shop.simulator.stats().applied >= 2 * Self.users + 2 }
        process.send(SIGKILL)
        _ = await process.end()
        try await shop.simulator.setFaults("{}")
        #expect(try await shop.run().exit == 0)
        try await shop.expectEqualMembers()
    }

    @Test func aCopyFromTheMidstOfAKilledDeliveryIsOldToo() async throws {
        var project = MembersProject()
        project.destination = ["max_in_flight: 1"]
        let shop = try await Workshop(project, rows: Workshop.plainRows(40))
        #expect(try await shop.run().operations == .allConfirmed(40))
        try await shop.sql(
            "UPDATE members SET points = points + 1;"
                + "INSERT INTO members (id, uid, tier, points) VALUES (99, 'u99', 'gold', 1)")
        try await shop.simulator.setFaults(#"{"rules":[{"effect":{"type":"delay","delay_ms":100}}]}"#)
        let process = try shop.start(["run"])
        try await eventually { try await shop.simulator.stats().applied >= 43 }
        try await shop.sql(".timeout 10000\n.backup copy.db", database: Self.state)
        // However long that took, the delivery goes on after it.
        let copied = try await shop.simulator.stats().applied
        try await eventually { try await shop.simulator.stats().applied >= copied + 5 }
        process.send(SIGKILL)
        _ = await process.end()
        try await shop.simulator.setFaults("{}")
        try await shop.sql("UPDATE members SET points = points - 1")
        try shop.copy("copy.db", to: Self.state)
        #expect(try await shop.run().exit == 4)
        let run = try await shop.run("--override-guards")
        #expect(run.exit == 0 && run.operations == .allConfirmed(41), "\(run.line)")
        try await shop.expectEqualMembers()
    }

    @Test func aPlanFromBeforeIsRefused() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(Self.users))
        _ = try await shop.run()
        try await shop.sql("UPDATE members SET points = points + 1")
        let plan = try await shop.plan()
        try shop.copy(Self.state, to: "copy.db")
        try await shop.sql("UPDATE members SET points = points + 1")
        _ = try await shop.run()
        try shop.copy("copy.db", to: Self.state)
        for flags in [[], ["--override-guards"]] {
            let refused = try await shop.start(["apply", plan.line.planID] + flags).end()
            #expect(refused.exit == 2 && refused.stdout.contains("state_restored"), "\(refused.stdout)")
        }
        #expect(try await shop.simulator.stats().requests == 2 * Self.users)
        let again = try await shop.plan()
        #expect(try await shop.apply(again.line.planID).exit == 4)
        #expect(try await shop.apply(again.line.planID, "--override-guards").operations == .allConfirmed(Self.users))
        try await shop.expectEqualMembers()
        #expect(try await shop.run().operations.planned == 0)
    }

    /// What does not plan everyone who is dirty leaves the question open.
    @Test func aPartialRunAsksTheNextAgain() async throws {
        let shop = try await restored()
        for flags in [["--limit", "1"], ["--key", "2"], ["--baseline", "--yes"], ["--full-resync"]] {
            let blocked = try await shop.start(["run"] + flags).end()
            #expect(blocked.exit == 4, "\(flags): \(blocked.stdout)")
        }
        #expect(try await shop.run("--limit", "1", "--override-guards").operations == .allConfirmed(1))
        #expect(try await shop.run("--key", "2", "--override-guards").operations == .allConfirmed(1))
        #expect(try await shop.run("--baseline", "--yes", "--override-guards").operations.planned == 0)
        let blocked = try await shop.run()
        #expect(blocked.exit == 4 && blocked.operations.planned == Self.users - 2)
        #expect(try await shop.run("--full-resync", "--override-guards").operations == .allConfirmed(Self.users))
        try await shop.expectEqualMembers()
        #expect(try await shop.run().exit == 0)
    }
}

extension Workshop {
    /// A file of the workshop's folder over another, with nobody at work on either. The journal that a kill left is of
    /// the file that was there: SQLite would roll it back onto the copy.
    func copy(_ from: String, to target: String) throws {
        let place = folder.url.appending(path: target)
        try? FileManager.default.removeItem(at: folder.url.appending(path: target + "-journal"))
        try Data(contentsOf: folder.url.appending(path: from)).write(to: place)
    }

    /// Every member at the destination as the table has it.
    func expectEqualMembers(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let wanted = try await sql(
            "SELECT uid || ' ' || json_object('loyalty_tier', tier, 'points', points) FROM members ORDER BY id")
        for line in wanted.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1).map(String.init)
            #expect(try await simulator.attributes(of: words[0]) == words[1], sourceLocation: sourceLocation)
        }
    }
}
