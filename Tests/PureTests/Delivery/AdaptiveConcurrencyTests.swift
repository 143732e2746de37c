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
        run(&concurrency, rounds: 4, from: 6)
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
        run(&concurrency, rounds: 4, from: 10, latency: .milliseconds(300))
        #expect(concurrency.current < 64)
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
