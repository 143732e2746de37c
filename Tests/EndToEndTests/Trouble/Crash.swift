import Foundation
import Synchronization
import TestKit
import Testing

/// A shop all of whose users are to be sent, and what the destination sees of a run that is killed.
final class Crash: Sendable {
    let shop: Workshop
    private let seen = Mutex(0)

    /// All users were confirmed with ten points a number (A) and have one more now (B); in a first run nobody was.
    init(isFirstRun: Bool = false) async throws {
        var project = MembersProject()
        project.destination = ["max_in_flight: \(CrashTableTests.maxInFlight)"]
        project.sync = ["send: all", "guards: {max_changed_percent: 100}"]
        shop = try await Workshop(project, rows: Workshop.plainRows(CrashTableTests.users))
        guard !isFirstRun else { return }
        #expect(try await shop.run().operations == .allConfirmed(CrashTableTests.users))
        _ = try await newRequests()
        try await shop.sql("UPDATE members SET points = points + 1")
    }

    /// Requests since the last call.
    func newRequests() async throws -> [SimulatorProcess.LoggedRequest] {
        let all = try await shop.simulator.requests()
        let known = seen.withLock { known in
            defer { known = all.count }
            return known
        }
        return Array(all.dropFirst(known))
    }

    func expectKilled(
        _ process: RunningProcess, _ kill: CrashTableTests.Kill, sourceLocation: SourceLocation = #_sourceLocation
    ) async {
        let output = await process.end()
        #expect(output.exit == 137, "\(output.stdout)\(output.stderr)", sourceLocation: sourceLocation)
    }

    /// What the state says of the run that was killed, held against what the destination saw of it.
    func expectBooks(
        of kill: CrashTableTests.Kill, _ sent: [SimulatorProcess.LoggedRequest],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let line = try await shop.state(
            """
            SELECT planned, confirmed, unknown, deferred FROM runs WHERE status = 'interrupted' AND exit_code = 130
            ORDER BY run_id LIMIT 1
            """)
        guard !kill.hasEnded else {
            #expect(line.isEmpty, "no run was interrupted", sourceLocation: sourceLocation)
            return
        }
        let numbers = line.split(separator: "|").compactMap { Int($0) }
        try #require(numbers.count == 4, "no interrupted run: \(line)", sourceLocation: sourceLocation)
        let (planned, confirmed, unknown, deferred) = (numbers[0], numbers[1], numbers[2], numbers[3])
        #expect(planned == kill.planned && unknown <= CrashTableTests.window, "\(line)", sourceLocation: sourceLocation)
        #expect(deferred == planned - confirmed - unknown, "\(line)", sourceLocation: sourceLocation)
        if let wanted = kill.confirmed { #expect(confirmed == wanted, "\(line)", sourceLocation: sourceLocation) }
        if let wanted = kill.unknown { #expect(unknown == wanted, "\(line)", sourceLocation: sourceLocation) }
        let answered = Set(sent.filter { $0.status == 204 }.compactMap(\.uid))
        let requested = Set(sent.compactMap(\.uid))
        #expect(confirmed <= answered.count, "\(line), \(answered.count) answered", sourceLocation: sourceLocation)
        #expect(
            requested.count <= confirmed + unknown, "\(line), \(requested.count) sent", sourceLocation: sourceLocation)
    }

    /// How many of those whom the killed run had sent were sent the same once more.
    func expectSentOnce(
        _ sent: [SimulatorProcess.LoggedRequest], butFor limit: Int, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let before = Dictionary(
            sent.filter { $0.status == 204 }.map { ($0.uid, $0.body) }, uniquingKeysWith: { _, last in last })
        let again = try await newRequests().filter { before[$0.uid] == $0.body }
        #expect(again.count <= limit, "sent twice: \(again.compactMap(\.uid))", sourceLocation: sourceLocation)
    }

    /// Nothing is lost, nothing is left to do but for those whose request may come late, and the state is sound.
    func expectTruth(
        lateAtMost limit: Int = CrashTableTests.window, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let wrong = try await shop.differences()
        #expect(wrong.isEmpty, "\(wrong.count) lines differ: \(wrong.prefix(6))", sourceLocation: sourceLocation)
        try await shop.expectSettled(onceMore: limit, sourceLocation: sourceLocation)
        #expect(try await shop.simulator.stats().maxInFlightPerUser == 1, sourceLocation: sourceLocation)
        #expect(try await shop.state("SELECT count(*) FROM leases") == "0", sourceLocation: sourceLocation)
        try await shop.expectSoundState(sourceLocation: sourceLocation)
    }
}
