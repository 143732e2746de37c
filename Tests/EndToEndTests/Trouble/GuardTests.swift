import Foundation
import TestKit
import Testing

/// A guard that trips stops everything before the first request, and leaves everything as it was.
struct GuardCase: Sendable, CustomTestStringConvertible {
    var name: String
    var change: String
    var planned: Int

    var testDescription: String { name }

    static let cases: [GuardCase] = [
        GuardCase(
            name: "max_changed_percent", change: "UPDATE members SET points = points + 1 WHERE id <= 51", planned: 51),
        GuardCase(name: "max_removed_percent", change: "DELETE FROM members WHERE id <= 21", planned: 21),
        GuardCase(name: "max_null_percent", change: "UPDATE members SET note = NULL WHERE id <= 6", planned: 0),
        GuardCase(name: "min_rows", change: "DELETE FROM members", planned: 100),
    ]
}

@Suite struct GuardTests {
    static let rows =
        Workshop.plainRows(100) + "UPDATE members SET note = 'n' WHERE id <= 10;"

    static func project() -> MembersProject {
        var project = MembersProject()
        project.mappings = [
            "{column: tier, attribute: loyalty_tier, on_removed: \"\"}", "{column: points, attribute: points}",
            "{column: note, attribute: note}",
        ]
        return project
    }

    @Test(arguments: GuardCase.cases) func stopsTheRunBeforeTheFirstRequest(trip: GuardCase) async throws {
        let shop = try await Workshop(Self.project(), rows: Self.rows)
        #expect(try await shop.run().operations == .allConfirmed(100))
        try await shop.sql(trip.change)

        let plan = try await shop.plan("--details", "1000")
        #expect(plan.exit == 4)
        #expect(plan.line.tripped.contains(trip.name), "\(plan.line.guards)")
        #expect(plan.line.operations.planned == trip.planned)
        let blocked = try await shop.run()
        #expect(blocked.exit == 4)
        #expect(blocked.line.status == "blocked")
        #expect(try #require(blocked.line.error).contains(trip.name))
        #expect(blocked.operations.confirmed == 0)
        #expect(try await shop.simulator.stats().requests == 100)

        let again = try await shop.plan("--details", "1000")
        #expect(again.line.rows == plan.line.rows)
        #expect(again.line.users.map(\.userUID).sorted() == plan.line.users.map(\.userUID).sorted())

        let overridden = try await shop.run("--override-guards")
        #expect(overridden.exit == 0)
        #expect(overridden.operations == .allConfirmed(trip.planned))
        #expect(try await shop.run().operations.planned == 0)
    }

    @Test func anEmptySourceIsHeldBackAlsoAfterAFirstRunThatWasKilled() async throws {
        var project = Self.project()
        project.destination = ["max_in_flight: 1"]
        let slow = #"{"rules":[{"effect":{"type":"delay","delay_ms":50}}]}"#
        let shop = try await Workshop(project, rows: Workshop.plainRows(50), faults: slow)
        let killed = try shop.start(["run"])
        try await eventually { try await shop.simulator.stats().applied >= 5 }
        killed.send(SIGKILL)
        _ = await killed.end()
        try await shop.simulator.setFaults("{}")
        try await shop.sql("DELETE FROM members")
        let before = try await shop.simulator.stats().requests
        let blocked = try await shop.run()
        #expect(blocked.exit == 4)
        #expect(blocked.line.error?.contains("min_rows") == true)
        #expect(try await shop.simulator.stats().requests == before)
    }

    @Test func aBaselineSendsNothingSoItsChangesAreNotHeldBack() async throws {
        let shop = try await Workshop(Self.project(), rows: Self.rows)
        #expect(try await shop.run().operations == .allConfirmed(100))
        try await shop.sql("UPDATE members SET points = points + 1")
        let baseline = try await shop.run("--baseline", "--yes")
        #expect(baseline.exit == 0 && baseline.operations.planned == 0)
        #expect(try await shop.run().operations.planned == 0)
        #expect(try await shop.simulator.stats().requests == 100)
    }

    @Test func limitsAreTheProjects() async throws {
        var project = Self.project()
        project.sync = [
            "guards: {max_changed_percent: 100, max_removed_percent: 100, max_null_percent: 100, min_rows: 0}"
        ]
        let shop = try await Workshop(project, rows: Self.rows)
        _ = try await shop.run()
        try await shop.sql("UPDATE members SET points = points + 1; UPDATE members SET note = NULL")
        #expect(try await shop.run().operations == .allConfirmed(100))
        try await shop.sql("DELETE FROM members")
        #expect(try await shop.run().operations == .allConfirmed(100))
    }

    @Test func fewUsersAreNoPercentage() async throws {
        let shop = try await Workshop(Self.project(), rows: Workshop.plainRows(99))
        _ = try await shop.run()
        try await shop.sql("UPDATE members SET points = points + 1")
        #expect(try await shop.run().operations == .allConfirmed(99))
    }

    @Test func aNewMappingAndAFullResyncAreNoChange() async throws {
        var project = Self.project()
        project.mappings.removeLast()
        let shop = try await Workshop(project, rows: Self.rows + "UPDATE members SET note = 'all';")
        _ = try await shop.run()
        try shop.write(Self.project())
        let plan = try await shop.plan()
        #expect(plan.exit == 0, "\(plan.line.guards)")
        #expect(plan.line.operations.planned == 100)
        #expect(try await shop.run().operations == .allConfirmed(100))
        #expect(try await shop.run("--full-resync").operations == .allConfirmed(100))
    }

    @Test func aRunThatIsBlockedBlocksNoOtherSync() async throws {
        let shop = try await Workshop(Self.project(), rows: Self.rows)
        let other = Self.project().files(edgeURL: shop.simulator.url)
        let second = try #require(other["models/members.yml"])
            .replacing("name: loyalty", with: "name: second")
            .replacing("attribute: loyalty_tier", with: "attribute: second_tier")
            .replacing("attribute: points", with: "attribute: second_points")
            .replacing("attribute: note", with: "attribute: second_note")
        try shop.folder.write([
            "models/other.yml": second, "models/other.sql": "SELECT * FROM members WHERE id > 51\n",
            "models/attributes.yml": try shop.folder.text(of: "models/attributes.yml")
                + "  second_tier: {type: string}\n  second_points: {type: integer}\n  second_note: {type: string}\n",
        ])
        #expect(try await shop.headrace("run").exit == 0)
        try await shop.sql(
            "UPDATE members SET points = points + 1 WHERE id <= 51; UPDATE members SET points = 1 WHERE id = 60")
        let output = try await shop.headrace("run", "--output", "json")
        #expect(output.exit == 4)
        let lines: [ReportedRun] = try Workshop.lines(of: output)
        #expect(lines.map(\.sync).sorted() == ["loyalty", "second"])
        #expect(lines.first { $0.sync == "loyalty" }?.status == "blocked")
        #expect(lines.first { $0.sync == "second" }?.operations == .allConfirmed(1))
    }

    @Test func anotherProjectStartsFromAnEmptySnapshot() async throws {
        let other = "6400000000000000000000cd"
        let shop = try await Workshop(rows: Workshop.plainRows(3))
        _ = try await shop.run()
        var project = MembersProject()
        project.projectUID = other
        try shop.write(project)
        let run = try await shop.run()
        #expect(run.rows == RowNumbers(queried: 3, added: 3))
        #expect(run.operations == .allConfirmed(3))
        #expect(try await shop.simulator.attributes(of: "u1", project: other) != nil)
        // And back: the first project's snapshot is as it was.
        try shop.write(MembersProject())
        #expect(try await shop.run().rows == RowNumbers(queried: 3, unchanged: 3))
    }
}
