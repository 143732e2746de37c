import Foundation
import SyncCore
import TestKit

/// A destination in virtual time: how long it takes, how much it allows, when it is down. Times are seconds since the
/// start, shares go from 0 to 1.
struct VirtualServer {
    /// How long one request takes once it is worked on.
    var latency = Latency(median: 0.05)
    /// Requests that it works on at once; others wait in line. Nil: all of them.
    var workers: Int?
    var allowance: (any Allowance)?
    /// When it answers 503 to all.
    var outages: [Range<Double>] = []
    /// Of the requests outside of outages, the share that it answers 503.
    var failures = 0.0
    /// When it takes so many times as long.
    var slowness: (Range<Double>, factor: Double)?
    /// What a 429 and an outage's 503 take.
    var refusalLatency = 0.02

    private var freeAt = VirtualQueue<Void>()

    struct Latency {
        var median: Double
        /// Of the logarithm; 0: always the same.
        var spread = 0.0
        /// The share that takes `spike` seconds instead.
        var spikes = 0.0
        var spike: ClosedRange<Double> = 1...10

        /// Contentstack's: p50 120 ms, p95 380 ms, one in five hundred above a second.
        static let contentstack = Latency(median: 0.12, spread: log(380.0 / 120) / 1.645, spikes: 0.002)

        func seconds(using random: inout SplitMix) -> Double {
            if spikes > 0, Double.random(in: 0..<1, using: &random) < spikes {
                return Double.random(in: spike, using: &random)
            }
            guard spread > 0 else { return median }
            let (u, v) = (Double.random(in: 0x1p-53..<1, using: &random), Double.random(in: 0..<1, using: &random))
            return median * exp(spread * (-2 * log(u)).squareRoot() * cos(2 * .pi * v))
        }
    }

    /// What a request that arrives now is answered, and when.
    mutating func answer(at now: Double, using random: inout SplitMix) -> (result: AttemptResult, at: Double) {
        if outages.contains(where: { $0.contains(now) }) { return (.ambiguous(answer: "503"), now + refusalLatency) }
        if let refusal = allowance?.refusal(at: now) {
            return (.throttled(answer: "429", after: refusal.after), now + refusalLatency)
        }
        var seconds = latency.seconds(using: &random)
        if let slowness, slowness.0.contains(now) { seconds *= slowness.factor }
        var end = now + seconds
        if let workers {
            while let free = freeAt.firstTime, free <= now { _ = freeAt.popFirst() }
            if freeAt.count >= workers, let free = freeAt.popFirst()?.time { end = free + seconds }
            freeAt.insert((), at: end)
        }
        let fails = failures > 0 && Double.random(in: 0..<1, using: &random) < failures
        return (fails ? .ambiguous(answer: "503") : .confirmed(answer: "204"), end)
    }
}

/// How many requests a server allows.
protocol Allowance: Sendable {
    /// Nil: it is allowed. `after` is the Retry-After, if the server gives one.
    mutating func refusal(at now: Double) -> (after: Duration?, Void)?
}

/// So many a second, and so many at once after a rest.
struct TokenBucket: Allowance {
    /// At a time.
    var rate: @Sendable (Double) -> Double
    var burst: Double
    var retryAfter: Duration?
    private var tokens: Double
    private var filledAt = 0.0

    init(rate: @escaping @Sendable (Double) -> Double, burst: Double, retryAfter: Duration? = nil) {
        (self.rate, self.burst, self.retryAfter, tokens) = (rate, burst, retryAfter, burst)
    }

    mutating func refusal(at now: Double) -> (after: Duration?, Void)? {
        tokens = min(burst, tokens + (now - filledAt) * rate(now))
        filledAt = now
        guard tokens >= 1 else { return (retryAfter, ()) }
        tokens -= 1
        return nil
    }
}

/// So many in each stretch of the clock; Retry-After names its end in whole seconds.
struct FixedWindow: Allowance {
    var quota: Int
    var seconds: Double
    var givesRetryAfter: Bool
    private var window = 0
    private var used = 0

    init(quota: Int, seconds: Double, givesRetryAfter: Bool) {
        (self.quota, self.seconds, self.givesRetryAfter) = (quota, seconds, givesRetryAfter)
    }

    mutating func refusal(at now: Double) -> (after: Duration?, Void)? {
        let current = Int(now / seconds)
        if current != window { (window, used) = (current, 0) }
        guard used >= quota else {
            used += 1
            return nil
        }
        let left = Double(current + 1) * seconds - now
        return (givesRetryAfter ? .seconds(Int(left.rounded(.up))) : nil, ())
    }
}
