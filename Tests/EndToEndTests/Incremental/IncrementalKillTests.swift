import Foundation
import TestKit
import Testing

/// Runs by a cursor that are killed at random moments or meet a destination in trouble, over a source that goes on
/// changing: no change is lost, though later runs do not look at every row. HEADRACE_SEED repeats a campaign.
@Suite struct IncrementalKillTests {
    private static let users = 1500
    private static let faults = """
        {"seed":SEED,"rules":[
          {"match":{"probability":0.02},"effect":{"type":"drop_after"}},
          {"match":{"probability":0.02},"effect":{"type":"reset_before"}},
          {"match":{"probability":0.02},"effect":{"type":"status","status":422}},
          {"match":{"probability":0.05},"effect":{"type":"delay","delay_ms":20}}]}
        """

    @Test func noChangeIsLost() async throws {
        let seed =
            ProcessInfo.processInfo.environment["HEADRACE_SEED"].flatMap { UInt64($0) } ?? .random(in: 0...999_999_999)
        print("incremental kill campaign: HEADRACE_SEED=\(seed)")
        var random = SeededGenerator(seed: seed)
        var project = IncrementalProject.project(overlap: "1s")
        project.sync = ["guards: {max_changed_percent: 100}"]
        let shop = try await Workshop(project, rows: IncrementalProject.rows(Self.users))
        #expect(try await shop.run().operations == .allConfirmed(Self.users))
        var second = Self.users
        var incremental = 0
        for round in 1...10 {
            try await shop.simulator.setFaults(Self.faults.replacing("SEED", with: "\(seed &+ UInt64(round))"))
            second += 10
            let slice = Int.random(in: 0..<4, using: &random)
            try await shop.sql(
                """
                UPDATE members SET points = points + 1, seen = \(IncrementalProject.time("\(second) + id % 5"))
                WHERE id % 4 = \(slice)
                """)
            let process = try shop.start(["run", "--output", "json"])
            if round.isMultiple(of: 2) {
                // The moment is the test's subject, so it is a time and not an event.
                try await Task.sleep(for: .seconds(Double.random(in: 0.05...0.6, using: &random)))
                process.send(SIGKILL)
            }
            let output = await process.end()
            if output.exit != 137, try Workshop.run(from: output).line.read?.mode == "incremental" { incremental += 1 }
            guard round.isMultiple(of: 3) else { continue }
            // Once in a while all goes well, so that the mark moves on.
            try await shop.simulator.setFaults(FaultTests.none)
            _ = try await shop.run()
        }
        try await shop.simulator.setFaults(FaultTests.none)
        // Who was rejected more than once would wait for its turn.
        #expect(try await shop.headrace("retry").exit == 0)
        for _ in 1...2 { #expect(try await shop.run().exit == 0, "seed \(seed)") }
        let last = try await shop.run()
        #expect(last.line.read?.mode == "incremental" && last.operations.planned == 0, "seed \(seed)")
        #expect(incremental > 0, "seed \(seed)")
        let wanted = try await shop.sql("SELECT uid || ' ' || points FROM members ORDER BY uid")
        #expect(Self.missing(try await held(shop), wanted).isEmpty, "seed \(seed)")
        // And a whole read agrees that there was nothing left.
        try shop.write(MembersProject())
        #expect(try await shop.run().operations.planned == 0, "seed \(seed)")
    }

    private static func missing(_ held: [String], _ wanted: String) -> [String] {
        Set(wanted.split(separator: "\n").map(String.init)).subtracting(held).sorted()
    }

    private func held(_ shop: Workshop) async throws -> [String] {
        struct Page: Decodable {
            struct User: Decodable { var uid: String, attributes: [String: JSONValue] }
            var users: [User]
        }
        let path = "users?project=\(SimulatorProcess.projectUID)&limit=\(Self.users + 1)"
        let data = try JSONSerialization.data(withJSONObject: try await shop.simulator.admin(path))
        return try JSONDecoder().decode(Page.self, from: data).users.map { user in
            guard case .number(let points)? = user.attributes["points"] else { return user.uid }
            return "\(user.uid) \(Int(points))"
        }
    }
}
