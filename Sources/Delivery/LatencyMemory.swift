/// The answers of about one round trip.
struct RoundTrip: Sendable {
    private static let fewestAnswers = 8

    private var began: ContinuousClock.Instant?
    private(set) var answers = 0
    private var failures = 0
    private var sum = 0.0
    private var squares = 0.0
    private(set) var reachedLimit = false

    mutating func answered(after seconds: Double, reachedLimit: Bool, at now: ContinuousClock.Instant) {
        began = began ?? now
        answers += 1
        sum += seconds
        squares += seconds * seconds
        self.reachedLimit = self.reachedLimit || reachedLimit
    }

    mutating func failed(at now: ContinuousClock.Instant) {
        began = began ?? now
        failures += 1
    }

    /// `mean` is the latency as far as it is known, in seconds, `limit` how many requests may be in flight: few answers
    /// prove little.
    func isOver(at now: ContinuousClock.Instant, mean: Double?, limit: Int) -> Bool {
        guard let began, answers + failures >= min(Self.fewestAnswers, limit) else { return false }
        return began.duration(to: now) / .seconds(1) >= mean ?? 0
    }

    /// More than a tenth of the answers failed, chance (2 σ) aside.
    var isPushback: Bool {
        let expected = 0.1 * Double(answers + failures)
        return Double(failures) > expected + 2 * (0.9 * expected).squareRoot()
    }

    var mean: Double? { answers > 0 ? sum / Double(answers) : nil }

    /// Of one answer.
    var variance: Double {
        guard let mean else { return 0 }
        return max(0, squares / Double(answers) - mean * mean)
    }
}

/// How long a destination takes to answer when nothing queues there: mean and spread, in seconds.
///
/// A mean that follows every rise would follow us into the queue that we make ourselves. So it learns freely within the
/// noise and from faster answers, and not from those that are late by more.
struct LatencyMemory: Sendable {
    private static let deviations = 2.5
    /// A rise by less than a half is what load costs at any service, not the sign of a queue.
    private static let tolerated = 0.5
    /// A rise of less than this is the noise of our own machine.
    private static let noise = 0.005
    /// One answer in five hundred takes seconds: it counts as if it had taken so many times the mean.
    private static let longest = 4.0
    private static let weight = 0.05
    private static let weightOfFaster = 0.2

    private(set) var mean: Double?
    private var variance = 0.0
    private var rounds = 0.0
    /// Answers behind the mean, the forgotten ones aside.
    private var answers = 0.0

    /// What an answer counts for. `other` is a mean that is known to be higher.
    func counted(_ seconds: Double, insteadOfMean other: Double?) -> Double {
        (other ?? mean).map { min(seconds, Self.longest * $0) } ?? seconds
    }

    /// The mean of so many answers is above mean + 2.5 σ, σ being that of a mean of so many against ours.
    func isAbove(_ other: Double, answers count: Int) -> Bool {
        guard let mean else { return false }
        return other > mean + max(band(count), Self.tolerated * mean)
    }

    private func band(_ count: Int) -> Double {
        let error = (variance * (1 / Double(max(1, count)) + 1 / max(1, answers))).squareRoot()
        return max(Self.deviations * error, Self.noise)
    }

    mutating func learn(_ round: RoundTrip) {
        guard let other = round.mean else { return }
        guard let mean else {
            (mean, variance, rounds, answers) = (other, round.variance, 1, Double(round.answers))
            return
        }
        let change = other - mean
        let band = band(round.answers)
        rounds += 1
        let share = max(Self.weight, 1 / rounds)
        variance += share * (round.variance + change * change - variance)
        guard change <= band else { return }
        self.mean = mean + max(share, change < -band ? Self.weightOfFaster : 0) * change
        answers = min(answers + Double(round.answers), Double(round.answers) / Self.weight)
    }
}
