package import SyncCore

/// What is known of a destination as a whole, and what may leave for it: concurrency, pace, pauses and the breaker.
package struct DestinationRules: Sendable {
    package typealias Instant = ContinuousClock.Instant

    package enum Permission: Sendable, Equatable {
        /// It is counted as handed out. As the breaker's probe it decides whether others follow.
        case go(isProbe: Bool)
        case wait(until: Instant)
        /// As many requests are in flight as may be; an answer changes that.
        case full
        /// The breaker's probe is out; its answer decides.
        case probing
        /// An answer to another delivery asked for a pause that is longer than a run may last.
        case tooLong
    }

    /// After so long without a request the latency and the limit are learnt anew.
    private static let memory: Duration = .seconds(300)

    private var concurrency: AdaptiveConcurrency
    private var pace: Pace
    private var breaker = CircuitBreaker()
    /// Of all deliveries.
    private var inFlight = 0
    private var lastUsed: Instant?
    private var news = NewsCollector()

    package init(maximumInFlight: Int = 256, maximumPerSecond: Double? = nil) {
        concurrency = AdaptiveConcurrency(maximum: maximumInFlight)
        pace = Pace(maximumPerSecond: maximumPerSecond)
    }

    /// A delivery begins; its reason to end at once, where the destination has asked for a pause that is longer than a
    /// run may last and not over.
    package mutating func begin(
        maximumInFlight: Int, maximumPerSecond: Double?, at now: Instant
    ) -> StopReason? {
        if let lastUsed, lastUsed.duration(to: now) >= Self.memory {
            concurrency = AdaptiveConcurrency(maximum: maximumInFlight)
        } else {
            concurrency.setMaximum(maximumInFlight)
        }
        pace.setMaximum(perSecond: maximumPerSecond)
        if !breaker.isClosed { news.tellAgain() }
        return pace.mustEnd(at: now) ? .throttled : nil
    }

    /// Requests that may be in flight now, of all deliveries.
    package var limit: Int { concurrency.current }

    /// Until when nothing leaves.
    package func pause(at now: Instant) -> Instant? {
        guard case .wait(let until) = breaker.permission(at: now) else { return pace.pause(at: now) }
        return max(until, pace.pause(at: now) ?? until)
    }

    /// Asks for one write to be handed out now.
    package mutating func take(at now: Instant) -> Permission {
        guard inFlight < limit else { return .full }
        switch breaker.permission(at: now) {
        case .go: break
        case .wait(let until): return .wait(until: until)
        case .probing: return .probing
        }
        if pace.mustEnd(at: now) { return .tooLong }
        if case .wait(let until) = pace.permission(at: now) { return .wait(until: until) }
        inFlight += 1
        lastUsed = now
        pace.handedOut(at: now)
        return .go(isProbe: breaker.handedOut())
    }

    /// What was handed out was given up for a reason of our own.
    package mutating func giveBack(isProbe: Bool, at now: Instant) {
        inFlight -= 1
        lastUsed = now
        if isProbe { breaker.giveBackProbe(at: now) }
    }

    /// What an answer says about the destination as a whole; the reason to stop comes out.
    package mutating func record(
        _ result: AttemptResult, latency: Duration, isProbe: Bool, at now: Instant
    ) -> StopReason? {
        let reachedLimit = inFlight >= limit
        inFlight -= 1
        lastUsed = now
        let handedOutAt = now - latency
        var reason: StopReason?
        let signal: CircuitBreaker.Signal
        switch result {
        case .confirmed:
            signal = .answered
            concurrency.confirmed(latency: latency, reachedLimit: reachedLimit, at: now)
            pace.recordConfirmed(handedOutAt: handedOutAt, at: now)
        case .refused, .forbidden: signal = .answered
        case .ambiguous, .unanswered, .notSent, .hopeless:
            signal = .failed
            // Once the breaker has opened there is nothing to learn about how many at once.
            if breaker.isClosed { concurrency.failed(handedOutAt: handedOutAt, at: now) }
        case .throttled(_, let after):
            signal = .throttled
            concurrency.pushedBack(handedOutAt: handedOutAt, at: now)
            if !pace.throttled(after: after, handedOutAt: handedOutAt, at: now) {
                reason = .throttled
            } else if let end = pace.pause(at: now) {
                news.pause(until: end, at: now)
            }
        }
        let wasClosed = breaker.isClosed
        switch breaker.record(signal, isProbe: isProbe, at: now) {
        case .unreachable: reason = reason ?? .unreachable(answer: result.answer)
        case .throttled: reason = reason ?? .throttled
        case nil: break
        }
        if wasClosed, !breaker.isClosed { news.stopped(by: result.answer, at: now) }
        // Others may have left before it opened.
        if case .confirmed = result, breaker.isClosed { news.confirmed(at: now) }
        if !wasClosed, breaker.isClosed { concurrency.startAgain() }
        return reason
    }

    /// What people were not told yet.
    package mutating func takeNews() -> [DestinationNews] { news.take() }
}
