/// Stops sending while the destination as a whole is failing, and asks with one probe whether it is back.
package struct CircuitBreaker: Sendable {
    package typealias Instant = ContinuousClock.Instant

    /// What an answer says about the destination as a whole.
    package enum Signal: Sendable {
        /// It works, whatever it thinks of this user.
        case answered
        /// No answer, a garbled one, or one that names its own trouble.
        case failed
        /// It works and wants a pause.
        case throttled
    }

    package enum Permission: Sendable, Equatable {
        case go
        case wait(until: Instant)
        /// The probe is out; its answer decides.
        case probing
    }

    /// Why the run cannot go on.
    package enum Verdict: Sendable { case unreachable, throttled }

    private enum State: Sendable, Equatable {
        case closed
        case open(until: Instant)
        case probing
    }

    private static let failuresInARow = 5
    private static let sampleSize = 20
    private static let sampleAge: Duration = .seconds(30)
    private static let pause: Duration = .seconds(10)
    private static let longestPause: Duration = .seconds(30)
    private static let longestOutage: Duration = .seconds(300)
    private static let longestThrottling: Duration = .seconds(60)

    private var state = State.closed
    private var failures = 0
    /// The last twenty answers, oldest first.
    private var sample: [(at: Instant, failed: Bool)] = []
    private var openings = 0
    private var outageBegan: Instant?
    private var lastFailure: Instant?
    private var throttling: (began: Instant, last: Instant)?

    package init() {}

    package var isClosed: Bool { state == .closed }

    package func permission(at now: Instant) -> Permission {
        switch state {
        case .closed: .go
        case .open(let until): until <= now ? .go : .wait(until: until)
        case .probing: .probing
        }
    }

    /// Call for every write handed out; true when this one is the probe.
    package mutating func handedOut() -> Bool {
        guard case .open = state else { return false }
        state = .probing
        return true
    }

    /// The probe was given up: another one may ask.
    package mutating func giveBackProbe(at now: Instant) {
        if state == .probing { state = .open(until: now) }
    }

    /// While it is not closed only the probe counts: the others left before it opened.
    package mutating func record(_ signal: Signal, isProbe: Bool, at now: Instant) -> Verdict? {
        if let verdict = recordThrottling(signal, at: now) { return verdict }
        guard state == .closed || isProbe else { return nil }
        switch signal {
        case .failed: return recordFailure(at: now)
        case .throttled where state == .closed: return nil
        case .answered, .throttled:
            if state != .closed { close() }
            failures = 0
            keep(failed: false, at: now)
            return nil
        }
    }

    private mutating func recordThrottling(_ signal: Signal, at now: Instant) -> Verdict? {
        guard signal == .throttled else {
            throttling = nil
            return nil
        }
        // Of a delivery long ago, nothing is known of the time since.
        if let last = throttling?.last, last.duration(to: now) > Pace.longestPause { throttling = nil }
        let began = throttling?.began ?? now
        throttling = (began, now)
        return began.duration(to: now) >= Self.longestThrottling ? .throttled : nil
    }

    private mutating func recordFailure(at now: Instant) -> Verdict? {
        if let lastFailure, lastFailure.duration(to: now) > Self.longestOutage {
            // Of a delivery long ago, nothing is known of the time since.
            (outageBegan, openings, failures) = (nil, 0, 0)
        }
        lastFailure = now
        failures += 1
        keep(failed: true, at: now)
        guard state != .closed || failures >= Self.failuresInARow || isSampleBad(at: now) else { return nil }
        openings += 1
        let began = outageBegan ?? now
        outageBegan = began
        state = .open(until: now + min(Self.longestPause, Self.pause * openings))
        return began.duration(to: now) >= Self.longestOutage ? .unreachable : nil
    }

    private mutating func close() {
        state = .closed
        openings = 0
        outageBegan = nil
        sample.removeAll(keepingCapacity: true)
    }

    private mutating func keep(failed: Bool, at now: Instant) {
        if sample.count == Self.sampleSize { sample.removeFirst() }
        sample.append((now, failed))
    }

    private func isSampleBad(at now: Instant) -> Bool {
        guard sample.count == Self.sampleSize, sample[0].at.duration(to: now) <= Self.sampleAge else { return false }
        return sample.count(where: \.failed) * 2 >= Self.sampleSize
    }
}
