import TestKit
import Testing

/// Two syncs of one destination, one after the other in one `run`.
@Suite struct SharedPaceTests {
    private static let notes = """
        model:
          source: shop
          primary_key: id
        syncs:
          - name: notes
            destination: personalize
            mode: update
            match: {column: uid, field: user_uid}
            mappings:
              - {column: note, attribute: note, on_null: ""}

        """

    private func workshop(faults: String, destination: [String]) async throws -> Workshop {
        var project = MembersProject()
        project.destination = destination
        let shop = try await Workshop(project, rows: Workshop.plainRows(5), faults: faults)
        try shop.folder.write([
            "models/notes.yml": Self.notes, "models/notes.sql": "SELECT id, uid, note FROM members\n",
        ])
        return shop
    }

    @Test func aPauseBeyondARunEndsTheNextSyncBeforeItsFirstRequest() async throws {
        let limit = #"{"effect":{"type":"status","status":429,"retry_after":3600}}"#
        let shop = try await workshop(faults: FaultTests.rules(limit), destination: ["max_in_flight: 1"])
        let output = try await shop.headrace("run", "--output", "json")
        #expect(output.exit == 5)
        let lines: [ReportedRun] = try Workshop.lines(of: output)
        #expect(lines.map(\.sync) == ["loyalty", "notes"])
        for line in lines {
            #expect(line.status == "failed")
            #expect(line.operations == OperationNumbers(planned: 5, deferred: 5))
            #expect(try #require(line.error).contains("longer pause than a run may last"))
            expectBalanced(line)
        }
        #expect(lines.map(\.attempts.sent) == [1, 0])
        #expect(try await shop.simulator.stats().requests == 1)
    }

    @Test func aShortPauseIsWaitedForByTheNextSync() async throws {
        // Of the first sync nobody is left to wait: its last answer asks for the pause.
        let limit = #"{"match":{"after":4,"first":5},"effect":{"type":"status","status":429,"retry_after":1}}"#
        let shop = try await workshop(faults: FaultTests.rules(limit), destination: ["max_in_flight: 1"])
        let output = try await shop.headrace("run", "--output", "json")
        let lines: [ReportedRun] = try Workshop.lines(of: output)
        #expect(lines.map(\.operations.confirmed) == [4, 5])
        #expect(lines.map(\.operations.deferred) == [1, 0])
        #expect(try #require(lines.last).seconds.deliver >= 0.9)
    }
}
