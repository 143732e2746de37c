import Foundation
import TestKit
import Testing

/// What a run would have to hold is bounded, and what is too large is refused before anything is sent.
@Suite struct MemoryLimitTests {
    private func project(limit: String) -> MembersProject {
        var project = MembersProject()
        project.state = "{url: \"sqlite:.headrace/state.db\", memory_limit: \(limit)}"
        project.mappings[1] = "{column: points, attribute: points, on_removed: 0}"
        return project
    }

    @Test func aDiffAboveTheLimitIsMadeInParts() async throws {
        let shop = try await Workshop(project(limit: "64KB"), rows: Workshop.plainRows(5000))
        let first = try await shop.run()
        #expect(first.rows == RowNumbers(queried: 5000, added: 5000))
        #expect(first.operations == .allConfirmed(5000))
        #expect(first.output.stderr.contains("reading again, to diff in parts"))
        try await shop.sql(
            """
            UPDATE members SET points = 1 WHERE id BETWEEN 10 AND 19; DELETE FROM members WHERE id BETWEEN 20 AND 24;
            UPDATE members SET points = 'x' WHERE id = 30; UPDATE members SET uid = 'u31' WHERE id = 32;
            INSERT INTO members (id, uid, tier) VALUES (6000, 'u6000', 'gold');
            """)
        let inParts = try await shop.plan("--details", "100000")
        try shop.write(project(limit: "512MB"))
        let atOnce = try await shop.plan("--details", "100000")
        #expect(inParts.exit == 3 && inParts.line.rows == atOnce.line.rows)
        #expect(
            inParts.line.rows
                == RowNumbers(queried: 4996, unchanged: 4982, added: 1, changed: 10, removed: 5, invalid: 3))
        #expect(inParts.line.users.map(\.userUID).sorted() == atOnce.line.users.map(\.userUID).sorted())
        #expect(inParts.line.guards.map(\.actual) == atOnce.line.guards.map(\.actual))
        try shop.write(project(limit: "64KB"))
        let second = try await shop.run()
        #expect(second.operations == .allConfirmed(16))
        #expect(!second.output.stderr.contains("reading again"))
        // Nothing of the temporary files is left.
        let left = try FileManager.default.contentsOfDirectory(atPath: shop.folder.path + ".headrace")
        #expect(left.allSatisfy { !$0.hasPrefix("spill") })
    }

    @Test func partsThatAreTooLargeAreRefused() async throws {
        let shop = try await Workshop(project(limit: "1KB"), rows: Workshop.plainRows(500))
        let refused = try await shop.run()
        #expect(refused.exit == 2 && refused.operations.planned == 0)
        #expect(refused.line.error?.contains("more than state.memory_limit allows (1 MB)") == true)
        #expect(try await shop.simulator.stats().requests == 0)
    }

    @Test func aLimitOfOperationsNeedsOnePass() async throws {
        let shop = try await Workshop(project(limit: "64KB"), rows: Workshop.plainRows(5000))
        #expect(try await shop.run("--limit", "5").exit == 2)
    }

    @Test func aRowAboveTheLimitIsRefused() async throws {
        var project = MembersProject()
        project.mappings.append("{column: note, attribute: note}")
        let shop = try await Workshop(
            project, rows: Workshop.plainRows(5) + "UPDATE members SET note = hex(zeroblob(35000000)) WHERE id = 4;")
        let refused = try await shop.run()
        #expect(refused.exit == 6 && refused.operations.planned == 0)
        #expect(refused.line.error?.contains("a row after the first 3 of the read is larger than 64 MB") == true)
        #expect(try await shop.simulator.stats().requests == 0)
    }
}
