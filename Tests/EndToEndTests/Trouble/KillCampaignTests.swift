import Foundation
import TestKit
import Testing

/// Runs killed at random moments, against a destination that loses answers, over a source that changes in between.
/// HEADRACE_KILLS says how often (`scripts/soak` asks for many), HEADRACE_SEED repeats a campaign.
@Suite struct KillCampaignTests {
    static let users = 5000
    static let maxInFlight = 32
    static let faults = """
        {"seed":SEED,"rules":[
          {"match":{"probability":0.02},"effect":{"type":"drop_after"}},
          {"match":{"probability":0.02},"effect":{"type":"reset_before"}},
          {"match":{"probability":0.02},"effect":{"type":"reset_after"}},
          {"match":{"probability":0.02},"effect":{"type":"status","status":503}}]}
        """

    @Test func everyUserIsRightInTheEnd() async throws {
        let environment = ProcessInfo.processInfo.environment
        let kills = environment["HEADRACE_KILLS"].flatMap { Int($0) } ?? 8
        let seed = environment["HEADRACE_SEED"].flatMap { UInt64($0) } ?? .random(in: 0...999_999_999)
        print("kill campaign: HEADRACE_KILLS=\(kills) HEADRACE_SEED=\(seed)")
        var random = SeededGenerator(seed: seed)
        var campaign = try await KillCampaign(seed: seed)
        var killed = 0
        var rounds = 0
        while killed < kills, rounds < kills * 4 {
            rounds += 1
            try await campaign.changeSource(round: rounds, using: &random)
            if try await campaign.killRun(after: .random(in: 0.05...1.5, using: &random)) { killed += 1 }
            try await campaign.countDuplicates()
        }
        #expect(killed == kills, "only \(killed) of \(rounds) runs lived long enough to be killed; seed \(seed)")
        try await campaign.finish(seed: seed)
    }
}

/// One campaign's shop, and what it knows of the requests so far.
struct KillCampaign {
    private let shop: Workshop
    /// Each user's last request: its body, and whether success was answered.
    private var last: [String: (body: String, isAnswered: Bool)] = [:]
    private var duplicates = 0
    private var kills = 0
    private var seenRequests = 0
    private var lastSequence = 0

    init(seed: UInt64) async throws {
        var project = MembersProject()
        project.destination = ["max_in_flight: \(KillCampaignTests.maxInFlight)"]
        project.sync = ["send: all", "guards: {max_changed_percent: 100, max_removed_percent: 100}"]
        shop = try await Workshop(
            project, rows: Workshop.plainRows(KillCampaignTests.users),
            faults: KillCampaignTests.faults.replacing("SEED", with: "\(seed)"))
    }

    /// A fifth of the users gets new points; every other round most of them get back what they had before.
    func changeSource(round: Int, using random: inout SeededGenerator) async throws {
        guard round > 1 else { return }
        let slice = Int.random(in: 0..<5, using: &random)
        let change =
            round.isMultiple(of: 2)
            ? "UPDATE members SET points = points + 1, note = 'changed' WHERE id % 5 = \(slice)"
            : "UPDATE members SET points = points - 1, note = NULL WHERE note = 'changed' AND id % 7 <> 0"
        try await shop.sql(change)
    }

    /// False when the run ended by itself before its time was up.
    mutating func killRun(after seconds: Double) async throws -> Bool {
        let process = try shop.start(["run", "--output", "json"])
        // The moment is the test's subject, so it is a time and not an event.
        try await Task.sleep(for: .seconds(seconds))
        process.send(SIGKILL)
        let output = await process.end()
        if output.exit == 137 {
            kills += 1
            return true
        }
        let run = try Workshop.run(from: output)
        #expect([0, 5].contains(run.exit), "\(run.line)")
        return false
    }

    /// A user whose last request was answered with success, and who is sent the same again, was sent twice for nothing.
    /// Each kill so far explains those of one window: they may wait over several killed runs.
    mutating func countDuplicates() async throws {
        let stats = try await shop.simulator.stats()
        let offset = max(0, min(seenRequests, 100_000 - (stats.requests - seenRequests)) - 1000)
        for request in try await shop.simulator.requests(offset: offset) where request.sequence > lastSequence {
            lastSequence = request.sequence
            guard let uid = request.uid else { continue }
            if let before = last[uid], before.isAnswered, before.body == request.body { duplicates += 1 }
            last[uid] = (request.body, request.status == 204)
        }
        seenRequests = stats.requests
        #expect(duplicates <= kills * 2 * KillCampaignTests.maxInFlight, "sent twice for nothing after \(kills) kills")
    }

    /// A clean run, after which source and destination agree.
    mutating func finish(seed: UInt64) async throws {
        try await shop.simulator.setFaults("{}")
        let clean = try await shop.run()
        #expect(clean.exit == 0, "\(clean.line); seed \(seed)")
        #expect(clean.operations.planned == clean.operations.confirmed)
        try await countDuplicates()
        #expect(try await shop.run().operations.planned == 0)

        let wrong = try await shop.differences()
        #expect(wrong.isEmpty, "\(wrong.count) lines differ, the first: \(wrong.prefix(6)); seed \(seed)")
        #expect(try await shop.simulator.stats().users == KillCampaignTests.users)
        if let uid = wrong.first?.prefix(while: { $0 != " " }) {
            for request in try await shop.simulator.requests(of: String(uid)) { print("wrong user:", request) }
        }
        #expect(try await shop.simulator.stats().maxInFlightPerUser == 1, "seed \(seed)")
        try await shop.expectSoundState("seed \(seed)")
    }
}
