/// How often something happened in the last two seconds.
struct RecentRate: Sendable {
    private static let slots = 20
    private static let slot = 0.1

    private var counts = [Int](repeating: 0, count: slots)
    private var origin: ContinuousClock.Instant?
    private var newest = 0

    mutating func add(at now: ContinuousClock.Instant) {
        advance(to: now)
        counts[newest % Self.slots] += 1
    }

    /// A second, over the last `seconds` (at most two), or over less where it began later.
    mutating func perSecond(over seconds: Double, at now: ContinuousClock.Instant) -> Double {
        guard let origin else { return 0 }
        advance(to: now)
        let age = origin.duration(to: now) / .seconds(1)
        let whole = min(Self.slots - 1, max(1, Int(seconds / Self.slot)), newest)
        let count = (0...whole).reduce(0) { $0 + counts[(newest - $1) % Self.slots] }
        return Double(count) / max(Self.slot, age - Double(newest - whole) * Self.slot)
    }

    private mutating func advance(to now: ContinuousClock.Instant) {
        let start = origin ?? now
        origin = start
        let slot = max(newest, Int(min(1e12, start.duration(to: now) / .seconds(1) / Self.slot)))
        for passed in (newest + 1)..<(max(newest + 1, min(slot, newest + Self.slots) + 1)) {
            counts[passed % Self.slots] = 0
        }
        newest = slot
    }
}
