import Delivery
import SyncCore
import Testing

@Suite struct StopRuleTests {
    private static let confirmed = AttemptResult.confirmed(answer: "204")
    private static let refused = AttemptResult.refused(answer: "422")

    /// The number of answers after which the rule stops, or nil.
    private func stop(plannedWrites: Int, _ answers: [AttemptResult]) -> (after: Int, reason: StopReason)? {
        var rule = StopRule(plannedWrites: plannedWrites)
        for (number, answer) in answers.enumerated() {
            if let reason = rule.record(answer) { return (number + 1, reason) }
        }
        return nil
    }

    @Test func stopsAtTheFifthRefusalOfUsInARow() {
        let forbidden = AttemptResult.forbidden(answer: "403")
        #expect(stop(plannedWrites: 9, Array(repeating: forbidden, count: 5))?.reason == .forbidden(answer: "403"))
        #expect(stop(plannedWrites: 9, Array(repeating: forbidden, count: 4) + [Self.confirmed, forbidden]) == nil)
    }

    @Test func stopsAtOnceWhenNothingCanWork() {
        let hopeless = AttemptResult.hopeless(answer: "certificate expired")
        #expect(stop(plannedWrites: 1, [hopeless])?.reason == .hopeless(answer: "certificate expired"))
    }

    @Test func sendsTheFirstTwentyOfALargeRunOneAtATime() {
        var rule = StopRule(plannedWrites: 200)
        for _ in 1...20 {
            #expect(rule.maximumInFlight == 1)
            #expect(rule.record(Self.confirmed) == nil)
        }
        #expect(rule.maximumInFlight == .max)
        #expect(StopRule(plannedWrites: 199).maximumInFlight == .max)
    }

    @Test func stopsWhenHalfOfTheCanaryIsRejected() {
        let answers = (1...10).flatMap { _ in [Self.confirmed, Self.refused] }
        #expect(stop(plannedWrites: 200, answers)?.after == 20)
        #expect(stop(plannedWrites: 199, answers) == nil)
    }

    @Test func stopsAtFiveNotFoundInARow() {
        let missing = AttemptResult.refused(answer: "404")
        #expect(stop(plannedWrites: 500, Array(repeating: missing, count: 9))?.after == 5)
        let broken = Array(repeating: missing, count: 4) + [Self.confirmed] + Array(repeating: missing, count: 4)
        #expect(stop(plannedWrites: 500, broken) == nil)
    }

    @Test func stopsWhenMoreThanATenthOfTheLastTwoHundredIsRejected() {
        let good = Array(repeating: Self.confirmed, count: 400)
        #expect(stop(plannedWrites: 1000, good + Array(repeating: Self.refused, count: 20)) == nil)
        #expect(stop(plannedWrites: 1000, good + Array(repeating: Self.refused, count: 21))?.after == 421)
    }
}
