/// The rate after a 429, in requests a second, and how it grows back.
///
/// What the destination granted until then is remembered, as TCP CUBIC remembers its window. The rate starts at 0.7 of
/// it, is back just below it within three seconds, fast at first and gently at the end, and stays there: most limits are
/// fixed, and each look at the limit costs a pause. Then it looks further, by 1, 2, 4 … percent a second, so that a
/// limit that was raised is found within seconds, and a fixed one is hardly overstepped. While two limits in a row
/// differ by more than a seventh everything goes faster: back in a second, and on at once, by 8, 16, 32 … percent.
/// A rate that is not used proves nothing and does not grow.
struct RateRecovery: Sendable {
    typealias Instant = ContinuousClock.Instant

    private static let cut = 0.7
    private static let kept = 0.96
    private static let returning = 3.0
    private static let returningWhileUnsure = 1.0
    private static let holding = 30.0
    /// While two limits in a row differ.
    private static let holdingWhileUnsure = 0.0
    private static let same = 0.85...1.15
    private static let firstStep = 0.01
    private static let firstStepWhileUnsure = 0.08
    private static let used = 0.8
    private static let slowest = 0.2

    private(set) var rate: Double
    private let granted: Double
    private let start: Double
    private let hold: Double
    private let returning: Double
    /// The end of the pause.
    private var resumesAt: Instant
    private var step: Double
    private var steppedAt: Instant?

    /// `current` is the rate that was too fast, `granted` what of it was answered well lately. A rest before makes that
    /// much, answers that are still to come little: so it counts from half of the current rate up to all of it.
    init(current: Double, granted: Double, after previous: RateRecovery?, resumingAt: Instant) {
        let remembered = max(Self.slowest, min(current, max(granted, current / 2)))
        self.granted = remembered
        start = max(Self.slowest, remembered * Self.cut)
        rate = start
        let isSteady = previous.map { Self.same.contains(remembered / $0.granted) } ?? false
        hold = isSteady ? Self.holding : Self.holdingWhileUnsure
        returning = isSteady ? Self.returning : Self.returningWhileUnsure
        step = isSteady ? Self.firstStep : Self.firstStepWhileUnsure
        resumesAt = resumingAt
    }

    /// The pause became longer.
    mutating func resume(at end: Instant) { resumesAt = max(resumesAt, end) }

    func secondsSincePause(at now: Instant) -> Double { resumesAt.duration(to: now) / .seconds(1) }

    /// `used`: requests a second that left lately.
    mutating func advance(to now: Instant, used: Double) {
        let seconds = secondsSincePause(at: now)
        guard seconds > 0 else { return }
        guard seconds >= returning + hold else {
            let left = max(0, 1 - seconds / returning)
            rate = max(start, Self.kept * granted) - max(0, Self.kept * granted - start) * left * left * left
            return
        }
        guard let steppedAt else {
            self.steppedAt = now
            rate = max(start, Self.kept * granted)
            return
        }
        guard steppedAt.duration(to: now) >= .seconds(1), used >= Self.used * rate else { return }
        self.steppedAt = now
        rate *= 1 + step
        step = min(1, step * 2)
    }
}
