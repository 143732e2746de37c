/// How fast writes may leave: an optional ceiling a second, pauses that the destination asked for, and a rate that falls
/// when it did.
package struct Pace: Sendable {
    package typealias Instant = ContinuousClock.Instant

    package enum Permission: Sendable, Equatable {
        case go
        case wait(until: Instant)
    }

    private static let longestPause: Duration = .seconds(300)
    private static let cut = 0.7
    /// In seconds, between two writes: a day.
    private static let longestGap = 86_400.0
    private static let growthInASecond = 1.1
    /// What may leave at once after a late wake-up, as time.
    private static let burst: Duration = .milliseconds(50)

    private let ceiling: Double?
    private let schedule: RetrySchedule
    /// Nil: as fast as the connections go.
    private var rate: Double?
    private var rateSetAt: Instant?
    private var nextSlot: Instant?
    private var pausedUntil: Instant?
    private var lastCut: Instant?
    private var throttlingsInARow = 0
    private var second: (began: Instant, count: Int, last: Double)?

    /// `maximumPerSecond`: the destination's `max_requests_per_second`.
    package init(maximumPerSecond: Double?, schedule: RetrySchedule = RetrySchedule()) {
        ceiling = maximumPerSecond
        self.schedule = schedule
        rate = maximumPerSecond
    }

    /// The end of the pause that holds at `now`, if any.
    package func pause(at now: Instant) -> Instant? { pausedUntil.flatMap { $0 > now ? $0 : nil } }

    package func permission(at now: Instant) -> Permission {
        if let end = pause(at: now) { return .wait(until: end) }
        guard rate != nil, let nextSlot, nextSlot > now else { return .go }
        return .wait(until: nextSlot)
    }

    /// Call for every write handed out.
    package mutating func handedOut(at now: Instant) {
        measure(at: now)
        grow(at: now)
        guard let rate else { return }
        let slot = max(nextSlot ?? now, now - Self.burst)
        nextSlot = slot + .seconds(min(1 / rate, Self.longestGap))
    }

    package mutating func recordConfirmed(handedOutAt: Instant) {
        guard lastCut.map({ handedOutAt > $0 }) ?? true else { return }
        throttlingsInARow = 0
    }

    /// A 429. `after` is its Retry-After. False where the wait asked for is longer than a run may last.
    package mutating func throttled(after: Duration?, handedOutAt: Instant, at now: Instant) -> Bool {
        let isNewBurst = lastCut.map { handedOutAt > $0 } ?? true
        if isNewBurst {
            throttlingsInARow += 1
            lastCut = now
            let reduced = max(1, (measuredRate(at: now) * Self.cut))
            rate = min(reduced, rate ?? .infinity, ceiling ?? .infinity)
            rateSetAt = now
        }
        let pause = after ?? schedule.ceiling(afterAttempt: throttlingsInARow, cause: .throttling)
        guard pause <= Self.longestPause else { return false }
        pausedUntil = max(pausedUntil ?? now, now + pause)
        return true
    }

    private mutating func grow(at now: Instant) {
        guard let current = rate, let setAt = rateSetAt, current != ceiling else { return }
        guard setAt.duration(to: now) >= .seconds(1) else { return }
        rate = min(current * Self.growthInASecond, ceiling ?? .infinity)
        rateSetAt = now
    }

    private mutating func measure(at now: Instant) {
        guard let current = second else {
            second = (now, 1, 0)
            return
        }
        let age = current.began.duration(to: now)
        if age >= .seconds(1) {
            // After a pause the second has become long: what left, left at its start.
            second = (now, 1, Double(current.count) / min(2, age / .seconds(1)))
        } else {
            second = (current.began, current.count + 1, current.last)
        }
    }

    private func measuredRate(at now: Instant) -> Double {
        guard let second else { return 1 }
        let age = max(0.1, second.began.duration(to: now) / .seconds(1))
        return max(second.last, Double(second.count) / age)
    }
}
