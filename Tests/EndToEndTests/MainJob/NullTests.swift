import TestKit
import Testing

/// What a null does under each `on_null`.
@Suite struct NullTests {
    static let row = "INSERT INTO members (id, uid, tier, points) VALUES (1, 'u1', NULL, NULL);"

    @Test(arguments: [
        ("{column: points, attribute: points}", #"{"loyalty_tier":"gold"}"#),
        ("{column: points, attribute: points, on_null: skip}", #"{"loyalty_tier":"gold"}"#),
        ("{column: points, attribute: points, on_null: null}", #"{"loyalty_tier":"gold","points":null}"#),
        ("{column: points, attribute: points, on_null: 0}", #"{"loyalty_tier":"gold","points":0}"#),
    ])
    func aNullIsSkippedSentOrReplaced(mapping: String, body: String) async throws {
        var project = MembersProject()
        project.mappings = ["{value: gold, attribute: loyalty_tier}", mapping]
        let shop = try await Workshop(project, rows: Self.row)
        #expect(try await shop.run().exit == 0)
        #expect(try await shop.simulator.requests().map(\.body) == [body])
        #expect(try await shop.run().operations.planned == 0)
    }

    @Test func aRowOfSkippedNullsHasNothingToSend() async throws {
        let shop = try await Workshop(rows: Self.row)
        let run = try await shop.run()
        #expect(run.rows == RowNumbers(queried: 1, unchanged: 1))
        #expect(run.operations.planned == 0)
    }

    @Test func aSkippedNullLeavesTheValueAndItsReturnIsSentAgain() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(1))
        _ = try await shop.run()
        try await shop.sql("UPDATE members SET points = NULL")
        let skipped = try await shop.run()
        #expect(skipped.rows == RowNumbers(queried: 1, unchanged: 1))
        #expect(try await shop.simulator.attributes(of: "u1") == #"{"loyalty_tier":"silver","points":10}"#)
        // The snapshot marked the attribute absent: even the same value is sent again.
        try await shop.sql("UPDATE members SET points = 10")
        #expect(try await shop.run().operations == .allConfirmed(1))
        #expect(try await shop.simulator.requests(of: "u1").last?.body == #"{"points":10}"#)
    }

    @Test func aTemplateWithANullColumnIsNull() async throws {
        var project = MembersProject()
        project.sql = "SELECT id, uid, first, last FROM members\n"
        project.attributes = ["full_name: {type: string}"]
        project.mappings = ["{template: \"{{first}} {{last}}\", attribute: full_name, on_null: nobody}"]
        let shop = try await Workshop(project, rows: "INSERT INTO members (id, uid, first) VALUES (1, 'u1', 'Ada');")
        #expect(try await shop.run().exit == 0)
        #expect(try await shop.simulator.attributes(of: "u1") == #"{"full_name":"nobody"}"#)
    }
}
