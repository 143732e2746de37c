/// How long a user waits between attempts: exponential with full jitter, so that users who failed together do not come
/// back together.
package struct RetrySchedule: Sendable {
    package enum Cause: Sendable { case transient, throttling }

    private let base: Duration
    private let throttlingBase: Duration
    private let cap: Duration

    package init(
        base: Duration = .milliseconds(200), throttlingBase: Duration = .seconds(1), cap: Duration = .seconds(20)
    ) {
        self.base = base
        self.throttlingBase = throttlingBase
        self.cap = cap
    }

    /// The wait after the `attempt`-th attempt (from 1): `share` (0 to 1) of the ceiling.
    package func delay(afterAttempt attempt: Int, cause: Cause, share: Double) -> Duration {
        ceiling(afterAttempt: attempt, cause: cause) * min(1, max(0, share))
    }

    /// The longest wait after the `attempt`-th attempt: doubles with each, up to the cap.
    package func ceiling(afterAttempt attempt: Int, cause: Cause) -> Duration {
        let first = cause == .throttling ? throttlingBase : base
        // 2^20 × 1 ms is past any cap in use, and the shift cannot overflow.
        return min(cap, first * (1 << min(20, max(0, attempt - 1))))
    }
}
