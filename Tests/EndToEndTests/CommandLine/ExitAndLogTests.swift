import ArgumentParser
import Foundation
import SyncCore
import TestKit
import Testing

@testable import headrace

@Suite struct ExitAndLogTests {
    @Test func theStrongestExitFollowsTheContractsOrder() {
        let order: [Int32] = [130, 1, 6, 5, 4, 7, 2, 8, 3, 0]
        for (index, code) in order.enumerated() {
            let weaker = order[index...].compactMap(SyncCore.ExitStatus.init(rawValue:)).shuffled()
            #expect(SyncCore.ExitStatus.strongest(weaker).rawValue == code)
        }
    }

    @Test(arguments: [
        (SourceFailure.Kind.statement, SyncCore.ExitStatus.usage), (.unavailable, .sourceFailure),
        (.lost, .sourceFailure),
        (.timedOut, .sourceFailure), (.cancelled, .interrupted),
    ]) func aSourcesFailureDecidesTheExit(kind: SourceFailure.Kind, exit: SyncCore.ExitStatus) {
        #expect(CommandFailure(SourceFailure(kind, .error("x", "x"))).exit == exit)
    }

    @Test(arguments: [
        (StateFailure.Kind.unusable, SyncCore.ExitStatus.usage), (.outdated, .usage), (.storage, .ownFault),
        (.busy, .ownFault),
    ])
    func aStatesFailureDecidesTheExit(kind: StateFailure.Kind, exit: SyncCore.ExitStatus) {
        #expect(CommandFailure(StateFailure(kind, .error("x", "x"))).exit == exit)
    }

    @Test func doctorsExitIsTheWorstPartsOwn() {
        let bad = Diagnostic.error("x", "x")
        let all = [
            Examination(part: "source", name: "a", answer: "fine"),
            Examination(part: "destination", name: "b", finding: bad, exit: .destinationStop),
            Examination(part: "state", name: "c", finding: bad, exit: .usage),
            Examination(part: "project", name: "d", finding: .warning("y", "y")),
        ]
        #expect(Examination.exit(of: all) == .destinationStop)
        #expect(all.map(\.verdict) == [.ok, .fail, .fail, .warn])
    }

    @Test(arguments: [
        ["run", "--limit", "0"], ["run", "--baseline", "--key", "5"], ["run", "--yes"], ["plan", "--details", "-1"],
        ["runs", "--invalid"], ["nothing"], ["completions", "tcsh"], ["run", "--output", "xml"],
    ]) func badUsageIsRefusedBeforeAnythingIsOpened(arguments: [String]) {
        #expect(throws: (any Error).self) { try Headrace.parseAsRoot(arguments) }
    }

    @Test(arguments: [
        ["run", "a", "b*", "--full-resync", "--limit", "5", "--project", "x", "--log-level", "debug"],
        ["runs", "01J", "--invalid"], ["plan", "--details", "0", "--exit-code", "--output", "json"],
        ["state", "info", "--log-format", "json"], ["init", "dir"], ["schema", "model"],
        ["apply", "01", "--override-guards"],
    ]) func theContractsCommandsAreUnderstood(arguments: [String]) throws {
        _ = try Headrace.parseAsRoot(arguments)
    }

    @Test func aLogLineIsTextOrJSON() {
        let line = LogLine(
            time: WallTime(microseconds: 0), level: "info", message: "began\u{1B}",
            fields: [("run", "01J"), ("why", "a \"b\"")])
        #expect(line.text == #"INFO began\u001b run=01J why="a \"b\"""#)
        #expect(
            line.json
                == #"{"time":"1970-01-01T00:00:00.000Z","level":"info","message":"began\u001b","run":"01J","why":"a \"b\""}"#
        )
    }

    @Test func thisProcessHoldsItsLocksUntilItIsGone() {
        let identity = ProcessIdentity()
        let own = identity.current()
        #expect(own.startTime > 0)
        #expect(!own.bootID.isEmpty)
        #expect(!identity.isGone(own, seenFrom: own))
        var other = own
        other.startTime += 1
        #expect(identity.isGone(other, seenFrom: own), "the pid belongs to a process of another time")
        other = own
        other.bootID = "another boot"
        #expect(identity.isGone(other, seenFrom: own))
        other.host = "another host"
        #expect(!identity.isGone(other, seenFrom: own), "nothing is known of other hosts")
        other = own
        other.bootID += " of another container"
        other.processID = 4_194_305
        #expect(!identity.isGone(other, seenFrom: own), "its processes cannot be seen from here")
        other = own
        // Above the largest pid that Linux gives.
        other.processID = 4_194_305
        #expect(identity.isGone(other, seenFrom: own))
    }

    /// Whatever else went wrong with it.
    @Test func aReportThatNobodyCanReadIsAFault() async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(3) + "UPDATE members SET points = 'x' WHERE id = 2;")
        let program = try HeadraceProcess.executable().path(percentEncoded: false)
        let process = try RunningProcess(
            program: URL(filePath: "/bin/sh"), ["-c", "exec \(program) run > /dev/full"], in: shop.folder.url,
            environment: HeadraceProcess.environment(["XDG_STATE_HOME": shop.folder.path + "xdg"]))
        let output = await process.end()
        #expect(output.exit == 1 && output.stderr.contains("output_failed"), "\(output.stderr)")
        #expect(try await shop.run().exit == 3)
    }
}
