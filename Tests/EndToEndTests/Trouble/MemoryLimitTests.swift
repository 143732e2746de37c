import TestKit
import Testing

/// What a run would have to hold is bounded, and what is too large is refused before anything is sent.
@Suite struct MemoryLimitTests {
    @Test func aDiffAboveTheLimitIsRefused() async throws {
        var project = MembersProject()
        project.state = "{url: \"sqlite:.headrace/state.db\", memory_limit: 64KB}"
        let shop = try await Workshop(project, rows: Workshop.plainRows(5000))
        let refused = try await shop.run()
        #expect(refused.exit == 2 && refused.operations.planned == 0)
        #expect(refused.line.error?.contains("more than state.memory_limit allows (1 MB)") == true)
        #expect(try await shop.simulator.stats().requests == 0)
        project.state = "{url: \"sqlite:.headrace/state.db\", memory_limit: 1MB}"
        try shop.write(project)
        #expect(try await shop.run().operations == .allConfirmed(5000))
        project.state = "{url: \"sqlite:.headrace/state.db\", memory_limit: 64KB}"
        try shop.write(project)
        let again = try await shop.headrace("plan")
        #expect(again.exit == 2 && again.stderr.contains("memory_limit"))
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
