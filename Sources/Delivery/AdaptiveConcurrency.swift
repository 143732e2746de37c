/// How many requests may be in flight: grows while the destination keeps up, shrinks when it pushes back or slows down.
///
/// What counts as what:
/// - A *pushback* is a 429, or more than a tenth of a round trip's answers failing: a failure now and then is the noise
///   of every service, and asks for no fewer requests.
/// - The *latency* is judged by round trips: two in a row with a mean above `LatencyMemory`'s bound shrink the limit.
/// - Where half of the requests are answered no faster, the latency is not of our making: it becomes the remembered one,
///   and the limit goes back to where it was.
/// - After an outage the limit starts at the beginning again and doubles up to what it was.
package struct AdaptiveConcurrency: Sendable {
    package typealias Instant = ContinuousClock.Instant

    private static let start = 8.0
    private static let cut = 0.9

    private var maximum: Double
    private var limit: Double
    /// Below it every confirmed answer adds one, which doubles the limit in a round trip; above it a round trip does.
    private var doublesUntil: Double
    private var lastCut: Instant?
    private var latency = LatencyMemory()
    private var round = RoundTrip()
    /// How it was when answers began to come late.
    private var slowing: (limit: Double, mean: Double, doublesUntil: Double)?

    /// `maximum` is at least 1; a smaller one is taken as 1.
    package init(maximum: Int) {
        self.maximum = Double(max(1, maximum))
        limit = min(Self.start, self.maximum)
        doublesUntil = self.maximum
    }

    package var current: Int { max(1, Int(limit)) }

    /// Another ceiling, of the destination's next delivery; what was learnt stays.
    package mutating func setMaximum(_ maximum: Int) {
        let isUnbounded = doublesUntil >= self.maximum
        self.maximum = Double(max(1, maximum))
        limit = min(limit, self.maximum)
        doublesUntil = isUnbounded ? self.maximum : min(doublesUntil, self.maximum)
    }

    /// `reachedLimit`: as many requests were in flight as were allowed.
    package mutating func confirmed(latency seconds: Duration, reachedLimit: Bool, at now: Instant) {
        if limit < doublesUntil, slowing == nil { limit = min(doublesUntil, limit + 1) }
        guard isAfterCut(now - seconds) else { return }
        let counted = latency.counted(seconds / .seconds(1), insteadOfMean: slowing?.mean)
        round.answered(after: counted, reachedLimit: reachedLimit, at: now)
        endRound(at: now)
    }

    /// An answer that is none, or names the destination's own trouble.
    package mutating func failed(handedOutAt: Instant, at now: Instant) {
        guard isAfterCut(handedOutAt) else { return }
        round.failed(at: now)
        endRound(at: now)
    }

    /// A request for a pause. A burst counts once: what was handed out before the last cut says nothing about the limit
    /// since.
    package mutating func pushedBack(handedOutAt: Instant, at now: Instant) {
        guard isAfterCut(handedOutAt) else { return }
        shrink(at: now)
    }

    /// The destination answers again after an outage: it is met as one that nothing is known of, up to the limit that
    /// it took before.
    package mutating func startAgain() {
        doublesUntil = max(limit, min(doublesUntil, maximum))
        limit = min(limit, Self.start)
        slowing = nil
        round = RoundTrip()
    }

    private func isAfterCut(_ handedOutAt: Instant) -> Bool { lastCut.map { handedOutAt > $0 } ?? true }

    private mutating func shrink(at now: Instant) {
        lastCut = now
        limit = max(1, limit * Self.cut)
        doublesUntil = 0
        round = RoundTrip()
    }

    private mutating func endRound(at now: Instant) {
        guard round.isOver(at: now, mean: latency.mean, limit: current) else { return }
        let round = round
        self.round = RoundTrip()
        if round.isPushback { return shrink(at: now) }
        guard let mean = round.mean else { return }
        guard latency.isAbove(mean, answers: round.answers) else {
            slowing = nil
            latency.learn(round)
            if limit >= doublesUntil, round.reachedLimit { limit = min(maximum, limit + 1) }
            return
        }
        giveWay(to: round, mean: mean, at: now)
    }

    private mutating func giveWay(to round: RoundTrip, mean: Double, at now: Instant) {
        guard let slowing else {
            // One late round trip may be chance: growth stops until the next one has spoken.
            self.slowing = (limit, mean, doublesUntil)
            return
        }
        self.slowing?.mean = max(slowing.mean, mean)
        guard limit <= max(1, slowing.limit / 2), mean > 0.75 * slowing.mean else { return shrink(at: now) }
        latency = LatencyMemory()
        latency.learn(round)
        doublesUntil = max(slowing.doublesUntil, slowing.limit)
        self.slowing = nil
    }
}
