/// Tokens that retries are paid with, so that a destination in trouble is not hit five times as hard. One budget a
/// destination and run.
package struct RetryBudget: Sendable {
    package static let capacity = 500
    package static let retryCost = 14
    package static let throttledRetryCost = 5

    package private(set) var tokens = capacity

    package init() {}

    /// What the retry cost, or nil where the budget does not cover it: then there is no retry.
    package mutating func spend(afterThrottling: Bool) -> Int? {
        let cost = afterThrottling ? Self.throttledRetryCost : Self.retryCost
        guard tokens >= cost else { return nil }
        tokens -= cost
        return cost
    }

    /// A confirmed answer gives back what its retry cost; `cost` 0 (a first try) earns one token.
    package mutating func recordConfirmed(cost: Int) {
        tokens = min(Self.capacity, tokens + max(1, cost))
    }
}
