import Delivery
import SyncCore
import TestKit
import Testing

/// Random histories: answers of every kind in any order, several writes a user, the clock moving as it likes.
@Suite struct DeliveryWindowPropertyTests {
    /// What was seen of one run.
    private struct History {
        var users: [Int: UserUID] = [:]
        var inFlight: [Int: UserUID] = [:]
        var answers: [Int: [AttemptResult]] = [:]
        var outcomes: [Int: OutcomeRecord] = [:]
        var lastStarted: [UserUID: Int] = [:]
    }

    @Test(arguments: UInt64(1)...60) func everyWriteEndsOnceAndNoUserTwiceAtATime(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let total = Int.random(in: 1...300, using: &random)
        let window = DeliveryWindow(
            DeliverySettings(attempts: 4, maximumInFlight: 16, plannedWrites: total), random: { 0.5 })
        var history = History()
        var now = ContinuousClock.now
        var appended = 0
        let drainAt = Bool.random(using: &random) ? nil : Int.random(in: 0...2000, using: &random)
        for step in 0..<200_000 where !window.isOver || appended < total {
            if step == drainAt { window.drain() }
            if appended < total, Int.random(in: 0..<4, using: &random) == 0 {
                appended += 1
                let user = try #require(UserUID("user-\(Int.random(in: 0..<max(1, total / 2), using: &random))"))
                history.users[appended] = user
                window.append([PlannedWrite(index: appended, userUID: user, body: [])])
                if appended == total { window.finishedAdding() }
            }
            if Bool.random(using: &random) { pull(window, &history, at: &now) }
            if let index = history.inFlight.keys.sorted().randomElement(using: &random) {
                history.inFlight[index] = nil
                let answer = Self.answer(using: &random)
                history.answers[index, default: []].append(answer)
                now += .milliseconds(3)
                window.report(answer, index: index, latency: .milliseconds(2), at: now)
            }
            for record in window.takeOutcomes() {
                #expect(history.outcomes.updateValue(record, forKey: record.sequence) == nil, "seed \(seed)")
            }
        }
        #expect(history.outcomes.count == total, "seed \(seed)")
        #expect(history.inFlight.isEmpty, "seed \(seed)")
        for (index, record) in history.outcomes { check(record, against: history.answers[index] ?? [], seed: seed) }
    }

    private func pull(_ window: DeliveryWindow, _ history: inout History, at now: inout ContinuousClock.Instant) {
        switch window.next(at: now) {
        case .write(let write):
            #expect(history.users[write.index] == write.userUID)
            #expect(!history.inFlight.values.contains(write.userUID))
            #expect(history.lastStarted[write.userUID] ?? 0 <= write.index)
            history.inFlight[write.index] = write.userUID
            history.lastStarted[write.userUID] = write.index
            #expect(history.inFlight.count <= 16)
        case .wait(let until): now = max(now, until)
        case .idle, .finished: break
        }
    }

    private func check(_ record: OutcomeRecord, against answers: [AttemptResult], seed: UInt64) {
        let wasLeft = answers.contains { if case .unanswered = $0 { true } else { false } }
        let wasAmbiguous = wasLeft || answers.contains { if case .ambiguous = $0 { true } else { false } }
        let expected: OperationOutcome =
            switch answers.last {
            case .confirmed: .confirmed
            case .refused where !wasAmbiguous: .rejected
            default: wasAmbiguous ? .unknown : .deferred
            }
        #expect(record.outcome == expected, "seed \(seed)")
        #expect(record.mayHaveBeenApplied == wasAmbiguous, "seed \(seed)")
        #expect(record.mayStillArrive == wasLeft, "seed \(seed)")
        #expect(answers.count <= 4, "seed \(seed)")
    }

    private static func answer(using random: inout SplitMix) -> AttemptResult {
        switch Int.random(in: 0..<100, using: &random) {
        case ..<60: .confirmed(answer: "204")
        case ..<70: .ambiguous(answer: "503")
        case ..<75: .unanswered(answer: "timeout")
        case ..<85: .notSent(answer: "reset")
        case ..<92: .throttled(answer: "429", after: .milliseconds(50))
        case ..<97: .refused(answer: "422")
        case ..<99: .forbidden(answer: "403")
        default: .refused(answer: "404")
        }
    }
}
