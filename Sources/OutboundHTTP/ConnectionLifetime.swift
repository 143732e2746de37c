/// How long a connection is used. One that lives for ever never sees a change of DNS or of what a load balancer stands
/// for, and one that was idle for long may have been forgotten in between without a word.
package struct ConnectionLifetime: Sendable {
    /// From when it was opened. Also how long the answer of a resolver is in use: each new connection asks again.
    package var maximumAge: Duration
    /// From the start of the last request. Most load balancers forget a connection after 60 s.
    package var maximumIdle: Duration

    package init(maximumAge: Duration = .seconds(300), maximumIdle: Duration = .seconds(50)) {
        self.maximumAge = maximumAge
        self.maximumIdle = maximumIdle
    }

    /// Whether a connection without a request in flight must not be given another one.
    package func isOver(
        openedAt: ContinuousClock.Instant, lastUsedAt: ContinuousClock.Instant, now: ContinuousClock.Instant
    ) -> Bool {
        isTooOld(openedAt: openedAt, now: now) || lastUsedAt.duration(to: now) > maximumIdle
    }

    func isTooOld(openedAt: ContinuousClock.Instant, now: ContinuousClock.Instant) -> Bool {
        openedAt.duration(to: now) > maximumAge
    }
}
