import Foundation
import TestKit
import Testing

/// Who may run, and who is told to wait for whom.
@Suite struct LockTests {
    private static let notes = [
        "models/notes.sql": "SELECT id, uid, first FROM members\n",
        "models/notes.yml": """
        model:
          source: shop
          primary_key: id
        syncs:
          - name: names
            destination: personalize
            mode: update
            match: {column: uid, field: user_uid}
            mappings:
              - {column: first, attribute: first_name}

        """,
    ]

    /// A run of `loyalty` whose request the server holds; with a second sync to the same destination, if asked for.
    private func holding(withTwoSyncs: Bool = false) async throws -> (FaultyShop, Gate, RunningProcess) {
        let shop = try await FaultyShop(users: 5, ["max_in_flight: 1", "timeout: 60s"])
        if withTwoSyncs { try addNames(to: shop) }
        let gate = Gate()
        shop.server.play(.held(by: gate), to: ["u1": 1])
        let process = try shop.start(["run", "loyalty", "--output", "json"])
        try await eventually { shop.server.requests.first?.body != nil }
        return (shop, gate, process)
    }

    private func addNames(to shop: FaultyShop) throws {
        let attributes = try shop.folder.text(of: "models/attributes.yml")
        try shop.folder.write(
            Self.notes.merging(["models/attributes.yml": attributes + "  first_name: {type: string}\n"]) { $1 })
    }

    @Test(arguments: [("loyalty", "this sync"), ("names", "this destination")])
    func theSecondRunIsToldWhoIsTheFirst(sync: String, what: String) async throws {
        let (shop, gate, process) = try await holding(withTwoSyncs: true)
        let refused = try Workshop.run(from: await shop.start(["run", sync, "--output", "json"]).end())
        #expect(refused.exit == 7)
        #expect(refused.line.runID == nil)
        let error = try #require(refused.line.error)
        let run = try await shop.state("SELECT run_id, started_at FROM runs WHERE status = 'delivering'")
            .split(separator: "|")
        #expect(error.contains("run \(run[0]) is using \(what)"), "\(error)")
        #expect(
            error.contains("process \(process.processIdentifier) on \(ProcessInfo.processInfo.hostName)"), "\(error)")
        // The id is made a moment before the row.
        #expect(error.contains("since \(run[1].prefix(16))"), "\(error)")
        #expect(shop.server.requests.count == 1)

        gate.open()
        #expect(try Workshop.run(from: await process.end()).exit == 0)
        let after = try Workshop.run(from: await shop.start(["run", sync, "--output", "json"]).end())
        #expect(after.exit == 0)
        try await shop.expectEqual(["u1"])
    }

    /// The locks as a holder elsewhere left them, so many seconds ago.
    @Test(arguments: [(20, Int32(7)), (90, 0)])
    func aHolderElsewhereLosesItsLocksWhenItIsSilent(seconds: Int, exit: Int32) async throws {
        let shop = try await FaultyShop(users: 3)
        #expect(try await shop.run().exit == 0)
        let destination = "destination:\(SimulatorProcess.projectUID)@127.0.0.1:\(shop.server.port)"
        let values =
            "'elsewhere', 'other-boot', 4711, 1, '01KA0000000000000000000000', 1,"
            + " CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER) - \(seconds)000000"
        try await shop.state("INSERT INTO leases VALUES ('sync:loyalty', \(values)), ('\(destination)', \(values))")
        try await shop.sql("UPDATE members SET points = points + 1")
        let run = try await shop.run()
        #expect(run.exit == exit, "\(run.line)")
        if exit == 7 {
            #expect(try #require(run.line.error).contains("process 4711 on elsewhere"))
        } else {
            try await shop.expectEqual()
        }
    }

    /// What was in flight at the second signal was applied, and nobody learnt it.
    @Test func aSecondSignalLeavesWhatWasInFlightDirty() async throws {
        let (shop, gate, process) = try await holding()
        process.send(SIGTERM)
        _ = process.line { $0.contains("stopping") }
        process.send(SIGINT)
        #expect([130, 143].contains(await process.end().exit))
        gate.open()
        try await eventually { shop.server.attributes(of: "u1") != nil }
        // The destination has what no snapshot knows.
        try await shop.sql("UPDATE members SET points = 77 WHERE id = 1")
        let next = try await shop.run()
        #expect(next.operations.planned == next.operations.confirmed)
        try await shop.expectEqual()
        let statuses = try await shop.state("SELECT status FROM runs ORDER BY started_at")
        #expect(statuses == "interrupted\nsucceeded")
    }

    /// Nothing answers any more: the drain ends by itself, long before the time limit of the request.
    @Test func aDrainGivesUpAfterTwentySeconds() async throws {
        let (shop, gate, process) = try await holding()
        process.send(SIGTERM)
        let run = try Workshop.run(from: await process.end(timeout: 40))
        #expect(run.exit == 143)
        #expect(run.line.status == "interrupted")
        #expect(run.operations == OperationNumbers(planned: 5, unknown: 1, deferred: 4))
        #expect(run.line.seconds.deliver < 30)
        gate.open()
        try await eventually { shop.server.attributes(of: "u1") != nil }
        #expect(try await shop.run().exit == 0)
        try await shop.expectEqual()
    }
}
