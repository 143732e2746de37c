import Foundation
import TestKit
import Testing

/// A stored plan is delivered exactly, or refused.
@Suite struct ApplyTests {
    @Test func deliversExactlyThePlanWithoutReadingTheSource() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(3))
        let plan = try await shop.plan()
        try await shop.sql("UPDATE members SET points = 99")
        let applied = try await shop.apply(plan.line.planID)
        #expect(applied.exit == 0)
        #expect(applied.line.trigger == "apply")
        #expect(applied.operations == .allConfirmed(3))
        #expect(try await shop.simulator.attributes(of: "u1") == #"{"loyalty_tier":"silver","points":10}"#)
        #expect(try await shop.run().rows == RowNumbers(queried: 3, changed: 3))
    }

    /// The first plan of all, and the first after an attribute became personal: nothing of it is in clear.
    @Test func aPlanWithPersonalValuesCanBeApplied() async throws {
        var project = MembersProject()
        project.attributes[0] = "loyalty_tier: {type: string, pii: true}"
        let shop = try await Workshop(project, rows: Workshop.plainRows(2))
        #expect(try await shop.apply(try await shop.plan().line.planID).operations == .allConfirmed(2))
        project.attributes[1] = "points: {type: integer, pii: true}"
        try shop.write(project)
        try await shop.sql("UPDATE members SET points = 77, tier = 'gold'")
        #expect(try await shop.apply(try await shop.plan().line.planID).operations == .allConfirmed(2))
        try await shop.expectEqualMembers()
    }

    @Test func aPlanIsAppliedOnce() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(2))
        let plan = try await shop.plan()
        _ = try await shop.apply(plan.line.planID)
        #expect(try await shop.headrace("apply", plan.line.planID).exit == 2)
        #expect(try await shop.simulator.stats().requests == 2)
    }

    @Test func refusesAPlanThatANewerOneReplaced() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(2))
        let old = try await shop.plan()
        let new = try await shop.plan()
        #expect(try await shop.headrace("apply", old.line.planID).exit == 2)
        #expect(try await shop.simulator.stats().requests == 0)
        #expect(try await shop.apply(new.line.planID).operations == .allConfirmed(2))
    }

    @Test func refusesAPlanThatIsOlderThanARun() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(2))
        let plan = try await shop.plan()
        _ = try await shop.run()
        let refused = try await shop.headrace("apply", plan.line.planID)
        #expect(refused.exit == 2)
        #expect(try await shop.simulator.stats().requests == 2)
    }

    @Test func refusesAPlanOfOtherDefinitions() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(2))
        let plan = try await shop.plan()
        var project = MembersProject()
        project.mappings.append("{column: note, attribute: note}")
        try shop.write(project)
        let refused = try await shop.headrace("apply", plan.line.planID)
        #expect(refused.exit == 2)
        #expect((refused.stdout + refused.stderr).contains("definitions"))
        #expect(try await shop.simulator.stats().requests == 0)
    }

    @Test func refusesAPlanThatIsOlderThanItsTime() async throws {
        var project = MembersProject()
        project.state = "{url: \"sqlite:.headrace/state.db\", plan_ttl: 1ms}"
        let shop = try await Workshop(project, rows: Workshop.plainRows(2))
        let plan = try await shop.plan()
        let refused = try await shop.headrace("apply", plan.line.planID)
        #expect(refused.exit == 2)
        #expect((refused.stdout + refused.stderr).contains("plan_ttl"))
        #expect(try await shop.simulator.stats().requests == 0)
    }

    @Test func saysThatItKnowsNoSuchPlan() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(1))
        let refused = try await shop.headrace("apply", "01ARZ3NDEKTSV4RRFFQ69G5FAV")
        #expect(refused.exit == 2)
        #expect((refused.stdout + refused.stderr).contains("01ARZ3NDEKTSV4RRFFQ69G5FAV"))
    }

    @Test func aBlockedPlanWantsAnOverride() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(100))
        _ = try await shop.run()
        try await shop.sql(
            "UPDATE members SET points = points + 1;"
                + "INSERT INTO members (id, uid, tier, points) VALUES (900, 'u900', 'copper', 1)")
        let plan = try await shop.plan()
        #expect(plan.exit == 4)
        #expect(plan.line.tripped == ["max_changed_percent"])
        let blocked = try await shop.apply(plan.line.planID)
        #expect(blocked.exit == 4)
        // What did not fit is shown all the same.
        #expect(blocked.line.invalidSample.map(\.key) == ["900"])
        #expect(try await shop.simulator.stats().requests == 100)
        #expect(
            try await shop.apply(plan.line.planID, "--override-guards").operations == .allConfirmed(100))
    }

    @Test func aKilledApplyIsResumedByTheSameCommand() async throws {
        let slow = #"{"rules":[{"effect":{"type":"delay","delay_ms":200}}]}"#
        var project = MembersProject()
        project.destination = ["max_in_flight: 4"]
        let shop = try await Workshop(project, rows: Workshop.plainRows(200), faults: slow)
        let plan = try await shop.plan()
        let killed = try shop.start(["apply", plan.line.planID])
        try await eventually { try await shop.simulator.stats().applied >= 10 }
        killed.send(SIGKILL)
        _ = await killed.end()
        try await shop.simulator.setFaults("{}")
        let resumed = try await shop.apply(plan.line.planID)
        #expect(resumed.exit == 0)
        #expect(resumed.operations.planned == resumed.operations.confirmed)
        #expect(try await shop.simulator.stats().users == 200)
        #expect(try await shop.simulator.stats().requests < 230)
        #expect(try await shop.run().operations.planned == 0)
    }
}
