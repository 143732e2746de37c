/// How fast writes may leave: an optional ceiling a second, pauses that the destination asked for, and a rate that falls
/// when it did.
package struct Pace: Sendable {
    package typealias Instant = ContinuousClock.Instant

    package enum Permission: Sendable, Equatable {
        case go
        case wait(until: Instant)
    }

    /// A run that is asked to wait longer ends.
    package static let longestPause: Duration = .seconds(300)
    /// In seconds, between two writes: a day.
    private static let longestGap = 86_400.0
    /// What may leave at once after a late wake-up, as time. A limit that is counted strictly allows no more.
    private static let burst: Duration = .milliseconds(10)
    /// In seconds: what was granted is counted over as much of the time since the last pause.
    private static let (shortestSpan, longestSpan) = (0.2, 1.0)

    private var ceiling: Double?
    private let schedule: RetrySchedule
    /// Nil until the first 429.
    private var recovery: RateRecovery?
    private var sent = RecentRate()
    private var granted = RecentRate()
    private var nextSlot: Instant?
    private var pausedUntil: Instant?
    private var lastCut: Instant?
    private var throttlingsInARow = 0

    /// `maximumPerSecond`: the destination's `max_requests_per_second`.
    package init(maximumPerSecond: Double?, schedule: RetrySchedule = RetrySchedule()) {
        ceiling = maximumPerSecond
        self.schedule = schedule
    }

    /// Another ceiling, of the destination's next delivery; what was learnt stays.
    package mutating func setMaximum(perSecond ceiling: Double?) { self.ceiling = ceiling }

    /// Nil: as fast as the connections go.
    private var rate: Double? {
        guard let recovery else { return ceiling }
        return min(recovery.rate, ceiling ?? .infinity)
    }

    /// The end of the pause that holds at `now`, if any.
    package func pause(at now: Instant) -> Instant? { pausedUntil.flatMap { $0 > now ? $0 : nil } }

    /// The pause that holds is longer than a run may last.
    package func mustEnd(at now: Instant) -> Bool {
        pause(at: now).map { now.duration(to: $0) > Self.longestPause } ?? false
    }

    package func permission(at now: Instant) -> Permission {
        if let end = pause(at: now) { return .wait(until: end) }
        guard rate != nil, let nextSlot, nextSlot > now else { return .go }
        return .wait(until: nextSlot)
    }

    /// Call for every write handed out.
    package mutating func handedOut(at now: Instant) {
        sent.add(at: now)
        if recovery != nil { recovery?.advance(to: now, used: sent.perSecond(over: Self.longestSpan, at: now)) }
        guard let rate else { return }
        let slot = max(nextSlot ?? now, now - Self.burst)
        nextSlot = slot + .seconds(min(1 / rate, Self.longestGap))
    }

    package mutating func recordConfirmed(handedOutAt: Instant, at now: Instant) {
        granted.add(at: now)
        guard lastCut.map({ handedOutAt > $0 }) ?? true else { return }
        throttlingsInARow = 0
    }

    /// A 429. `after` is its Retry-After. False where the wait asked for is longer than a run may last. A burst counts
    /// once, but the longest pause that it asks for holds.
    package mutating func throttled(after: Duration?, handedOutAt: Instant, at now: Instant) -> Bool {
        let isNewBurst = lastCut.map { handedOutAt > $0 } ?? true
        if isNewBurst { throttlingsInARow += 1 }
        let pause = after ?? schedule.ceiling(afterAttempt: throttlingsInARow, cause: .throttling)
        let end = max(pausedUntil ?? now, now + pause)
        pausedUntil = end
        if isNewBurst {
            cut(at: now, resumingAt: end)
        } else {
            recovery?.resume(at: end)
        }
        return pause <= Self.longestPause
    }

    private mutating func cut(at now: Instant, resumingAt end: Instant) {
        lastCut = now
        // What was not used of the slots before is lost: a burst is the last thing that is wanted now.
        nextSlot = max(nextSlot ?? end, end)
        guard let recovery else {
            // In the doubling of the first second the answers are far behind what left.
            let current = min(max(1, sent.perSecond(over: Self.shortestSpan, at: now)), ceiling ?? .infinity)
            self.recovery = RateRecovery(current: current, granted: current, after: nil, resumingAt: end)
            return
        }
        let span = min(Self.longestSpan, max(Self.shortestSpan, recovery.secondsSincePause(at: now)))
        self.recovery = RateRecovery(
            current: min(recovery.rate, ceiling ?? .infinity), granted: granted.perSecond(over: span, at: now),
            after: recovery, resumingAt: end)
    }
}
