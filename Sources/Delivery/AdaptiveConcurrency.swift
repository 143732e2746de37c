/// How many requests may be in flight: grows while the destination keeps up, shrinks when it pushes back or slows down.
package struct AdaptiveConcurrency: Sendable {
    package typealias Instant = ContinuousClock.Instant

    private static let start = 8.0
    private static let cut = 0.9
    /// Weight of the newest round trip in the remembered latency.
    private static let weight = 0.2
    /// A rise of less than this is the noise of our own machine.
    private static let noiseInSeconds = 0.005

    private let maximum: Int
    private var limit: Double
    /// Until the first pushback every confirmed answer adds one, which doubles the limit in a round trip.
    private var isDoubling = true
    private var lastCut: Instant?
    private var past: (mean: Double, variance: Double)?
    private var round = Round()

    /// Answers of about one round trip.
    private struct Round: Sendable {
        var began: Instant?
        var count = 0.0
        var sum = 0.0
        var squares = 0.0
        var reachedLimit = false
    }

    /// `maximum` is at least 1; a smaller one is taken as 1.
    package init(maximum: Int) {
        self.maximum = max(1, maximum)
        limit = min(Self.start, Double(self.maximum))
    }

    package var current: Int { max(1, Int(limit)) }

    /// `reachedLimit`: as many requests were in flight as were allowed.
    package mutating func confirmed(latency: Duration, reachedLimit: Bool, at now: Instant) {
        if isDoubling { limit = min(Double(maximum), limit + 1) }
        let seconds = latency / .seconds(1)
        round.count += 1
        round.sum += seconds
        round.squares += seconds * seconds
        round.reachedLimit = round.reachedLimit || reachedLimit
        guard let began = round.began else {
            round.began = now
            return
        }
        guard began.duration(to: now) / .seconds(1) >= past?.mean ?? seconds else { return }
        endRound(at: now)
    }

    /// A failure or a request for a pause. A burst counts once: what was handed out before the last cut says nothing
    /// about the limit since.
    package mutating func pushedBack(handedOutAt: Instant, at now: Instant) {
        isDoubling = false
        if let lastCut, handedOutAt <= lastCut { return }
        lastCut = now
        limit = max(1, limit * Self.cut)
    }

    private mutating func endRound(at now: Instant) {
        let mean = round.sum / round.count
        let variance = max(0, round.squares / round.count - mean * mean)
        if let past {
            let deviation = past.variance.squareRoot()
            if mean > past.mean + max(2.5 * deviation, Self.noiseInSeconds) {
                pushedBack(handedOutAt: now, at: now)
            } else if !isDoubling, round.reachedLimit {
                limit = min(Double(maximum), limit + 1)
            }
            let change = mean - past.mean
            self.past = (
                past.mean + Self.weight * change,
                (1 - Self.weight) * (past.variance + Self.weight * change * change) + Self.weight * variance
            )
        } else {
            past = (mean, variance)
        }
        round = Round(began: now)
    }
}
