import Delivery
import Testing

@Suite struct AdaptiveConcurrencyTests {
    let start = ContinuousClock.now

    /// `rounds` round trips of full use at one latency.
    private func run(
        _ concurrency: inout AdaptiveConcurrency, rounds: Int, from first: Int = 0,
        latency: Duration = .milliseconds(100)
    ) {
        for number in first..<(first + rounds) {
            let now = start + .milliseconds(100) * number
            for _ in 0..<concurrency.current { concurrency.confirmed(latency: latency, reachedLimit: true, at: now) }
        }
    }

    @Test func startsAtEightAndDoublesInARoundTrip() {
        var concurrency = AdaptiveConcurrency(maximum: 256)
        #expect(concurrency.current == 8)
        run(&concurrency, rounds: 1)
        #expect(concurrency.current == 16)
        run(&concurrency, rounds: 1, from: 1)
        #expect(concurrency.current == 32)
    }

    @Test(arguments: [1, 5, 64]) func staysWithinItsMaximum(maximum: Int) {
        var concurrency = AdaptiveConcurrency(maximum: maximum)
        run(&concurrency, rounds: 10)
        #expect(concurrency.current == maximum)
    }

    @Test func shrinksByATenthOnceABurst() {
        var concurrency = AdaptiveConcurrency(maximum: 100)
        run(&concurrency, rounds: 5)
        for _ in 1...10 { concurrency.pushedBack(handedOutAt: start, at: start + .seconds(1)) }
        #expect(concurrency.current == 90)
        concurrency.pushedBack(handedOutAt: start + .seconds(2), at: start + .seconds(3))
        #expect(concurrency.current == 81)
    }

    @Test func growsByOneARoundTripAfterAPushback() {
        var concurrency = AdaptiveConcurrency(maximum: 100)
        run(&concurrency, rounds: 5)
        concurrency.pushedBack(handedOutAt: start, at: start + .milliseconds(500))
        run(&concurrency, rounds: 6, from: 6)
        #expect((92...95).contains(concurrency.current))
    }

    @Test func doesNotGrowWhileTheLimitIsNotReached() {
        var concurrency = AdaptiveConcurrency(maximum: 100)
        run(&concurrency, rounds: 5)
        concurrency.pushedBack(handedOutAt: start, at: start + .milliseconds(500))
        for number in 6..<20 {
            let now = start + .milliseconds(100) * number
            concurrency.confirmed(latency: .milliseconds(100), reachedLimit: number == 6, at: now)
        }
        #expect(concurrency.current <= 91)
    }

    @Test func shrinksWhenLatencyRises() {
        var concurrency = AdaptiveConcurrency(maximum: 64)
        run(&concurrency, rounds: 10)
        run(&concurrency, rounds: 8, from: 10, latency: .milliseconds(300))
        #expect(concurrency.current < 64)
    }

    @Test func aFewFailuresAreNoPushback() {
        var concurrency = AdaptiveConcurrency(maximum: 64)
        run(&concurrency, rounds: 10)
        for number in 10..<30 {
            let now = start + .milliseconds(100) * number
            for _ in 0..<3 { concurrency.failed(handedOutAt: now - .milliseconds(100), at: now) }
            run(&concurrency, rounds: 1, from: number)
        }
        #expect(concurrency.current == 64)
    }

    @Test func moreThanATenthFailingIsOnePushbackARoundTrip() {
        var concurrency = AdaptiveConcurrency(maximum: 64)
        run(&concurrency, rounds: 10)
        for _ in 0..<20 { concurrency.failed(handedOutAt: start + .milliseconds(950), at: start + .milliseconds(1050)) }
        run(&concurrency, rounds: 4, from: 11)
        #expect((57...60).contains(concurrency.current))
    }

    /// A latency that is the destination's own is found by giving way, and then no reason to.
    @Test func goesBackWhereFewerRequestsAreAnsweredNoFaster() {
        var concurrency = AdaptiveConcurrency(maximum: 64)
        run(&concurrency, rounds: 10)
        var fewest = 64
        for number in 10..<300 {
            run(&concurrency, rounds: 1, from: number, latency: .milliseconds(300))
            fewest = min(fewest, concurrency.current)
        }
        #expect((25...32).contains(fewest))
        #expect(concurrency.current == 64)
    }

    @Test func startsAgainAfterAnOutageAndDoublesUpToWhereItWas() {
        var concurrency = AdaptiveConcurrency(maximum: 100)
        run(&concurrency, rounds: 5)
        concurrency.pushedBack(handedOutAt: start + .seconds(1), at: start + .seconds(2))
        concurrency.startAgain()
        #expect(concurrency.current == 8)
        run(&concurrency, rounds: 4, from: 30)
        #expect((90...92).contains(concurrency.current))
    }

    @Test func aNewCeilingKeepsWhatWasLearnt() {
        var concurrency = AdaptiveConcurrency(maximum: 256)
        run(&concurrency, rounds: 10)
        concurrency.setMaximum(64)
        #expect(concurrency.current == 64)
        concurrency.setMaximum(256)
        run(&concurrency, rounds: 3, from: 20)
        #expect(concurrency.current == 256)
    }

    @Test func neverFallsBelowOne() {
        var concurrency = AdaptiveConcurrency(maximum: 8)
        for number in 0..<100 {
            let now = start + .seconds(number)
            concurrency.pushedBack(handedOutAt: now, at: now)
        }
        #expect(concurrency.current == 1)
    }
}
