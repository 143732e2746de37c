import ChangePlanning
import SyncCore
import Testing

@testable import headrace

/// JSON lines, held against the contract's examples.
@Suite struct ContractJSONTests {
    /// The run of the contract's example.
    static var run: RunReport {
        var report = RunReport(
            runID: RunID(milliseconds: 1, random: (2, 3)), sync: "loyalty", model: "members", status: .succeeded,
            trigger: .manual, startedAt: WallTime(microseconds: 1_795_428_000_000_000), exit: .completedWithErrors)
        report.finishedAt = WallTime(microseconds: 1_795_428_000_500_000)
        report.rows.queried = 5
        report.rows.unchanged = 2
        report.rows.added = 1
        report.rows.changed = 1
        report.rows.invalid = 1
        report.operations.planned = 2
        report.operations.confirmed = 2
        report.attempts.sent = 3
        report.attempts.retried = 1
        report.querySeconds = 0.01
        report.planSeconds = 0.0204
        report.deliverSeconds = 0.05
        report.invalidSample = [
            InvalidRow(
                key: "5", column: "points", value: "x", expected: "integer", reason: "text in an integer attribute")
        ]
        return report
    }

    @Test func aRunIsTheContractsLine() {
        let expected =
            #"{"run_id":"00000000010000000000080003","sync":"loyalty","model":"members","status":"succeeded","#
            + #""trigger":"manual","started_at":"2026-11-23T10:00:00.000Z","finished_at":"2026-11-23T10:00:00.500Z","#
            + #""error":null,"rows":{"queried":5,"unchanged":2,"added":1,"changed":1,"removed":0,"invalid":1},"#
            + #""operations":{"planned":2,"confirmed":2,"rejected":0,"unknown":0,"deferred":0,"quarantined":0},"#
            + #""attempts":{"sent":3,"retried":1},"seconds":{"query":0.01,"plan":0.02,"deliver":0.05},"#
            + #""invalid_sample":[{"key":"5","column":"points","reason":"text in an integer attribute"}]}"#
        var report = Self.run
        report.runID = RunID("00000000010000000000080003")
        #expect(RunLine(report).json.line == expected)
    }

    @Test func aRunThatNeverBeganHasNoID() {
        var report = Self.run
        report.runID = nil
        report.error = "the check found 1 error"
        let line = RunLine(report).json.line
        #expect(line.hasPrefix(#"{"run_id":null,"sync":"loyalty""#))
        #expect(line.contains(#""error":"the check found 1 error""#))
    }

    @Test func oneRunAloneAlsoShowsItsGuards() {
        var report = Self.run
        report.guards = [GuardResult(name: "min_rows", limit: 1, actual: 5, tripped: false)]
        let line = RunLine(report).detailed([], answers: []).line
        #expect(
            line.hasSuffix(
                #""plan_id":null,"guards":[{"name":"min_rows","limit":1,"actual":5,"tripped":false}],"exit":3,"#
                    + #""holder_gone":false,"answers":[]}"#))
    }

    @Test func aFindingIsTheContractsLine() {
        let finding = Diagnostic.error(
            "unknown_column", "there is no column tire", at: Diagnostic.Position("models/x.yml", line: 12, column: 4),
            hint: "did you mean tier?")
        let expected =
            #"{"severity":"error","code":"unknown_column","file":"models/x.yml","line":12,"#
            + #""message":"there is no column tire","hint":"did you mean tier?"}"#
        #expect(FindingReport(finding).json.line == expected)
    }

    @Test func aFindingWithoutAPlaceHasNulls() {
        let line = FindingReport(.warning("late", "it is late")).json.line
        #expect(
            line == #"{"severity":"warning","code":"late","file":null,"line":null,"message":"it is late","hint":null}"#)
    }

    @Test func aPlanIsTheContractsLine() throws {
        let id = try #require(PlanID("00000000010000000000080003"))
        var plan = PlanRecord(
            planID: id, sync: "loyalty", scope: 1, status: .ready, createdAt: WallTime(microseconds: 0),
            definitionDigest: "")
        plan.rows.queried = 1
        plan.rows.changed = 1
        plan.planned = 1
        plan.guards = [GuardResult(name: "max_changed_percent", limit: 50, actual: 1.5, tripped: false)]
        let user = PlannedUser(
            userUID: "u-5", key: "5", kind: .changed, reason: .diff,
            changes: [
                PlannedUser.Change(attribute: "points", old: .value(.integer(1)), new: .value(.integer(2))),
                PlannedUser.Change(attribute: "mail", old: nil, new: .masked("‹masked 5f2a›")),
            ])
        let expected =
            #"{"plan_id":"00000000010000000000080003","sync":"loyalty","#
            + #""rows":{"queried":1,"unchanged":0,"added":0,"changed":1,"removed":0,"invalid":0},"#
            + #""operations":{"planned":1},"#
            + #""guards":[{"name":"max_changed_percent","limit":50,"actual":1.5,"tripped":false}],"#
            + #""users":[{"user_uid":"u-5","key":"5","kind":"changed","reason":"diff","#
            + #""attributes":{"points":{"old":1,"new":2},"mail":{"new":"‹masked 5f2a›"}}}],"mapping_added":[],"#
            + #""withheld":{"ageing":0,"quarantined":0}}"#
        #expect(PlanReport(sync: "loyalty", plan: plan, users: [user]).json.line == expected)
    }

    @Test(arguments: [
        (JSONText.number(0.1), "0.1"), (.number(50), "50"), (.number(.infinity), "null"), (.integer(-3), "-3"),
        (.string("a\"b\\\n\u{7}\u{9B}\u{202E}é"), #""a\"b\\\n\u0007\u009b\u202eé""#),
        (.array([.null, .boolean(true)]), "[null,true]"),
    ]) func scalarsAreExactAndHarmless(value: JSONText, expected: String) {
        #expect(value.line == expected)
    }
}
