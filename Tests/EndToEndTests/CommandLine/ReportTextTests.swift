import ChangePlanning
import SyncCore
import SyncEngine
import Testing

@testable import headrace

/// What people read.
@Suite struct ReportTextTests {
    @Test func aRunShowsItsBooksAndItsInvalidRows() {
        let text = RunText(ContractJSONTests.run).text(.plain)
        #expect(text.hasPrefix("loyalty: succeeded  run "))
        #expect(text.contains("  rows        5 queried: 2 unchanged, 1 added, 1 changed, 0 removed, 1 invalid"))
        #expect(text.contains("  operations  2 planned: 2 confirmed\n"))
        #expect(text.contains("  attempts    3 sent, 1 retried"))
        #expect(text.contains("  seconds     query 0.01, plan 0.02, deliver 0.05"))
        #expect(text.contains("  invalid     row 5, column points: text in an integer attribute"))
    }

    @Test func aBlockedRunSaysWhatWasMeasuredAndWhatToDo() {
        var report = ContractJSONTests.run
        report.status = .blocked
        report.guards = [
            GuardResult(name: "max_changed_percent", limit: 50, actual: 61.25, tripped: true),
            GuardResult(name: "min_rows", limit: 1, actual: 5, tripped: false),
        ]
        let text = RunText(report).text(.plain)
        #expect(text.contains("max_changed_percent: 61.25, limit 50"))
        #expect(text.contains("--override-guards"))
        #expect(!text.contains("min_rows"))
    }

    @Test func aValueThatDrivesATerminalIsHarmlessInEveryReport() {
        var report = ContractJSONTests.run
        report.error = "bad \u{1B}[2J"
        report.invalidSample = [
            InvalidRow(key: "\u{9B}31m", column: nil, value: nil, expected: nil, reason: "\u{202E}reason")
        ]
        let user = PlannedUser(
            userUID: "u\u{7F}", key: "\u{1B}k", kind: .added, reason: .diff,
            changes: [PlannedUser.Change(attribute: "a", old: nil, new: .value(.string("\u{9B}2J\u{202E}")))])
        let finding = FindingReport(.error("x", "no \u{1B}column", hint: "\u{7}"))
        for text in [
            RunText(report).text(.plain), user.text(.plain), finding.text(.plain), RunTable.text([report], .plain),
        ] {
            #expect(
                !text.unicodeScalars.contains { TerminalText.isControl($0) && $0 != "\n" }, "\(text.debugDescription)")
        }
    }

    @Test(arguments: [
        (RowKind.added, "+ 5 (u)"), (.changed, "~ 5 (u)"), (.removed, "- 5 (u)"), (.unchanged, "~ 5 (u)"),
    ])
    func aPlannedUserShowsItsKind(kind: RowKind, head: String) {
        let user = PlannedUser(
            userUID: "u", key: "5", kind: kind, reason: .diff,
            changes: [
                PlannedUser.Change(attribute: "points", old: .value(.integer(1)), new: .value(.integer(2))),
                PlannedUser.Change(attribute: "loyalty_tier", old: nil, new: .value(.string("gold"))),
            ])
        #expect(user.text(.plain) == "\(head)\n    points        1 → 2\n    loyalty_tier  \"gold\"")
    }

    @Test func aPlanNamesTheCommandThatAppliesIt() throws {
        let id = try #require(PlanID("00000000010000000000080003"))
        var plan = PlanRecord(
            planID: id, sync: "loyalty", scope: 1, status: .ready, createdAt: WallTime(microseconds: 0),
            definitionDigest: "")
        plan.planned = 3
        plan.mappingAdded = ["tier"]
        var text = PlanReport(sync: "loyalty", plan: plan, users: []).text(.plain)
        #expect(text.contains("headrace apply 00000000010000000000080003"))
        #expect(text.contains("mapping_added: tier"))
        #expect(text.contains("3 operations more: --details 3"))
        plan.planned = 0
        text = PlanReport(sync: "loyalty", plan: plan, users: []).text(.plain)
        #expect(text.contains("Nothing to send."))
    }

    @Test func anErrorsWordAloneIsColoured() {
        let finding = Diagnostic.error("x", "an error: here", at: Diagnostic.Position("a.yml", line: 1))
        #expect(
            FindingReport(finding).text(Palette(isEnabled: true))
                == "a.yml:1:1: \u{1B}[31merror: \u{1B}[0man error: here [x]")
    }

    @Test func theProgressLineFitsItsTerminal() {
        var progress = RunProgress(sync: "loyalty", runID: nil, status: .delivering)
        progress.operations.planned = 1000
        progress.operations.confirmed = 240
        progress.operations.rejected = 10
        progress.inFlight = 64
        for width in [20, 60, 80, 200] {
            let line = ProgressLine(progress: progress, seconds: 2, width: width).text(.plain)
            #expect(TerminalText.width(line) < width)
        }
        let line = ProgressLine(progress: progress, seconds: 2, width: 200).text(.plain)
        #expect(
            line == "loyalty  delivering  [=======>" + String(repeating: " ", count: 22)
                + "]  250/1,000  125/s  6s left  64 in flight  10 rejected")
        progress.operations.deferred = 1
        progress.pause = .milliseconds(12_600)
        let waiting = ProgressLine(progress: progress, seconds: 2, width: 200).text(.plain)
        #expect(waiting.hasSuffix("64 in flight  10 rejected  1 deferred  waits 12 s for the destination"))
    }

    @Test(arguments: [
        (0, 10, "[>    ]"), (5, 10, "[==>  ]"), (10, 10, "[=====]"), (99, 10, "[=====]"), (0, 0, "[=====]"),
    ])
    func theBarFillsAsOperationsEnd(done: Int, planned: Int, expected: String) {
        #expect(ProgressLine.bar(done: done, planned: planned, cells: 5) == expected)
    }

    @Test func readingShowsRowsAndTheirRate() {
        var progress = RunProgress(sync: "loyalty", runID: nil, status: .querying)
        progress.rowsRead = 1200
        let line = ProgressLine(progress: progress, seconds: 2, width: 80).text(.plain)
        #expect(line == "loyalty  querying  1,200 rows  600/s")
    }
}
