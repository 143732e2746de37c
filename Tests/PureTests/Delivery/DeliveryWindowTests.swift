import Delivery
import SyncCore
import Synchronization
import Testing

@Suite struct DeliveryWindowTests {
    let start = ContinuousClock.now

    private func window(attempts: Int = 5, maximumInFlight: Int = 8, plannedWrites: Int = 10) -> DeliveryWindow {
        DeliveryWindow(
            DeliverySettings(attempts: attempts, maximumInFlight: maximumInFlight, plannedWrites: plannedWrites),
            random: { 0 })
    }

    private func write(_ index: Int, user: String? = nil) throws -> PlannedWrite {
        PlannedWrite(index: index, userUID: try #require(UserUID(user ?? "user-\(index)")), body: Array("{}".utf8))
    }

    /// Sends one user through the given answers, one attempt each; nil while it has no outcome.
    private func outcome(attempts: Int = 5, of answers: [AttemptResult]) throws -> OutcomeRecord? {
        let window = window(attempts: attempts)
        window.append([try write(1)])
        for (number, answer) in answers.enumerated() {
            let now = start + .seconds(30 * number)
            guard case .write(let handedOut) = window.next(at: now) else { return nil }
            #expect(handedOut.index == 1)
            window.report(answer, index: 1, latency: .zero, at: now)
        }
        return window.takeOutcomes().first
    }

    static let verdicts: [([AttemptResult], OperationOutcome, attempts: Int, applied: Bool)] = [
        ([.confirmed(answer: "204")], .confirmed, 1, false),
        ([.ambiguous(answer: "503"), .confirmed(answer: "204")], .confirmed, 2, true),
        ([.refused(answer: "422")], .rejected, 1, false),
        ([.unanswered(answer: "timeout"), .refused(answer: "422")], .unknown, 2, true),
        ([.throttled(answer: "429", after: nil), .refused(answer: "422")], .rejected, 2, false),
        ([.notSent(answer: "reset"), .confirmed(answer: "204")], .confirmed, 1, false),
        ([.forbidden(answer: "403")], .deferred, 1, false),
        ([.ambiguous(answer: "reset"), .forbidden(answer: "401")], .unknown, 2, true),
        ([.hopeless(answer: "certificate expired")], .deferred, 0, false),
        (Array(repeating: .ambiguous(answer: "500"), count: 3), .unknown, 3, true),
        (Array(repeating: .notSent(answer: "refused"), count: 3), .deferred, 0, false),
        (Array(repeating: .throttled(answer: "429", after: nil), count: 3), .deferred, 3, false),
    ]

    @Test(arguments: verdicts)
    func answersAmountToOneOutcome(
        answers: [AttemptResult], outcome: OperationOutcome, attempts: Int, applied: Bool
    ) throws {
        let record = try #require(try self.outcome(attempts: 3, of: answers))
        #expect(record.outcome == outcome)
        #expect(record.attempts == attempts)
        #expect(record.mayHaveBeenApplied == applied)
        #expect(record.lastAnswer == answers.last?.answer)
    }

    @Test func handsOutNothingThatWasNotAppended() throws {
        let window = window()
        #expect(isIdle(window.next(at: start)))
        window.append([try write(1)])
        #expect(index(window.next(at: start)) == 1)
        #expect(isIdle(window.next(at: start)))
    }

    @Test func keepsAUsersSecondWriteUntilTheFirstHasItsOutcome() throws {
        let window = window()
        window.append([try write(1, user: "ada"), try write(2, user: "ada")])
        #expect(index(window.next(at: start)) == 1)
        #expect(isIdle(window.next(at: start)))
        window.report(.ambiguous(answer: "503"), index: 1, latency: .zero, at: start)
        #expect(index(window.next(at: start)) == 1)
        window.report(.confirmed(answer: "204"), index: 1, latency: .zero, at: start)
        #expect(index(window.next(at: start)) == 2)
    }

    @Test func handsOutNothingOnceItsLocksAreInDoubt() throws {
        let window = window()
        let wakes = Mutex(0)
        window.onWork { wakes.withLock { $0 += 1 } }
        window.trust(until: start + .seconds(30))
        window.append([try write(1), try write(2), try write(3)])
        #expect(index(window.next(at: start + .milliseconds(29_999))) == 1)
        #expect(isIdle(window.next(at: start + .seconds(30))))
        window.report(.unanswered(answer: "timeout"), index: 1, latency: .seconds(10), at: start + .seconds(40))
        #expect(isIdle(window.next(at: start + .seconds(41))))
        let before = wakes.withLock { $0 }
        window.trust(until: start + .seconds(70))
        #expect(wakes.withLock { $0 } == before + 1)
        #expect(index(window.next(at: start + .seconds(41))) == 1)
        #expect(index(window.next(at: start + .seconds(41))) == 2)
        window.drain()
        #expect(isFinished(window.next(at: start + .seconds(99))))
    }

    @Test func drainsWithoutHandingOutMore() throws {
        let window = window()
        window.append([try write(1), try write(2), try write(3)])
        #expect(index(window.next(at: start)) == 1)
        #expect(index(window.next(at: start)) == 2)
        window.report(.ambiguous(answer: "503"), index: 2, latency: .zero, at: start)
        window.drain()
        #expect(isFinished(window.next(at: start)))
        #expect(!window.isOver)
        window.report(.unanswered(answer: "timeout"), index: 1, latency: .zero, at: start)
        #expect(window.isOver)
        window.append([try write(4)])
        let outcomes = window.takeOutcomes().sorted { $0.sequence < $1.sequence }
        #expect(outcomes.map(\.outcome) == [.unknown, .unknown, .deferred, .deferred])
    }

    @Test func stopsForGoodWhenTheDestinationRefusesUs() throws {
        let window = window()
        window.append(try (1...8).map { try write($0) })
        for number in 1...5 {
            #expect(index(window.next(at: start)) == number)
            window.report(.forbidden(answer: "401"), index: number, latency: .zero, at: start)
        }
        #expect(window.stopReason == .forbidden(answer: "401"))
        #expect(isFinished(window.next(at: start)))
        #expect(window.takeOutcomes().map(\.outcome) == Array(repeating: .deferred, count: 8))
    }

    @Test func aLongRetryAfterEndsTheRunDeferred() throws {
        let window = window()
        window.append([try write(1), try write(2)])
        #expect(index(window.next(at: start)) == 1)
        window.report(.throttled(answer: "429", after: .seconds(3600)), index: 1, latency: .zero, at: start)
        #expect(window.stopReason == .throttled)
        #expect(window.takeOutcomes().map(\.outcome) == [.deferred, .deferred])
    }

    @Test func wakesConnectionsThatWereToldToWait() throws {
        let wakes = Counter()
        let window = window()
        window.onWork { wakes.add() }
        #expect(isIdle(window.next(at: start)))
        window.append([try write(1)])
        #expect(wakes.value == 1)
        window.append([try write(2)])
        #expect(wakes.value == 1)
    }

    @Test(.timeLimit(.minutes(1))) func returnsToTheEngineOnceThereIsSomethingToCommit() async throws {
        let window = window(maximumInFlight: 1)
        window.append([try write(1), try write(2)])
        async let waited: Void = window.waitForWork(minimumOutcomes: 1)
        #expect(index(window.next(at: start)) == 1)
        window.report(.confirmed(answer: "204"), index: 1, latency: .zero, at: start)
        await waited
        #expect(window.takeOutcomes().map(\.sequence) == [1])
    }

    @Test(.timeLimit(.minutes(1))) func aCancelledEngineWaitsNoLonger() async throws {
        let window = window(maximumInFlight: 1)
        window.append([try write(1), try write(2)])
        let waiting = Task { await window.waitForWork(minimumOutcomes: 9) }
        waiting.cancel()
        await waiting.value
        #expect(!window.isOver)
    }

    private func index(_ step: FeedStep) -> Int? { if case .write(let write) = step { write.index } else { nil } }
    private func isIdle(_ step: FeedStep) -> Bool { if case .idle = step { true } else { false } }
    private func isFinished(_ step: FeedStep) -> Bool { if case .finished = step { true } else { false } }
}

private final class Counter: Sendable {
    private let count = Mutex(0)
    var value: Int { count.withLock { $0 } }
    func add() { count.withLock { $0 += 1 } }
}
