import Delivery
import Testing

@Suite struct RetryScheduleTests {
    @Test(arguments: [(1, 200), (2, 400), (3, 800), (7, 12_800), (8, 20_000), (100, 20_000)])
    func doublesUpToItsCap(attempt: Int, milliseconds: Int) {
        #expect(
            RetrySchedule().delay(afterAttempt: attempt, cause: .transient, share: 1) == .milliseconds(milliseconds))
    }

    @Test(arguments: [(1, 1), (3, 4), (6, 20)]) func waitsLongerAfterThrottling(attempt: Int, seconds: Int) {
        #expect(RetrySchedule().delay(afterAttempt: attempt, cause: .throttling, share: 1) == .seconds(seconds))
    }

    @Test func takesTheWholeRangeAsJitter() {
        let schedule = RetrySchedule()
        #expect(schedule.delay(afterAttempt: 3, cause: .transient, share: 0) == .zero)
        #expect(schedule.delay(afterAttempt: 3, cause: .transient, share: 0.5) == .milliseconds(400))
    }
}

@Suite struct RetryBudgetTests {
    @Test func paysForThirtyFiveRetriesAndNoMore() {
        var budget = RetryBudget()
        let paid = (1...40).count { _ in budget.spend(afterThrottling: false) != nil }
        #expect(paid == 35)
        #expect(budget.tokens == 10)
    }

    @Test func chargesLessAfterThrottling() {
        var budget = RetryBudget()
        #expect(budget.spend(afterThrottling: true) == 5)
        #expect(budget.spend(afterThrottling: false) == 14)
        #expect(budget.tokens == 481)
    }

    @Test func givesBackWhatASuccessfulRetryCost() {
        var budget = RetryBudget()
        let cost = budget.spend(afterThrottling: false)
        budget.recordConfirmed(cost: cost ?? 0)
        #expect(budget.tokens == 500)
    }

    @Test func earnsOneForAFirstTry() {
        var budget = RetryBudget()
        _ = budget.spend(afterThrottling: false)
        budget.recordConfirmed(cost: 0)
        #expect(budget.tokens == 487)
    }

    @Test func neverHoldsMoreThanItsCapacity() {
        var budget = RetryBudget()
        budget.recordConfirmed(cost: 0)
        #expect(budget.tokens == 500)
    }
}
