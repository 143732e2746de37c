import Foundation
import TestKit
import Testing

/// Runs killed at random moments, reading, planning, sending and recovering, against a destination that fails a tenth of
/// all requests, over a source that changes in between and back. HEADRACE_KILLS says how often (`scripts/soak` asks for
/// many), HEADRACE_SEED repeats a campaign.
@Suite struct KillCampaignTests {
    static let users = 5000
    static let maxInFlight = 32
    /// Few answers of 429, which make a run slow for a while.
    static let faults = """
        {"seed":SEED,"rules":[
          {"match":{"probability":0.025},"effect":{"type":"drop_after"}},
          {"match":{"probability":0.015},"effect":{"type":"reset_before"}},
          {"match":{"probability":0.025},"effect":{"type":"reset_after"}},
          {"match":{"probability":0.015},"effect":{"type":"status","status":503}},
          {"match":{"probability":0.001},"effect":{"type":"status","status":429,"retry_after":0}},
          {"match":{"probability":0.004},"effect":{"type":"slow","interval_ms":5}},
          {"match":{"probability":0.015},"effect":{"type":"delay","delay_ms":40}}]}
        """

    @Test func everyUserIsRightInTheEnd() async throws {
        let environment = ProcessInfo.processInfo.environment
        let kills = environment["HEADRACE_KILLS"].flatMap { Int($0) } ?? 8
        let seed = environment["HEADRACE_SEED"].flatMap { UInt64($0) } ?? .random(in: 0...999_999_999)
        print("kill campaign: HEADRACE_KILLS=\(kills) HEADRACE_SEED=\(seed)")
        var random = SeededGenerator(seed: seed)
        var campaign = try await KillCampaign(seed: seed)
        var rounds = 0
        while campaign.kills.count < kills, rounds < kills * 4 {
            rounds += 1
            try await campaign.changeSource(round: rounds, using: &random)
            // A third of the kills finds the run before its first request, closing what the last one left.
            let isEarly = Int.random(in: 0..<3, using: &random) == 0
            let moment = Double.random(in: isEarly ? 0...0.12 : 0.1...1.5, using: &random)
            let command = Int.random(in: 0..<10, using: &random) == 0 ? "plan" : "run"
            try await campaign.kill(command, after: moment)
        }
        print(campaign.summary)
        #expect(
            campaign.kills.count == kills, "only \(campaign.kills.count) of \(rounds) lived long enough; seed \(seed)")
        try await campaign.finish(seed: seed)
    }
}

/// One campaign's shop, and what it knows of the requests so far.
struct KillCampaign {
    /// A killed process.
    struct Kill {
        /// `none` before its row was written, else the status that its run was left in.
        var stage: String
        /// The users of its window whose outcome was not written down.
        var window: Set<String>
        /// How often users of it were sent again for nothing since.
        var duplicates: [String: Int] = [:]
    }

    private let shop: Workshop
    /// Each user's last request: its body, and whether success was answered.
    private var last: [String: (body: String, isAnswered: Bool)] = [:]
    private(set) var kills: [Kill] = []
    private var runs = 0
    private var unexplained = 0
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

    var summary: String {
        let stages = Dictionary(grouping: kills, by: \.stage).map { "\($1.count) \($0)" }.sorted()
        let duplicates = kills.map { $0.duplicates.values.reduce(0, +) }
        return "kill campaign: \(kills.count) kills (\(stages.joined(separator: ", "))), \(runs) ended by themselves, "
            + "\(seenRequests) requests, \(duplicates.reduce(0, +)) sent twice for nothing, "
            + "\(duplicates.max() ?? 0) after one kill at most"
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

    mutating func kill(_ command: String, after seconds: Double) async throws {
        let process = try shop.start([command, "--output", "json"])
        // The moment is the test's subject, so it is a time and not an event.
        try await Task.sleep(for: .seconds(seconds))
        process.send(SIGKILL)
        let output = await process.end()
        try await countDuplicates()
        if output.exit == 137 {
            kills.append(try await killInACopy())
            #expect(kills.last?.window.count ?? 0 <= 2 * KillCampaignTests.maxInFlight)
        } else if command == "run" {
            runs += 1
            let run = try Workshop.run(from: output)
            #expect([0, 5].contains(run.exit), "\(run.line)")
        } else {
            #expect(output.exit == 0, "\(output.stderr)")
        }
    }

    /// What the kill left, seen in a copy, so that the next run is the first to open the file. It must open clean, and
    /// the books of every run that was closed must balance.
    private func killInACopy() async throws -> Kill {
        let folder = shop.folder.url
        for file in ["state.db", "state.db-journal", "state.db-wal"] {
            let (original, copy) = (folder.appending(path: ".headrace/\(file)"), folder.appending(path: "copy-\(file)"))
            try? FileManager.default.removeItem(at: copy)
            guard FileManager.default.fileExists(atPath: original.path(percentEncoded: false)) else { continue }
            try FileManager.default.copyItem(at: original, to: copy)
        }
        // Before its schema is made.
        let tables = try await shop.sql(
            "PRAGMA integrity_check; SELECT count(*) FROM sqlite_master WHERE name = 'runs'", database: "copy-state.db")
        guard tables != "ok\n0" else { return Kill(stage: "none", window: []) }
        #expect(tables == "ok\n1")
        try await expectBalancedRuns(
            "status IN ('succeeded', 'completed_with_errors', 'failed', 'blocked', 'cancelled', 'interrupted')",
            database: "copy-state.db")
        let stage = try await shop.sql(
            "SELECT status FROM runs WHERE finished_at IS NULL ORDER BY started_at DESC LIMIT 1",
            database: "copy-state.db")
        let window = try await shop.sql(
            """
            SELECT o.user_uid FROM plans_data p JOIN operations_data o ON o.id >> 32 = p.plan_no
            WHERE p.status = 'delivering' AND (o.id & 0xFFFFFFFF) <= p.open_through
              AND NOT EXISTS (SELECT 1 FROM outcomes x WHERE x.id = o.id)
            """, database: "copy-state.db")
        return Kill(
            stage: stage.isEmpty ? "none" : stage, window: Set(window.split(separator: "\n").map(String.init)))
    }

    /// A user whose last request was answered with success, and who is sent the same again, was sent twice for nothing.
    /// A kill that had the user in its window explains that: its run had not yet written the answer down, or had sent
    /// values that the source took back again, and those may have come last. Both may be, so that one kill explains a user
    /// twice at most; in all there is no more than a window for each kill.
    mutating func countDuplicates() async throws {
        let stats = try await requestsThatCameIn()
        let offset = max(0, min(seenRequests, 100_000 - (stats - seenRequests)) - 1000)
        for request in try await shop.simulator.requests(offset: offset) where request.sequence > lastSequence {
            lastSequence = request.sequence
            guard let uid = request.uid else { continue }
            if let before = last[uid], before.isAnswered, before.body == request.body {
                // Two kills in a row may share the user; nobody knows which of them it was.
                let kill = kills.indices.filter { kills[$0].window.contains(uid) }
                    .min { kills[$0].duplicates[uid, default: 0] < kills[$1].duplicates[uid, default: 0] }
                if let kill, kills[kill].duplicates[uid, default: 0] < 2 {
                    kills[kill].duplicates[uid, default: 0] += 1
                } else {
                    unexplained += 1
                }
            }
            last[uid] = (request.body, request.status == 204)
        }
        seenRequests = stats
        let duplicates = kills.flatMap(\.duplicates.values).reduce(0, +)
        #expect(duplicates <= kills.count * 2 * KillCampaignTests.maxInFlight)
        #expect(unexplained == 0, "sent twice for nothing, and more often than they were in the window of a killed run")
    }

    /// What a killed process had sent is read by the simulator when it gets to it, and some of it is delayed there.
    private func requestsThatCameIn() async throws -> Int {
        var seen = try await shop.simulator.stats().requests
        while true {
            try await Task.sleep(for: .milliseconds(100))
            let now = try await shop.simulator.stats().requests
            if now == seen { return now }
            seen = now
        }
    }

    /// A clean run, after which source and destination agree.
    mutating func finish(seed: UInt64) async throws {
        try await shop.simulator.setFaults("{}")
        let clean = try await shop.run()
        #expect(clean.exit == 0, "\(clean.line); seed \(seed)")
        #expect(clean.operations.planned == clean.operations.confirmed)
        try await countDuplicates()
        try await shop.expectSettled(onceMore: 4 * KillCampaignTests.maxInFlight, "seed \(seed)")

        let wrong = try await shop.differences()
        #expect(wrong.isEmpty, "\(wrong.count) lines differ, the first: \(wrong.prefix(6)); seed \(seed)")
        #expect(try await shop.simulator.stats().users == KillCampaignTests.users)
        if let uid = wrong.first?.prefix(while: { $0 != " " }) {
            for request in try await shop.simulator.requests(of: String(uid)) { print("wrong user:", request) }
        }
        #expect(try await shop.simulator.stats().maxInFlightPerUser == 1, "seed \(seed)")
        let open = try await shop.state("SELECT count(*) FROM runs WHERE finished_at IS NULL")
        #expect(open == "0", "\(open) runs have no end; seed \(seed)")
        try await shop.expectSoundState("seed \(seed)")
    }

    private func expectBalancedRuns(_ condition: String, database: String) async throws {
        let wrong = try await shop.sql(
            """
            SELECT count(*) FROM runs WHERE (\(condition))
            AND (queried <> unchanged + added + changed + invalid
                 OR planned <> confirmed + rejected + unknown + deferred + quarantined)
            """, database: database)
        #expect(wrong == "0", "\(wrong) runs do not balance")
    }
}
