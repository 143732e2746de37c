import Foundation
import TestKit
import Testing

/// Runs that end before their work is done, and two that want the same lock.
@Suite struct SignalTests {
    static let users = 300
    /// Slow enough that a run is caught in the middle, fast enough to drain at once.
    static let slow = #"{"rules":[{"effect":{"type":"delay","delay_ms":200}}]}"#

    private func workshop(faults: String = slow, timeout: String = "10s") async throws -> Workshop {
        var project = MembersProject()
        project.destination = ["max_in_flight: 4", "timeout: \(timeout)"]
        return try await Workshop(project, rows: Workshop.plainRows(Self.users), faults: faults)
    }

    /// A run that has sent at least ten requests and is far from its end.
    private func caught(_ shop: Workshop) async throws -> RunningProcess {
        let run = try shop.start(["run", "--output", "json"])
        try await eventually { try await shop.simulator.stats().requests >= 10 }
        return run
    }

    @Test(arguments: [(SIGTERM, Int32(143)), (SIGINT, Int32(130))])
    func aSignalDrainsTheRun(signal: Int32, exit: Int32) async throws {
        let shop = try await workshop()
        let process = try await caught(shop)
        process.send(signal)
        let run = try Workshop.run(from: await process.end(timeout: 30))
        #expect(run.exit == exit)
        #expect(run.line.status == "interrupted")
        let (confirmed, deferred) = (run.operations.confirmed, run.operations.deferred)
        #expect(run.operations == OperationNumbers(planned: Self.users, confirmed: confirmed, deferred: deferred))
        #expect(confirmed > 0 && deferred > 0)
        // What was in flight has finished: nobody was sent whose outcome is not known.
        #expect(try await shop.simulator.stats().requests == confirmed)

        try await shop.simulator.setFaults("{}")
        let next = try await shop.run()
        #expect(next.exit == 0)
        #expect(next.operations == .allConfirmed(deferred))
        #expect(try await shop.simulator.stats().requests == Self.users)
    }

    @Test func aSecondSignalEndsAtOnce() async throws {
        let hang = #"{"rules":[{"match":{"after":20},"effect":{"type":"hang"}}]}"#
        let shop = try await workshop(faults: hang, timeout: "60s")
        let process = try shop.start(["run", "--output", "json"])
        try await eventually { try await shop.simulator.stats().requests >= 24 }
        let start = ContinuousClock.now
        process.send(SIGINT)
        process.send(SIGTERM)
        let output = await process.end(timeout: 30)
        #expect([130, 143].contains(output.exit), "\(output)")
        #expect(ContinuousClock.now - start < .seconds(5))
        try await shop.simulator.setFaults("{}")
        let next = try await shop.run()
        #expect(next.exit == 0)
        #expect(next.operations.planned == next.operations.confirmed)
        #expect(try await shop.simulator.stats().users == Self.users)
    }

    @Test func aSecondRunIsRefusedAndCancelDrainsTheFirst() async throws {
        let shop = try await workshop()
        let process = try await caught(shop)
        let refused = try await shop.run()
        #expect(refused.exit == 7)
        #expect(refused.line.runID == nil)
        let error = try #require(refused.line.error)
        #expect(error.contains("\(process.processIdentifier)"), "\(error)")
        let holder = try #require(error.firstMatch(of: /[0-9A-HJKMNP-TV-Z]{26}/)).output

        let cancel = try await shop.headrace("cancel", String(holder))
        #expect(cancel.exit == 0, "\(cancel.stderr)")
        let run = try Workshop.run(from: await process.end(timeout: 30))
        #expect(run.exit == 130)
        #expect(run.line.runID == String(holder))
        #expect(run.line.status == "cancelled")
        #expect(run.operations.deferred > 0)
        try await shop.simulator.setFaults("{}")
        #expect(try await shop.run().operations == .allConfirmed(run.operations.deferred))
    }

    @Test func readingCommandsWaitForNoLock() async throws {
        let shop = try await workshop()
        let process = try await caught(shop)
        for command in ["plan", "status", "runs", "check"] {
            let output = try await shop.headrace(command)
            #expect(output.exit == 0, "\(command): \(output.stderr)")
        }
        process.send(SIGTERM)
        #expect(await process.end(timeout: 30).exit == 143)
    }

    @Test func aKilledRunIsTakenOverAtOnceAndItsWindowSentAgain() async throws {
        let shop = try await workshop()
        let process = try await caught(shop)
        process.send(SIGKILL)
        _ = await process.end()
        try await shop.simulator.setFaults("{}")
        let start = ContinuousClock.now
        let run = try await shop.run()
        #expect(run.exit == 0)
        #expect(ContinuousClock.now - start < .seconds(20))
        #expect(run.operations.planned == run.operations.confirmed)
        let stats = try await shop.simulator.stats()
        #expect(stats.users == Self.users)
        // At most one window, twice `max_in_flight`, was sent twice.
        #expect(stats.requests <= Self.users + 8)
        #expect(stats.maxInFlightPerUser == 1)
        let statuses = try await shop.sql("SELECT status FROM runs ORDER BY started_at", database: ".headrace/state.db")
        #expect(statuses == "interrupted\nsucceeded")
    }

    @Test func aSignalBeforeTheFirstRequestSendsNothing() async throws {
        var project = MembersProject()
        // About 10^9 steps: interrupted long before its end.
        project.sql = """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500000000)
            SELECT max(i) AS id, 'u' AS uid, 'gold' AS tier, 1 AS points FROM n

            """
        let shop = try await Workshop(project)
        let process = try shop.start(["run", "--output", "json"])
        try await eventually {
            let text = try? await shop.sql("SELECT status FROM runs", database: ".headrace/state.db")
            return text == "querying"
        }
        process.send(SIGTERM)
        let run = try Workshop.run(from: await process.end(timeout: 20))
        #expect(run.exit == 143)
        #expect(run.line.status == "interrupted")
        #expect(run.operations.planned == 0)
        #expect(try await shop.simulator.stats().requests == 0)
    }
}
