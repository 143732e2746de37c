import Delivery
import Testing

@Suite struct CircuitBreakerTests {
    let start = ContinuousClock.now

    /// A breaker that has just opened at `start`.
    private func opened() -> CircuitBreaker {
        var breaker = CircuitBreaker()
        for _ in 1...5 { _ = breaker.record(.failed, isProbe: false, at: start) }
        return breaker
    }

    @Test func staysClosedForFourFailuresInARow() {
        var breaker = CircuitBreaker()
        for _ in 1...4 { _ = breaker.record(.failed, isProbe: false, at: start) }
        #expect(breaker.permission(at: start) == .go)
    }

    @Test func opensForTenSecondsAfterFiveFailuresInARow() {
        let breaker = opened()
        #expect(breaker.permission(at: start) == .wait(until: start + .seconds(10)))
        #expect(breaker.permission(at: start + .seconds(10)) == .go)
    }

    @Test func opensWhenHalfOfTwentyFail() {
        var breaker = CircuitBreaker()
        for number in 0..<19 {
            _ = breaker.record(number.isMultiple(of: 2) ? .failed : .answered, isProbe: false, at: start)
        }
        #expect(breaker.permission(at: start) == .go)
        _ = breaker.record(.answered, isProbe: false, at: start)
        _ = breaker.record(.failed, isProbe: false, at: start)
        #expect(breaker.permission(at: start) == .wait(until: start + .seconds(10)))
    }

    @Test func forgetsFailuresOlderThanThirtySeconds() {
        var breaker = CircuitBreaker()
        for number in 0..<40 {
            let at = start + .seconds(2 * number)
            _ = breaker.record(number.isMultiple(of: 2) ? .failed : .answered, isProbe: false, at: at)
        }
        #expect(breaker.permission(at: start + .seconds(80)) == .go)
    }

    @Test func letsOneProbeOutAndClosesOnItsAnswer() {
        var breaker = opened()
        #expect(breaker.handedOut() == true)
        #expect(breaker.permission(at: start + .seconds(10)) == .probing)
        _ = breaker.record(.answered, isProbe: false, at: start + .seconds(10))
        #expect(breaker.permission(at: start + .seconds(10)) == .probing)
        _ = breaker.record(.answered, isProbe: true, at: start + .seconds(11))
        #expect(breaker.permission(at: start + .seconds(11)) == .go)
        #expect(breaker.handedOut() == false)
    }

    @Test func pausesLongerEachTimeUpToThirtySeconds() {
        var breaker = opened()
        for pause in [20, 30, 30] {
            #expect(breaker.handedOut() == true)
            _ = breaker.record(.failed, isProbe: true, at: start + .seconds(60))
            #expect(breaker.permission(at: start + .seconds(60)) == .wait(until: start + .seconds(60 + pause)))
        }
    }

    @Test func givesUpAfterFiveMinutesOpen() {
        var breaker = opened()
        #expect(breaker.handedOut() == true)
        #expect(breaker.record(.failed, isProbe: true, at: start + .seconds(299)) == nil)
        #expect(breaker.handedOut() == true)
        #expect(breaker.record(.failed, isProbe: true, at: start + .seconds(300)) == .unreachable)
    }

    @Test func givesUpAfterAMinuteOfNothingButThrottling() {
        var breaker = CircuitBreaker()
        #expect(breaker.record(.throttled, isProbe: false, at: start) == nil)
        #expect(breaker.record(.throttled, isProbe: false, at: start + .seconds(59)) == nil)
        #expect(breaker.record(.throttled, isProbe: false, at: start + .seconds(60)) == .throttled)
    }

    @Test func anyOtherAnswerEndsTheMinute() {
        var breaker = CircuitBreaker()
        _ = breaker.record(.throttled, isProbe: false, at: start)
        _ = breaker.record(.answered, isProbe: false, at: start + .seconds(30))
        #expect(breaker.record(.throttled, isProbe: false, at: start + .seconds(60)) == nil)
    }
}
