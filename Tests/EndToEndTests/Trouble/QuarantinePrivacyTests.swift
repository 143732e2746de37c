import Foundation
import TestKit
import Testing

/// What the quarantine keeps of people.
@Suite struct QuarantinePrivacyTests {
    private static let refusing = FaultTests.rules(#"{"match":{"uid":"ada*"},"effect":{"type":"status","status":422}}"#)
    private static let ada = "UPDATE members SET uid = 'ada@example.com' WHERE id = 1;"

    /// The uid is mapped to a pii attribute, and so is personal itself.
    private func personal() -> MembersProject {
        var project = MembersProject()
        project.attributes[2] = "note: {type: string, pii: true}"
        project.mappings.append("{column: uid, attribute: note}")
        project.sync = ["retry: {quarantine_after_runs: 1}"]
        return project
    }

    private func everything(_ shop: Workshop) throws -> String {
        String(decoding: try Data(contentsOf: shop.folder.url.appending(path: ".headrace/state.db")), as: UTF8.self)
    }

    @Test func aSealedUserIsQuarantinedAndReleasedByItsKey() async throws {
        let shop = try await Workshop(personal(), rows: Workshop.plainRows(2) + Self.ada, faults: Self.refusing)
        #expect(try await shop.run().operations == OperationNumbers(planned: 2, confirmed: 1, rejected: 1))
        let output = try await shop.headrace("run")
        #expect(output.stdout.contains("1 quarantined: 422 (key ‹masked"))
        #expect(!output.stdout.contains("ada@"))
        let row = "SELECT user_uid IS NULL, primary_key IS NULL, rejected_runs FROM quarantine"
        #expect(try await QuarantineTests.state(row, of: shop) == "1|1|1")
        #expect(try everything(shop).contains("ada@example.com") == false)
        #expect(try await QuarantineTests.release(shop, "--key", "uid:bob@example.com").exit == 2)
        let released = try await QuarantineTests.release(shop, "--key", "uid:ada@example.com")
        #expect(released.line == ReportedRelease(released: 1, quarantined: 1))
    }

    @Test func whatBecomesPersonalLaterLeavesTheQuarantine() async throws {
        var project = MembersProject()
        project.sync = ["retry: {quarantine_after_runs: 1}"]
        let shop = try await Workshop(project, rows: Workshop.plainRows(2) + Self.ada, faults: Self.refusing)
        #expect(try await shop.run().operations.rejected == 1)
        #expect(try await QuarantineTests.view(shop) == "ada@example.com|1|1|422")
        try shop.write(personal())
        #expect(try await shop.run().operations.rejected == 1)
        #expect(try everything(shop).contains("ada@example.com") == false)
        #expect(try await shop.run().operations.quarantined == 1)
    }

    @Test func withoutRetainedValuesTheQuarantineWorksAlike() async throws {
        var project = MembersProject()
        project.state = "{url: \"sqlite:.headrace/state.db\", retain_values: false}"
        let shop = try await QuarantineTests.shop(after: 1, project)
        #expect(try await shop.run().operations == OperationNumbers(planned: 3, confirmed: 2, rejected: 1))
        #expect(try await shop.run().operations == QuarantineTests.quarantined)
        try await shop.sql("UPDATE members SET points = 21 WHERE id = 2")
        #expect(try await shop.run().operations == QuarantineTests.rejected)
        #expect(try everything(shop).contains("silver") == false)
    }
}
