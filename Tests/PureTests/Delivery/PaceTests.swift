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

    /// What leaves in a span after `start`, asked for every tenth of a millisecond, all of it confirmed.
    private func send(_ pace: inout Pace, seconds: Range<Double>) -> Int {
        (Int(seconds.lowerBound * 10_000)..<Int(seconds.upperBound * 10_000)).count { tick in
            let now = start + .microseconds(tick * 100)
            guard pace.permission(at: now) == .go else { return false }
            pace.handedOut(at: now)
            pace.recordConfirmed(handedOutAt: now, at: now)
            return true
        }
    }

    @Test func slowsToSevenTenthsAfterThrottlingAndComesBackJustBelow() {
        var pace = Pace(maximumPerSecond: 100)
        _ = send(&pace, seconds: 0..<3)
        let now = start + .seconds(3)
        _ = pace.throttled(after: .zero, handedOutAt: now, at: now)
        #expect((6...8).contains(send(&pace, seconds: 3..<3.1)))
        #expect((76...86).contains(send(&pace, seconds: 3.1..<4)))
        #expect((90...97).contains(send(&pace, seconds: 4..<5)))
        // The limit may have been another: the rate goes on up to the ceiling.
        _ = send(&pace, seconds: 5..<20)
        #expect((98...102).contains(send(&pace, seconds: 20..<21)))
    }

    @Test func findsALimitThatWasRaised() {
        var pace = Pace(maximumPerSecond: nil)
        for tick in 0..<100 { pace.handedOut(at: start + .milliseconds(10 * tick)) }
        let now = start + .seconds(1)
        _ = pace.throttled(after: .zero, handedOutAt: now, at: now)
        #expect(send(&pace, seconds: 1..<2) < 95)
        _ = send(&pace, seconds: 2..<15)
        #expect(send(&pace, seconds: 15..<16) > 500)
    }

    @Test func remembersWhatItWasThrottledAtWhileNothingLeaves() {
        var pace = Pace(maximumPerSecond: 100)
        _ = send(&pace, seconds: 0..<3)
        let now = start + .seconds(3)
        _ = pace.throttled(after: .zero, handedOutAt: now, at: now)
        pace.setMaximum(perSecond: nil)
        #expect((90...100).contains(send(&pace, seconds: 600..<601)))
    }

    @Test func aPauseBeyondWhatARunMayLastIsRememberedForTheNext() {
        var pace = Pace(maximumPerSecond: nil)
        #expect(pace.throttled(after: .seconds(400), handedOutAt: start, at: start) == false)
        #expect(pace.mustEnd(at: start + .seconds(99)))
        #expect(!pace.mustEnd(at: start + .seconds(101)))
        #expect(pace.pause(at: start + .seconds(399)) == start + .seconds(400))
        #expect(pace.permission(at: start + .seconds(400)) == .go)
    }

    @Test func countsABurstOfThrottlingOnce() {
        var pace = Pace(maximumPerSecond: nil)
        for _ in 1...20 {
            #expect(pace.throttled(after: nil, handedOutAt: start, at: start + .milliseconds(100)) == true)
        }
        #expect(pace.pause(at: start + .milliseconds(100)) == start + .milliseconds(1100))
    }
}
