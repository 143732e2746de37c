import Foundation
import TestKit
import Testing

/// The state's disk fills up, before a run or while it sends. Sending stops before an intent that cannot be written; once
/// there is room again the next run makes everything good.
@Suite struct DiskFullTests {
    static let users = 300
    static let maxInFlight = 8

    private struct Small {
        let shop: Workshop
        let disk: SmallDisk
        var seenRequests = 0

        init(kilobytes: Int, destination: [String] = [], faults: String? = nil) async throws {
            var project = MembersProject()
            project.destination = ["max_in_flight: \(DiskFullTests.maxInFlight)"]
            project.sync = ["send: all", "guards: {max_changed_percent: 100}"]
            shop = try await Workshop(project, rows: Workshop.plainRows(DiskFullTests.users))
            disk = try await SmallDisk(on: shop.folder.url.appending(path: ".headrace"), kilobytes: kilobytes)
            #expect(try await shop.run().operations == .allConfirmed(DiskFullTests.users))
            _ = try await newRequests()
        }

        mutating func newRequests() async throws -> [SimulatorProcess.LoggedRequest] {
            let all = try await shop.simulator.requests()
            defer { seenRequests = all.count }
            return Array(all.dropFirst(seenRequests))
        }

        /// Nobody was sent whose intent the state does not hold, and nobody is said to be confirmed without an answer.
        func expectHonest(_ run: Workshop.Run, _ sent: [SimulatorProcess.LoggedRequest], _ note: String) async throws {
            #expect(run.exit == 1 && run.line.status == "failed", "\(note): \(run.line)")
            let error = try #require(run.line.error)
            #expect(error.contains("/.headrace/state.db cannot be read or written"), "\(note): \(error)")
            #expect(run.output.stderr.contains("free some space there"), "\(note): \(run.output.stderr)")
            let intended = try await shop.state(
                """
                SELECT o.user_uid FROM operations_data o JOIN plans_data p ON p.plan_no = o.id >> 32
                WHERE p.plan_no = (SELECT max(plan_no) FROM plans_data) AND o.id & 4294967295 <= p.open_through
                """)
            let requested = Set(sent.compactMap(\.uid))
            let withoutIntent = requested.subtracting(intended.split(separator: "\n").map(String.init))
            #expect(withoutIntent.isEmpty, "\(note): sent without an intent: \(withoutIntent.sorted())")
            #expect(run.operations.confirmed <= sent.filter { $0.status == 204 }.count, "\(note): \(run.line)")
        }

        /// With room again, and a third of the source as it was before.
        mutating func expectRepair(_ sent: [SimulatorProcess.LoggedRequest], _ note: String) async throws {
            try disk.empty()
            try await shop.sql("UPDATE members SET points = points - 1 WHERE id % 3 = 0")
            let run = try await shop.run()
            #expect(run.exit == 0, "\(note): \(run.line)")
            let before = Dictionary(
                sent.filter { $0.status == 204 }.map { ($0.uid, $0.body) }, uniquingKeysWith: { _, last in last })
            let again = try await newRequests().filter { before[$0.uid] == $0.body }
            #expect(again.count <= 2 * DiskFullTests.maxInFlight, "\(note): \(again.count) were sent twice")
            let wrong = try await shop.differences()
            #expect(wrong.isEmpty, "\(note): \(wrong.prefix(6))")
            try await shop.expectSettled(onceMore: 2 * DiskFullTests.maxInFlight, note)
            try await shop.expectSoundState(note)
            // So that each round finds a state of the same size.
            #expect(try await shop.headrace("state", "prune", "--older-than", "1ms").exit == 0, "\(note)")
        }
    }

    /// The less room there is, the earlier the run fails: before its first row, in its plan, while it sends, at its end.
    @Test(arguments: [1000, 3000])
    func aRunOnANearlyFullDisk(kilobytes: Int) async throws {
        var small = try await Small(kilobytes: kilobytes)
        var stages: Set<String> = []
        for pages in [0, 1, 2, 4, 6, 8, 10, 12, 16, 20, 24, 28, 32, 40, 100] {
            let note = "\(pages) pages left"
            try await small.shop.sql("UPDATE members SET points = points + 1")
            try small.disk.fill(leaving: pages)
            let run = try await small.shop.run()
            let sent = try await small.newRequests()
            if run.exit != 0 {
                try await small.expectHonest(run, sent, note)
                stages.insert(run.line.runID == nil ? "not begun" : sent.isEmpty ? "nothing sent" : "sending")
            } else {
                stages.insert("done")
            }
            try await small.expectRepair(sent, note)
        }
        #expect(stages.isSuperset(of: ["not begun", "nothing sent", "done"]), "\(stages)")
    }

    /// Between two answers there is no room left all at once.
    @Test(arguments: [10, 100])
    func theDiskFillsWhileARunSends(after answers: Int) async throws {
        var small = try await Small(kilobytes: 2000)
        try await small.shop.simulator.setFaults(#"{"rules":[{"effect":{"type":"delay","delay_ms":20}}]}"#)
        try await small.shop.sql("UPDATE members SET points = points + 1")
        let process = try small.shop.start(["run", "--output", "json"])
        try await eventually { try await small.shop.simulator.stats().applied >= Self.users + answers }
        try small.disk.fill(leaving: 0)
        let run = try Workshop.run(from: await process.end())
        let sent = try await small.newRequests()
        try await small.expectHonest(run, sent, "after \(answers) answers")
        #expect(sent.count >= answers && sent.count < Self.users)
        #expect(run.operations.unknown <= 2 * Self.maxInFlight)
        try await small.shop.simulator.setFaults("{}")
        try await small.expectRepair(sent, "after \(answers) answers")
    }

    /// A first run of all finds no room for the state itself.
    @Test func aFirstRunWithoutRoomSendsNothing() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(5))
        let disk = try await SmallDisk(on: shop.folder.url.appending(path: ".headrace"), kilobytes: 100)
        try disk.fill(leaving: 2)
        let run = try await shop.run()
        #expect(run.exit == 1 && run.line.runID == nil, "\(run.line)")
        #expect(try await shop.simulator.stats().requests == 0)
        try disk.empty()
        #expect(try await shop.run().exit == 1, "100 KB hold no state")
        #expect(try await shop.simulator.stats().requests == 0)
    }
}
