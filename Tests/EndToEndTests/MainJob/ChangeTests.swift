import TestKit
import Testing

/// Between two runs something changes in the source; exactly that is planned and sent.
@Suite struct ChangeTests {
    @Test func aPlanShowsExactlyTheChangedUsersOldAndNew() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(6))
        #expect(try await shop.run().operations == .allConfirmed(6))
        try await shop.sql(
            """
            UPDATE members SET points = 11 WHERE id = 1;
            UPDATE members SET tier = 'gold', points = 0 WHERE id = 3;
            INSERT INTO members (id, uid, tier, points) VALUES (7, 'u7', 'bronze', 70);
            DELETE FROM members WHERE id = 6;
            """)
        let plan = try await shop.plan()
        #expect(plan.exit == 0)
        #expect(plan.line.rows == RowNumbers(queried: 6, unchanged: 3, added: 1, changed: 2, removed: 1))
        #expect(plan.line.operations.planned == 3)
        let users = Dictionary(uniqueKeysWithValues: plan.line.users.map { ($0.userUID, $0) })
        #expect(users.keys.sorted() == ["u1", "u3", "u7"])
        #expect(users["u1"]?.attributes == ["points": .init(10, 11)])
        #expect(users["u1"]?.kind == "changed" && users["u1"]?.reason == "diff" && users["u1"]?.key == "1")
        #expect(users["u3"]?.attributes == ["loyalty_tier": .init("silver", "gold"), "points": .init(30, 0)])
        #expect(users["u7"]?.kind == "added")
        #expect(users["u7"]?.attributes == ["loyalty_tier": .init(nil, "bronze"), "points": .init(nil, 70)])

        #expect(try await shop.run().operations == .allConfirmed(3))
        #expect(try await shop.simulator.attributes(of: "u1") == #"{"loyalty_tier":"silver","points":11}"#)
        #expect(try await shop.simulator.attributes(of: "u3") == #"{"loyalty_tier":"gold","points":0}"#)
        #expect(try await shop.simulator.attributes(of: "u7") == #"{"loyalty_tier":"bronze","points":70}"#)
        // Nothing was mapped `on_removed`: the destination keeps what it has.
        #expect(try await shop.simulator.attributes(of: "u6") == #"{"loyalty_tier":"silver","points":60}"#)
        #expect(try await shop.run().operations.planned == 0)
    }

    @Test func sendsOnlyTheAttributesThatDiffer() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(2))
        _ = try await shop.run()
        try await shop.sql("UPDATE members SET points = 11 WHERE id = 1")
        _ = try await shop.run()
        #expect(try await shop.simulator.requests(of: "u1").last?.body == #"{"points":11}"#)
    }

    @Test func sendsAllMappedAttributesWhereTheSyncSaysSo() async throws {
        var project = MembersProject()
        project.sync = ["send: all"]
        let shop = try await Workshop(project, rows: Workshop.plainRows(2))
        _ = try await shop.run()
        try await shop.sql("UPDATE members SET points = 11 WHERE id = 1")
        #expect(try await shop.run().operations == .allConfirmed(1))
        let body = try #require(try await shop.simulator.requests(of: "u1").last?.body)
        #expect([#"{"loyalty_tier":"silver","points":11}"#, #"{"points":11,"loyalty_tier":"silver"}"#].contains(body))
    }

    @Test func aRowThatDidNotChangeIsHeldAgainstAChangedDefinition() async throws {
        var project = MembersProject()
        let shop = try await Workshop(project, rows: Workshop.plainRows(3))
        _ = try await shop.run()
        #expect(try await shop.run().rows == RowNumbers(queried: 3, unchanged: 3))
        project.attributes[1] = "points: {type: integer, max: 20}"
        try shop.write(project)
        let run = try await shop.run()
        #expect(run.rows == RowNumbers(queried: 3, unchanged: 2, invalid: 1))
        #expect(run.operations.planned == 0)
        #expect(try await shop.simulator.attributes(of: "u3") == #"{"loyalty_tier":"silver","points":30}"#)
    }

    @Test func aChangeOfAnUnmappedColumnSendsNothing() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(3))
        _ = try await shop.run()
        try await shop.sql("UPDATE members SET note = 'new'")
        let run = try await shop.run()
        #expect(run.rows == RowNumbers(queried: 3, unchanged: 3))
        #expect(run.operations.planned == 0)
        #expect(try await shop.simulator.stats().requests == 3)
    }

    @Test func anotherUidOfARowIsARemovalAndAnAddition() async throws {
        var project = MembersProject()
        project.mappings[1] = "{column: points, attribute: points, on_removed: 0}"
        let shop = try await Workshop(project, rows: Workshop.plainRows(2))
        _ = try await shop.run()
        try await shop.sql("UPDATE members SET uid = 'other' WHERE id = 1")
        let plan = try await shop.plan()
        #expect(plan.line.rows == RowNumbers(queried: 2, unchanged: 1, added: 1, removed: 1))
        #expect(plan.line.operations.planned == 2)
        #expect(try await shop.run().operations == .allConfirmed(2))
        #expect(try await shop.simulator.attributes(of: "u1") == #"{"loyalty_tier":"silver","points":0}"#)
        #expect(try await shop.simulator.attributes(of: "other") == #"{"loyalty_tier":"silver","points":10}"#)
        #expect(try await shop.run().operations.planned == 0)
    }

    @Test func aRemovedUserGetsItsConstantsOnceAndAllValuesWhenItReturns() async throws {
        var project = MembersProject()
        project.mappings[1] = "{column: points, attribute: points, on_removed: 0}"
        let shop = try await Workshop(project, rows: Workshop.plainRows(3))
        _ = try await shop.run()
        try await shop.sql("DELETE FROM members WHERE id = 2")
        let gone = try await shop.run()
        #expect(gone.rows == RowNumbers(queried: 2, unchanged: 2, removed: 1))
        #expect(gone.operations == .allConfirmed(1))
        #expect(try await shop.simulator.requests(of: "u2").last?.body == #"{"points":0}"#)
        #expect(try await shop.run().rows == RowNumbers(queried: 2, unchanged: 2))

        try await shop.sql("INSERT INTO members (id, uid, tier, points) VALUES (2, 'u2', 'silver', 0)")
        let back = try await shop.run()
        #expect(back.rows == RowNumbers(queried: 3, unchanged: 2, added: 1))
        #expect(try await shop.simulator.attributes(of: "u2") == #"{"loyalty_tier":"silver","points":0}"#)
    }

    @Test func aRemovedUserWithoutConstantsLeavesTheSnapshotUnsent() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(3))
        _ = try await shop.run()
        try await shop.sql("DELETE FROM members WHERE id = 2")
        let gone = try await shop.run()
        #expect(gone.rows == RowNumbers(queried: 2, unchanged: 2, removed: 1))
        #expect(gone.operations.planned == 0)
        #expect(try await shop.run().rows.removed == 0)
        try await shop.sql("INSERT INTO members (id, uid, tier, points) VALUES (2, 'u2', 'silver', 20)")
        #expect(try await shop.run().rows.added == 1)
        #expect(try await shop.simulator.requests(of: "u2").count == 2)
    }

    @Test func anInvalidRowKeepsItsUserAsItWas() async throws {
        var project = MembersProject()
        project.mappings[1] = "{column: points, attribute: points, on_removed: 0}"
        let shop = try await Workshop(project, rows: Workshop.plainRows(2))
        _ = try await shop.run()
        try await shop.sql("UPDATE members SET tier = 'platinum' WHERE id = 1")
        let run = try await shop.run()
        #expect(run.exit == 3)
        #expect(run.rows == RowNumbers(queried: 2, unchanged: 1, invalid: 1))
        #expect(run.operations.planned == 0)
        try await shop.sql("UPDATE members SET tier = 'silver' WHERE id = 1")
        #expect(try await shop.run().rows == RowNumbers(queried: 2, unchanged: 2))
    }
}
