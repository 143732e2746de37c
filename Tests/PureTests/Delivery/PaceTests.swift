import Delivery
import Testing

@Suite struct PaceTests {
    let start = ContinuousClock.now

    @Test func aRateNearZeroWaitsADayAtMost() {
        var pace = Pace(maximumPerSecond: 1e-300)
        let now = ContinuousClock.now
        pace.handedOut(at: now)
        guard case .wait(let until) = pace.permission(at: now) else {
            Issue.record("it does not wait")
            return
        }
        #expect(until <= now + .seconds(86_400))
    }

    @Test func goesAsFastAsAskedWithoutACeiling() {
        var pace = Pace(maximumPerSecond: nil)
        for _ in 1...1000 { pace.handedOut(at: start) }
        #expect(pace.permission(at: start) == .go)
    }

    @Test func neverLeavesMoreThanItsCeilingInASecond() {
        var pace = Pace(maximumPerSecond: 100)
        let sent = (0..<10_000).count { tick in
            let now = start + .microseconds(tick * 100)
            guard pace.permission(at: now) == .go else { return false }
            pace.handedOut(at: now)
            return true
        }
        #expect((95...106).contains(sent))
    }

    @Test func pausesAsLongAsRetryAfterSays() {
        var pace = Pace(maximumPerSecond: nil)
        pace.handedOut(at: start)
        #expect(pace.throttled(after: .seconds(7), handedOutAt: start, at: start) == true)
        #expect(pace.permission(at: start + .seconds(6)) == .wait(until: start + .seconds(7)))
        #expect(pace.permission(at: start + .seconds(7)) == .go)
    }

    @Test func pausesLongerEachTimeWithoutRetryAfter() {
        var pace = Pace(maximumPerSecond: nil)
        for (number, seconds) in [1, 2, 4].enumerated() {
            let now = start + .seconds(100 * number)
            #expect(pace.throttled(after: nil, handedOutAt: now, at: now) == true)
            #expect(pace.pause(at: now) == now + .seconds(seconds))
        }
    }

    @Test func refusesAPauseOfMoreThanFiveMinutes() {
        var pace = Pace(maximumPerSecond: nil)
        #expect(pace.throttled(after: .seconds(300), handedOutAt: start, at: start) == true)
        #expect(pace.throttled(after: .seconds(301), handedOutAt: start, at: start) == false)
    }

    @Test func slowsToSevenTenthsAfterThrottling() {
        var pace = Pace(maximumPerSecond: 100)
        for tick in 0..<100 { pace.handedOut(at: start + .milliseconds(10 * tick)) }
        let now = start + .milliseconds(999)
        _ = pace.throttled(after: .zero, handedOutAt: now, at: now)
        let later = start + .seconds(1)
        let sent = (0..<9_900).count { tick in
            let at = later + .microseconds(tick * 100)
            guard pace.permission(at: at) == .go else { return false }
            pace.handedOut(at: at)
            return true
        }
        #expect((66...76).contains(sent))
    }

    @Test func countsABurstOfThrottlingOnce() {
        var pace = Pace(maximumPerSecond: nil)
        for _ in 1...20 {
            #expect(pace.throttled(after: nil, handedOutAt: start, at: start + .milliseconds(100)) == true)
        }
        #expect(pace.pause(at: start + .milliseconds(100)) == start + .milliseconds(1100))
    }
}
