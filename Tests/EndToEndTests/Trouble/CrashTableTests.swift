import Foundation
import SyncCore
import TestKit
import Testing

/// Every row of the crash table in `docs/how-a-run-works.md`: a kill at exactly that place, then the next run. The
/// destination ends as the source is, also where the source went back to what it was, and one window at most is sent
/// twice.
@Suite struct CrashTableTests {
    static let users = 150
    static let maxInFlight = 16
    static let window = 2 * maxInFlight

    /// A place, and what the killed run's books must say: nil where that depends on the moment.
    struct Kill: Sendable, CustomTestStringConvertible {
        var point: FailPoint
        var time = 1
        var planned = CrashTableTests.users
        var confirmed: Int? = 0
        var unknown: Int? = 0
        /// Whether the run got so far that it is said to have ended by itself.
        var hasEnded = false
        /// No window is open, so nobody may be sent twice.
        var sendsNobodyTwice = false

        var testDescription: String { "\(point.rawValue):\(time)" }
        var environment: [String: String] { ["HEADRACE_FAIL_POINT": testDescription] }
    }

    static let beforeThePlan = [
        Kill(point: .planning, planned: 0, sendsNobodyTwice: true),
        Kill(point: .planFinishing, planned: 0, sendsNobodyTwice: true),
    ]
    static let whileDelivering = [
        Kill(point: .planFinished, sendsNobodyTwice: true), Kill(point: .deliveryBeginning, sendsNobodyTwice: true),
        Kill(point: .deliveryBegun, sendsNobodyTwice: true), Kill(point: .intentCommitting, sendsNobodyTwice: true),
        Kill(point: .intentCommitted, unknown: window, sendsNobodyTwice: true),
        Kill(point: .intentCommitting, time: 2, confirmed: 0, unknown: window),
        Kill(point: .intentCommitted, time: 2, confirmed: nil, unknown: nil),
        Kill(point: .answersArrived, unknown: window),
        Kill(point: .answersArrived, time: 3, confirmed: nil, unknown: nil),
        Kill(point: .outcomesCommitting, time: 2, confirmed: nil, unknown: nil),
        Kill(point: .outcomesCommitted, confirmed: nil, unknown: nil),
        Kill(point: .outcomesCommitted, time: 4, confirmed: nil, unknown: nil),
    ]
    static let atTheEnd = [
        Kill(point: .snapshotMoving, confirmed: users, sendsNobodyTwice: true),
        Kill(point: .deliveryFinishing, confirmed: users, sendsNobodyTwice: true),
    ]
    static let behindTheEnd = [
        Kill(point: .deliveryFinished, confirmed: users, sendsNobodyTwice: true),
        Kill(point: .runSaved, confirmed: users, hasEnded: true, sendsNobodyTwice: true),
    ]

    @Test(arguments: beforeThePlan + whileDelivering + atTheEnd + behindTheEnd)
    func theNextRunMakesItGood(_ kill: Kill) async throws {
        let crash = try await Crash()
        try await crash.expectKilled(crash.shop.start(["run"], environment: kill.environment), kill)
        let sent = try await crash.newRequests()
        // A, B, A: the diff alone would see nothing to send.
        try await crash.shop.sql("UPDATE members SET points = id * 10 WHERE id % 3 = 0")
        let next = try await crash.shop.run()
        #expect(next.exit == 0, "\(next.line)")
        try await crash.expectBooks(of: kill, sent)
        try await crash.expectSentOnce(sent, butFor: kill.sendsNobodyTwice ? 0 : Self.window)
        // Where nothing had left nothing comes late, also not of those who stand in the window.
        try await crash.expectTruth(lateAtMost: kill.sendsNobodyTwice ? 0 : Self.window)
    }

    @Test(arguments: whileDelivering + atTheEnd)
    func theSameApplyGoesOn(_ kill: Kill) async throws {
        let crash = try await Crash()
        let plan = try await crash.shop.plan()
        try await crash.expectKilled(
            crash.shop.start(["apply", plan.line.planID], environment: kill.environment), kill)
        let sent = try await crash.newRequests()
        let next = try await crash.shop.apply(plan.line.planID)
        #expect(next.exit == 0, "\(next.line)")
        #expect(next.operations == .allConfirmed(Self.users))
        try await crash.expectBooks(of: kill, sent)
        try await crash.expectSentOnce(sent, butFor: kill.sendsNobodyTwice ? 0 : Self.window)
        try await crash.expectTruth()
    }

    /// An apply marks how far it has sent as a run does: the next run closes it.
    @Test func aRunMakesAnApplyGood() async throws {
        let crash = try await Crash()
        let plan = try await crash.shop.plan()
        let kill = Kill(point: .intentCommitted, unknown: Self.window, sendsNobodyTwice: true)
        try await crash.expectKilled(
            crash.shop.start(["apply", plan.line.planID], environment: kill.environment), kill)
        #expect(try await crash.newRequests().isEmpty)
        try await crash.shop.sql("UPDATE members SET points = id * 10 WHERE id % 3 = 0")
        let next = try await crash.shop.run()
        #expect(next.exit == 0, "\(next.line)")
        try await crash.expectBooks(of: kill, [])
        try await crash.expectTruth(lateAtMost: 0)
    }

    @Test(arguments: behindTheEnd)
    func anApplyThatWasOverIsNotBegunAgain(_ kill: Kill) async throws {
        let crash = try await Crash()
        let plan = try await crash.shop.plan()
        try await crash.expectKilled(
            crash.shop.start(["apply", plan.line.planID], environment: kill.environment), kill)
        let sent = try await crash.newRequests()
        let next = try await crash.shop.apply(plan.line.planID)
        #expect(next.exit == 2)
        #expect(try #require(next.line.error).contains("was applied already"))
        try await crash.expectBooks(of: kill, sent)
        #expect(try await crash.newRequests().isEmpty)
        try await crash.expectTruth()
    }

    /// The kill that left a window open is followed by one in the recovery itself: nothing of the window is forgotten.
    @Test(arguments: [
        Kill(point: .locksTaken), Kill(point: .recovering), Kill(point: .recovered), Kill(point: .intentCommitted),
    ])
    func aRecoveryThatIsKilledIsMadeGoodToo(_ second: Kill) async throws {
        let crash = try await Crash()
        let first = Kill(point: .answersArrived, time: 2, confirmed: nil, unknown: nil)
        try await crash.expectKilled(crash.shop.start(["run"], environment: first.environment), first)
        let sent = try await crash.newRequests()
        try await crash.shop.sql("UPDATE members SET points = id * 10 WHERE id % 3 = 0")
        try await crash.expectKilled(crash.shop.start(["run"], environment: second.environment), second)
        let next = try await crash.shop.run()
        #expect(next.exit == 0, "\(next.line)")
        try await crash.expectBooks(of: first, sent)
        try await crash.expectSentOnce(sent, butFor: Self.window)
        try await crash.expectTruth()
    }

    /// A first run of all, whose users were never confirmed by anyone.
    @Test(arguments: [
        Kill(point: .intentCommitted, time: 2, confirmed: nil, unknown: nil),
        Kill(point: .outcomesCommitted, time: 2, confirmed: nil, unknown: nil),
        Kill(point: .snapshotMoving, confirmed: users, sendsNobodyTwice: true),
    ])
    func aFirstRunIsMadeGood(_ kill: Kill) async throws {
        let crash = try await Crash(isFirstRun: true)
        try await crash.expectKilled(crash.shop.start(["run"], environment: kill.environment), kill)
        let sent = try await crash.newRequests()
        let next = try await crash.shop.run()
        #expect(next.exit == 0, "\(next.line)")
        try await crash.expectBooks(of: kill, sent)
        try await crash.expectSentOnce(sent, butFor: kill.sendsNobodyTwice ? 0 : Self.window)
        try await crash.expectTruth()
    }

    @Test(arguments: ["", "no_such_place", "planning:0", "planning:x", "planning:1:2"])
    func aPlaceThatDoesNotExistIsRefused(text: String) async throws {
        let shop = try await Workshop(rows: Workshop.plainRows(1))
        let output = try await shop.headrace("run", environment: ["HEADRACE_FAIL_POINT": text])
        #expect(output.exit == 2)
        #expect(output.stderr.contains("HEADRACE_FAIL_POINT names no place"))
        #expect(try await shop.simulator.stats().requests == 0)
    }

    @Test func everyPlaceIsDocumented() throws {
        let text = try String(contentsOf: SourceTree.root.appending(path: "docs/testing.md"), encoding: .utf8)
        for point in FailPoint.allCases { #expect(text.contains("`\(point.rawValue)`"), "\(point.rawValue)") }
    }
}
