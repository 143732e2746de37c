import Foundation
import TestKit
import Testing

/// `status`, `runs`, `cancel` and `state info` look at the state, whatever the project's files are like by now.
@Suite struct LookingUpTests {
    private static let slow = #"{"rules":[{"effect":{"type":"delay","delay_ms":200}}]}"#

    private func slowShop() async throws -> Workshop {
        var project = MembersProject()
        project.destination = ["max_in_flight: 4"]
        return try await Workshop(project, rows: Workshop.plainRows(300), faults: Self.slow)
    }

    /// A secret that is not set here, and a model that somebody is editing.
    private func spoil(_ shop: Workshop) throws {
        var project = MembersProject()
        project.projectUID = "${NOWHERE_SET}"
        project.source = "{type: postgres, url: \"${NOT_SET_EITHER}\"}"
        project.mappings = ["{column: tier, atribute: loyalty_tier}"]
        try shop.write(project)
    }

    private func killed(_ shop: Workshop) async throws -> String {
        let process = try shop.start(["run", "--output", "json"])
        try await eventually { try await shop.simulator.stats().requests >= 10 }
        process.send(SIGKILL)
        _ = await process.end()
        let listed = try await shop.headrace("runs", "--output", "json").json
        return try #require(listed.first?["run_id"] as? String)
    }

    @Test func aRunInProgressIsCancelledWhileTheFilesAreUnsound() async throws {
        let shop = try await slowShop()
        let process = try shop.start(["run", "--output", "json"])
        try await eventually { try await shop.simulator.stats().requests >= 10 }
        try spoil(shop)
        let listed = try await shop.headrace("runs", "--output", "json")
        #expect(listed.exit == 0, "\(listed)")
        let run = try #require(listed.json.first)
        #expect(run["status"] as? String == "delivering" && run["holder_gone"] as? Bool == false)
        let id = try #require(run["run_id"] as? String)
        let status = try await shop.headrace("status", "--output", "json")
        #expect(status.exit == 0, "\(status)")
        #expect((status.json.first?["last_run"] as? [String: Any])?["run_id"] as? String == id)
        #expect(status.stderr.contains("project_unsound"), "\(status.stderr)")
        #expect(try await shop.headrace("cancel", id).exit == 0)
        let output = await process.end(timeout: 30)
        #expect(output.exit == 130, "\(output)")
        let info = try await shop.headrace("state", "info", "--output", "json")
        let scope = (info.json.first?["scopes"] as? [[String: Any]])?.first
        #expect(scope?["users"] as? Int ?? 0 > 0, "\(info)")
        #expect(
            try await shop.headrace("status", "--output", "json").json.first?["snapshot_users"] as? Int
                == scope?["users"] as? Int)
    }

    @Test(arguments: [
        "state: {url: \"${NOWHERE_SET}\"}", "state: {ulr: \"sqlite:elsewhere.db\"}", "state: [a", "state: {url: [1]}",
    ])
    func aStateThatTheFileDoesNotTellIsNotGuessed(state: String) async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(1))
        _ = try await shop.run()
        let file = shop.folder.url.appending(path: "headrace.yml")
        let text = try String(contentsOf: file, encoding: .utf8)
        let start = try #require(text.range(of: "state:"))
        try shop.folder.write(["headrace.yml": text[..<start.lowerBound] + state + "\n"])
        for command in ["status", "runs"] {
            let output = try await shop.headrace(command)
            #expect(output.exit == 2 && output.stdout.isEmpty, "\(output)")
            #expect(output.stderr.contains("[state_illegible]"), "\(output.stderr)")
        }
    }

    @Test func aKilledRunIsShownAsGoneAndCannotBeCancelled() async throws {
        let shop = try await slowShop()
        let id = try await killed(shop)
        let listed = try await shop.headrace("runs", "--output", "json").json
        #expect(listed.first?["status"] as? String == "delivering" && listed.first?["holder_gone"] as? Bool == true)
        for command in [["runs"], ["runs", id], ["status"]] {
            let output = try await shop.start(command).end()
            #expect(output.stdout.contains("delivering (process gone)"), "\(output.stdout)")
        }
        let cancel = try await shop.headrace("cancel", id)
        #expect(cancel.exit == 2 && cancel.stdout.isEmpty)
        #expect(cancel.stderr.contains("[run_process_gone]"), "\(cancel.stderr)")
        try await shop.simulator.setFaults("{}")
        _ = try await shop.run()
        #expect(!(try await shop.headrace("runs").stdout.contains("process gone")))
    }

    @Test func aBeginningOfSeveralIDsIsAmbiguous() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(1))
        var ids: [String] = []
        for _ in 0..<2 { ids.append(try #require(try await shop.run().line.runID)) }
        for _ in 0..<2 { _ = try await shop.plan() }
        for command in [["runs", "0"], ["cancel", "0"]] {
            let output = try await shop.start(command).end()
            #expect(output.exit == 2)
            #expect(output.stderr.contains("[ambiguous_run]"), "\(output.stderr)")
            for id in ids { #expect(output.stderr.contains(id)) }
        }
        let apply = try await shop.headrace("apply", "0", "--output", "json")
        #expect(apply.exit == 2)
        #expect(apply.stderr.contains(#""code":"ambiguous_plan""#), "\(apply.stderr)")
        #expect((apply.json.first?["error"] as? String)?.contains("several plans begin with 0") == true)
        #expect(try await shop.headrace("runs", "ZZ").stderr.contains("[unknown_run]"))
    }

    @Test func aSyncThatWasRemovedIsStillLookedUp() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(3))
        _ = try await shop.run()
        try shop.folder.write(["models/members.yml": "model:\n  source: shop\n  primary_key: id\n"])
        let runs = try await shop.headrace("runs", "--sync", "loyalty", "--output", "json")
        #expect(runs.exit == 0 && runs.json.count == 1, "\(runs)")
        let scopes = try await shop.headrace("state", "info", "--output", "json").json.first?["scopes"]
        let scope = try #require((scopes as? [[String: Any]])?.first)
        #expect(scope["sync"] as? String == "loyalty" && scope["users"] as? Int == 3)
        let unknown = try await shop.headrace("runs", "--sync", "loyaltie")
        #expect(unknown.exit == 2)
        #expect(unknown.stderr.contains("did you mean loyalty?"), "\(unknown.stderr)")
        for command in ["run", "plan"] {
            let output = try await shop.headrace(command)
            #expect(output.exit == 0 && output.stdout.isEmpty)
            #expect(output.stderr.contains("the project has no sync"), "\(output.stderr)")
        }
    }
}
