import Delivery
import SyncCore
import Testing

/// What deliveries to one destination have in common.
@Suite struct DestinationPacerTests {
    let start = ContinuousClock.now

    private func window(
        on pacer: DestinationPacer, users: Int, maximumInFlight: Int = 8, perSecond: Double? = nil,
        at now: ContinuousClock.Instant? = nil
    ) throws -> DeliveryWindow {
        let window = DeliveryWindow(
            DeliverySettings(
                maximumInFlight: maximumInFlight, maximumRequestsPerSecond: perSecond, plannedWrites: users),
            pacer: pacer, at: now ?? start, random: { 0 })
        window.append(
            try (1...users).map { PlannedWrite(index: $0, userUID: try #require(UserUID("user-\($0)")), body: []) })
        window.finishedAdding()
        return window
    }

    /// Takes a write and reports what it is answered; false where none may leave.
    private func send(
        _ window: DeliveryWindow, _ answer: AttemptResult = .confirmed(answer: "204"), at now: ContinuousClock.Instant
    ) -> Bool {
        guard case .write(let write) = window.next(at: now) else { return false }
        window.report(answer, index: write.index, latency: .zero, at: now)
        return true
    }

    @Test func twoDeliveriesSideBySideKeepOneCap() throws {
        let pacer = DestinationPacer()
        let windows = try (1...2).map { _ in try window(on: pacer, users: 199, perSecond: 100) }
        var sent = [0, 0]
        for tick in 0..<1000 {
            for (number, window) in windows.enumerated() where send(window, at: start + .milliseconds(tick)) {
                sent[number] += 1
            }
        }
        #expect((95...105).contains(sent[0] + sent[1]))
    }

    /// What a run gives up when it is stopped says nothing of the destination.
    @Test func whatAStoppedDeliveryGivesUpIsNoOutage() throws {
        let pacer = DestinationPacer()
        let first = try window(on: pacer, users: 8)
        var writes: [PlannedWrite] = []
        while case .write(let write) = first.next(at: start) { writes.append(write) }
        #expect(writes.count == 8)
        first.drain()
        for write in writes {
            first.report(.unanswered(answer: "cancelled"), index: write.index, latency: .zero, at: start)
        }
        #expect(first.takeOutcomes().map(\.outcome) == Array(repeating: .unknown, count: 8))
        let second = try window(on: pacer, users: 1, at: start)
        #expect(send(second, at: start))
    }

    @Test func aCapHoldsFromOneDeliveryToTheNext() throws {
        let pacer = DestinationPacer()
        let first = try window(on: pacer, users: 50, perSecond: 100)
        let second = try window(on: pacer, users: 199, perSecond: 100)
        var sent = 0
        for tick in 0..<1000 {
            let now = start + .milliseconds(tick)
            if send(first.isOver ? second : first, at: now) { sent += 1 }
        }
        #expect(first.isOver)
        #expect((95...105).contains(sent))
    }

    @Test func aPauseOfTheFirstsLastAnswerHoldsForTheSecond() throws {
        let pacer = DestinationPacer()
        let first = try window(on: pacer, users: 1)
        #expect(send(first, .throttled(answer: "429", after: .seconds(60)), at: start))
        first.drain()
        #expect(first.isOver)
        let second = try window(on: pacer, users: 1, at: start + .seconds(1))
        #expect(!send(second, at: start + .seconds(59)))
        #expect(second.counts(at: start + .seconds(59)).pausedUntil == start + .seconds(60))
        #expect(send(second, at: start + .seconds(60)))
        #expect(second.takeOutcomes().map(\.outcome) == [.confirmed])
    }

    @Test func aPauseBeyondARunEndsTheNextBeforeItsFirstRequest() throws {
        let pacer = DestinationPacer()
        let first = try window(on: pacer, users: 1)
        #expect(send(first, .throttled(answer: "429", after: .seconds(3600)), at: start))
        #expect(first.stopReason == .throttled)
        let second = try window(on: pacer, users: 3, at: start + .seconds(10))
        #expect(second.stopReason == .throttled)
        #expect(second.takeOutcomes().map(\.outcome) == [.deferred, .deferred, .deferred])
        #expect(second.isOver)
        // Once the rest of the pause is one that a run may wait for, it does.
        let third = try window(on: pacer, users: 1, at: start + .seconds(3300))
        #expect(third.stopReason == nil)
        #expect(!send(third, at: start + .seconds(3599)))
        #expect(send(third, at: start + .seconds(3600)))
    }

    @Test(.timeLimit(.minutes(1))) func aPauseBeyondARunEndsTheOneBesideItToo() async throws {
        let pacer = DestinationPacer()
        let (first, second) = (try window(on: pacer, users: 2), try window(on: pacer, users: 2))
        #expect(send(first, .throttled(answer: "429", after: .seconds(3600)), at: start))
        async let engine: Void = second.waitForWork(minimumOutcomes: 9)
        guard case .finished = second.next(at: start + .seconds(1)) else {
            Issue.record("the second goes on")
            return
        }
        await engine
        #expect(second.stopReason == .throttled)
        #expect(second.takeOutcomes().map(\.outcome) == [.deferred, .deferred])
    }

    @Test func anOutageThatEndedOneDeliveryCostsTheNextOneProbe() throws {
        let pacer = DestinationPacer()
        let failure = AttemptResult.notSent(answer: "refused")
        let first = try window(on: pacer, users: 100)
        var now = start
        while first.stopReason == nil, now < start + .seconds(600) {
            _ = send(first, failure, at: now)
            now += .milliseconds(500)
        }
        #expect(first.stopReason == .unreachable(answer: "refused"))
        let second = try window(on: pacer, users: 100, at: now)
        var requests = 0
        while second.stopReason == nil, now < start + .seconds(1200) {
            if send(second, failure, at: now) { requests += 1 }
            now += .milliseconds(500)
        }
        #expect(requests == 1)
        #expect(second.stopReason == .unreachable(answer: "refused"))
        #expect(second.takeOutcomes().allSatisfy { $0.outcome == .deferred })
        // Of an hour later nothing is known: that delivery has its own five minutes.
        now += .seconds(3600)
        let third = try window(on: pacer, users: 100, at: now)
        #expect(send(third, failure, at: now))
        #expect(third.stopReason == nil)
    }

    @Test func theLimitAndTheRateGoOverToTheNext() throws {
        let pacer = DestinationPacer()
        let first = try window(on: pacer, users: 150, maximumInFlight: 64)
        for tick in 0..<149 { #expect(send(first, at: start + .milliseconds(10 * tick))) }
        #expect(pacer.limit == 64)
        let now = start + .milliseconds(1490)
        #expect(send(first, .throttled(answer: "429", after: .zero), at: now))
        let second = try window(on: pacer, users: 150, maximumInFlight: 64, at: now)
        #expect(pacer.limit == 57)
        let sent = (0..<1000).count { send(second, at: now + .milliseconds($0)) }
        #expect((40...110).contains(sent))
        // After five minutes without a request the limit is found anew.
        _ = try window(on: pacer, users: 1, maximumInFlight: 64, at: now + .seconds(400))
        #expect(pacer.limit == 8)
    }

    /// A delivery that finds all places taken is not told to wait for an answer of its own.
    @Test func whatAnotherDeliveryHoldsIsAskedForAgain() throws {
        let pacer = DestinationPacer()
        let first = try window(on: pacer, users: 2, maximumInFlight: 1)
        let second = try window(on: pacer, users: 2, maximumInFlight: 1)
        guard case .write(let write) = first.next(at: start) else {
            Issue.record("the first has nothing to send")
            return
        }
        guard case .wait(let until) = second.next(at: start) else {
            Issue.record("the second does not wait")
            return
        }
        #expect(until > start && until <= start + .seconds(1))
        first.report(.confirmed(answer: "204"), index: write.index, latency: .zero, at: start)
        #expect(send(second, at: until))
    }

    @Test func aDestinationIsAProjectOnAnEdgeHost() {
        let pacers = DestinationPacers()
        func pacer(_ project: String, _ host: String) -> DestinationPacer {
            pacers.pacer(for: DestinationIdentity(projectUID: project, edgeHost: host, isLoopback: false))
        }
        #expect(pacer("a", "x") === pacer("a", "x"))
        #expect(pacer("a", "x") !== pacer("b", "x"))
        #expect(pacer("a", "x") !== pacer("a", "y"))
    }
}
