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
    private let cost = RetryBudget.cost(afterThrottling: false)

    /// Retries that leave at once, none of them answered.
    private func lend(_ count: Int, from budget: inout RetryBudget) -> Int {
        (1...count).count { _ in
            guard budget.covers(cost) else { return false }
            budget.lend(cost)
            return true
        }
    }

    @Test func paysForThirtyFiveRetriesAtOnceAndNoMore() {
        var budget = RetryBudget()
        #expect(lend(40, from: &budget) == 35)
        #expect(budget.tokens == 10)
        #expect(budget.mayCover(cost))
    }

    @Test func chargesLessAfterThrottling() {
        #expect(RetryBudget.cost(afterThrottling: true) == 5)
        #expect(RetryBudget.cost(afterThrottling: false) == 14)
    }

    @Test func aSuccessGivesItsTokensBack() {
        var budget = RetryBudget()
        budget.lend(cost)
        #expect(budget.tokens == 486)
        budget.settle(cost, succeeded: true)
        #expect(budget.tokens == 500)
    }

    @Test func aFailureLosesThem() {
        var budget = RetryBudget()
        let lent = lend(35, from: &budget)
        for _ in 1...lent { budget.settle(cost, succeeded: false) }
        #expect(budget.tokens == 10)
        #expect(!budget.mayCover(cost))
        #expect(budget.mayCover(RetryBudget.throttledRetryCost))
    }

    @Test func earnsOneForAFirstTry() {
        var budget = RetryBudget()
        budget.lend(cost)
        budget.settle(cost, succeeded: false)
        budget.earn()
        #expect(budget.tokens == 487)
    }

    @Test func neverHoldsMoreThanItsCapacity() {
        var budget = RetryBudget()
        budget.earn()
        #expect(budget.tokens == 500)
    }
}
