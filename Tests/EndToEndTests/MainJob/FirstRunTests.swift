import Foundation
import TestKit
import Testing

/// From nothing to a synced project, and what arrives.
@Suite struct FirstRunTests {
    @Test func aNewProjectChecksPlansRunsAndThenSendsNothing() async throws {
        let shop = try await Workshop()
        #expect(try await shop.headrace("init", "fresh").exit == 0)
        let file = "fresh/headrace.yml"
        let written = try shop.folder.text(of: file)
        let here = written.replacing("http://127.0.0.1:8787", with: shop.simulator.url)
        #expect(here != written, "the new project does not point to the simulator")
        try shop.folder.write([file: here])
        let variables = ["CONTENTSTACK_PROJECT_UID": SimulatorProcess.projectUID]

        let check = try await shop.headrace("check", "--project", "fresh", environment: variables)
        #expect(check.exit == 0, "\(check.stdout)\(check.stderr)")
        let plan = try await shop.headrace("plan", "--project", "fresh", environment: variables)
        #expect([0, 3].contains(plan.exit), "\(plan.stdout)\(plan.stderr)")
        #expect(try await shop.simulator.stats().requests == 0)

        let arguments = ["run", "--project", "fresh", "--output", "json"]
        let first = try Workshop.run(from: await shop.start(arguments, environment: variables).end())
        #expect(first.operations.confirmed > 0)
        #expect(first.operations == .allConfirmed(first.operations.planned))
        let sent = try await shop.simulator.stats().requests
        #expect(sent == first.operations.planned)

        let second = try Workshop.run(from: await shop.start(arguments, environment: variables).end())
        #expect(second.operations.planned == 0)
        #expect(try await shop.simulator.stats().requests == sent)
    }

    @Test func everyTypeArrivesInItsOwnDigits() async throws {
        var project = MembersProject()
        project.sql = "SELECT id, uid, tier, points, balance, active, born, seen, segments, first, last FROM members\n"
        project.attributes = [
            "loyalty_tier: {type: string, allowed: [bronze, silver, gold]}", "points: {type: integer}",
            "balance: {type: number}", "active: {type: boolean}", "born: {type: date}",
            "last_seen: {type: timestamp, encoding: iso8601}", "seen_millis: {type: timestamp, encoding: epoch_millis}",
            "audience_ids: {type: string_list}", "full_name: {type: string}", "source_system: {type: string}",
            "points_text: {type: string}",
        ]
        project.mappings += [
            "{column: balance, attribute: balance}", "{column: active, attribute: active}",
            "{column: born, attribute: born}", "{column: seen, attribute: last_seen}",
            "{column: seen, attribute: seen_millis}", "{column: segments, attribute: audience_ids}",
            "{template: \"{{first}} {{last}}\", attribute: full_name}", "{value: warehouse, attribute: source_system}",
            "{column: points, attribute: points_text, cast: string}",
        ]
        let shop = try await Workshop(
            project,
            rows: """
                INSERT INTO members VALUES
                  (1, 'u1', 'gold', 9007199254740992, 12.5, 1, '1990-02-03', '2026-11-01T14:00:00.125+02:00',
                   '["b","a","b"]', 'Ada', 'Lövelace', NULL),
                  (2, 'u2', 'bronze', -5, -0.0, 0, '2024-02-29', '2026-11-01T12:00:00Z', '[]', 'Grace', '"H"', NULL),
                  (3, 'u3', 'silver', 0, 5.0, 1, '1969-12-31', '1969-12-31T23:59:59.999Z', '["ü","z"]', '', '', NULL);
                """)
        let run = try await shop.run()
        #expect(run.exit == 0, "\(run.line)")
        #expect(
            try await shop.simulator.attributes(of: "u1")
                == #"{"active":true,"audience_ids":"|a|b|","balance":12.5,"born":"1990-02-03","full_name":"Ada Lövelace","#
                + #""last_seen":"2026-11-01T12:00:00.125Z","loyalty_tier":"gold","points":9007199254740992,"#
                + #""points_text":"9007199254740992","seen_millis":1793534400125,"source_system":"warehouse"}"#)
        #expect(
            try await shop.simulator.attributes(of: "u2")
                == #"{"active":false,"audience_ids":"","balance":0,"born":"2024-02-29","full_name":"Grace \"H\"","#
                + #""last_seen":"2026-11-01T12:00:00Z","loyalty_tier":"bronze","points":-5,"points_text":"-5","#
                + #""seen_millis":1793534400000,"source_system":"warehouse"}"#)
        #expect(
            try await shop.simulator.attributes(of: "u3")
                == #"{"active":true,"audience_ids":"|z|ü|","balance":5,"born":"1969-12-31","full_name":" ","#
                + #""last_seen":"1969-12-31T23:59:59.999Z","loyalty_tier":"silver","points":0,"points_text":"0","#
                + #""seen_millis":-1,"source_system":"warehouse"}"#)
        #expect(try await shop.run().operations.planned == 0)
    }

    @Test func reportsEveryNumberOfARun() async throws {
        let shop = try await Workshop(
            rows: Workshop.plainRows(4) + "INSERT INTO members (id, uid, tier) VALUES (5, 'u5', 'platinum');")
        let run = try await shop.run()
        #expect(run.exit == 3)
        #expect(run.line.status == "completed_with_errors")
        #expect(run.line.sync == "loyalty" && run.line.model == "members" && run.line.trigger == "manual")
        #expect(run.rows == RowNumbers(queried: 5, added: 4, invalid: 1))
        #expect(run.operations == .allConfirmed(4))
        #expect(run.line.attempts.sent == 4 && run.line.attempts.retried == 0)
        #expect(run.line.runID?.utf8.count == 26)
        #expect(run.line.startedAt.utf8.count == 24 && run.line.startedAt.hasSuffix("Z"))
        #expect(try #require(run.line.finishedAt) >= run.line.startedAt)
        #expect(run.line.error == nil)
        let invalid = try #require(run.line.invalidSample.first)
        #expect(invalid.key == "5" && invalid.column == "tier")
        #expect(try await shop.simulator.requests(of: "u5").isEmpty)
    }

    @Test func aRequestIsAPatchOfOneUserWithAFlatObject() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(1))
        _ = try await shop.run()
        let requests = try await shop.simulator.requests()
        #expect(requests.map(\.method) == ["PATCH"])
        #expect(requests.map(\.project) == [SimulatorProcess.projectUID])
        #expect(requests.map(\.uid) == ["u1"])
        #expect(requests.map(\.status) == [204])
        let body = Data(try #require(requests.first).body.utf8)
        #expect(
            try JSONDecoder().decode([String: JSONValue].self, from: body) == ["loyalty_tier": "silver", "points": 10])
    }
}
