import Foundation
import Synchronization

/// How many requests an organization may still make: a bucket that fills by so many a second, up to one second's worth.
final class RequestBudget: Sendable {
    private struct Bucket {
        var tokens: Double
        var filledAt: Date
    }

    /// Nil: no limit.
    private let perSecond: Double?
    private let buckets = Mutex<[String: Bucket]>([:])

    init(perSecond: Double?) { self.perSecond = perSecond }

    struct Outcome {
        var isAllowed: Bool
        var headers: [(name: String, value: String)]
    }

    func take(for organization: String, at now: Date) -> Outcome {
        guard let perSecond else { return Outcome(isAllowed: true, headers: []) }
        let capacity = max(1, perSecond)
        return buckets.withLock { buckets in
            var bucket = buckets[organization] ?? Bucket(tokens: capacity, filledAt: now)
            let elapsed = max(0, now.timeIntervalSince(bucket.filledAt))
            bucket.tokens = min(capacity, bucket.tokens + elapsed * perSecond)
            bucket.filledAt = now
            let isAllowed = bucket.tokens >= 1
            if isAllowed { bucket.tokens -= 1 }
            buckets[organization] = bucket
            return Outcome(
                isAllowed: isAllowed,
                headers: [
                    ("x-ratelimit-limit", String(Int(capacity))), ("x-ratelimit-remaining", String(Int(bucket.tokens))),
                ])
        }
    }

    func reset() { buckets.withLock { $0 = [:] } }
}
