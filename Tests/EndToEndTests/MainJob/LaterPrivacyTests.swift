import Foundation
import TestKit
import Testing

/// What is declared personal after it was synced in clear does not stay in clear.
@Suite struct LaterPrivacyTests {
    /// The state's own bytes, free pages included.
    private func everything(_ shop: Workshop) throws -> String {
        String(decoding: try Data(contentsOf: shop.folder.url.appending(path: ".headrace/state.db")), as: UTF8.self)
    }

    @Test func anAttributeThatBecomesPersonalLeavesTheState() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(4) + "UPDATE members SET tier = 'gold' WHERE id = 4;")
        #expect(try await shop.run().operations == .allConfirmed(4))
        #expect(try everything(shop).contains("silver"))
        var project = MembersProject()
        project.attributes[0] = "loyalty_tier: {type: string, pii: true}"
        try shop.write(project)
        // One user changes, one has a row that does not fit, one is gone.
        try await shop.sql(
            "UPDATE members SET tier = 'bronze' WHERE id = 1; UPDATE members SET points = 'x' WHERE id = 2;"
                + "DELETE FROM members WHERE id = 4")
        let plan = try await shop.plan("--details", "9")
        #expect(plan.line.users.map(\.userUID) == ["u1"])
        let shown = try await shop.headrace("plan", "--details", "9").stdout
        #expect(!shown.contains("silver") && !shown.contains("bronze") && shown.contains("‹masked"))
        #expect(try await shop.run().operations == .allConfirmed(1))
        let kept = try everything(shop)
        for word in ["silver", "bronze", "gold"] { #expect(!kept.contains(word), "\(word) is in the state") }
        #expect(try await shop.run().operations.planned == 0)
        #expect(try await shop.simulator.attributes(of: "u1") == #"{"loyalty_tier":"bronze","points":10}"#)
    }

    @Test func anAttributeThatBecomesPersonalLeavesTheStateOfRejectedUsersToo() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(3))
        _ = try await shop.run()
        var project = MembersProject()
        project.attributes[0] = "loyalty_tier: {type: string, pii: true}"
        try shop.write(project)
        try await shop.sql("UPDATE members SET points = 11 WHERE id = 1")
        let refusal = #"{"match":{"uid":"u1"},"effect":{"type":"status","status":422}}"#
        try await shop.simulator.setFaults(#"{"rules":[\#(refusal)]}"#)
        #expect(try await shop.run().operations == OperationNumbers(planned: 1, rejected: 1))
        #expect(try everything(shop).contains("silver") == false)
    }

    @Test func aUidThatBecomesPersonalLeavesTheState() async throws {
        let shop = try await Workshop(
            rows: Workshop.plainRows(3) + "UPDATE members SET uid = 'ada@example.com' WHERE id = 1;")
        #expect(try await shop.run().operations == .allConfirmed(3))
        #expect(try everything(shop).contains("ada@example.com"))
        var project = MembersProject()
        project.attributes[2] = "note: {type: string, pii: true}"
        project.mappings.append("{column: uid, attribute: note}")
        try shop.write(project)
        #expect(try await shop.run().operations == .allConfirmed(3))
        #expect(try everything(shop).contains("ada@example.com") == false)
        #expect(try await shop.run().rows == RowNumbers(queried: 3, unchanged: 3))
    }
}
