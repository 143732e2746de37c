/// Tokens that retries are paid with, so that a destination in trouble is not hit five times as hard. One budget a
/// destination and run.
///
/// A retry borrows its tokens when it leaves, not when it is decided on: its success gives them back, its failure loses
/// them. One that finds too few waits while others may still give theirs back. So an outage costs the tokens of its
/// probes and not those of everybody who was in flight when it began.
package struct RetryBudget: Sendable {
    package static let capacity = 500
    package static let retryCost = 14
    package static let throttledRetryCost = 5

    package private(set) var tokens = capacity
    private var lent = 0

    package init() {}

    package static func cost(afterThrottling: Bool) -> Int { afterThrottling ? throttledRetryCost : retryCost }

    /// The retry may leave now.
    package func covers(_ cost: Int) -> Bool { tokens >= cost }

    /// It may leave now, or once others have succeeded.
    package func mayCover(_ cost: Int) -> Bool { tokens + lent >= cost }

    /// A retry leaves. The budget must cover it.
    package mutating func lend(_ cost: Int) {
        precondition(covers(cost), "a retry leaves only where the budget covers it")
        tokens -= cost
        lent += cost
    }

    /// A retry was answered, well or not.
    package mutating func settle(_ cost: Int, succeeded: Bool) {
        lent -= cost
        if succeeded { tokens = min(Self.capacity, tokens + cost) }
    }

    /// A first try was confirmed.
    package mutating func earn() { tokens = min(Self.capacity, tokens + 1) }
}
