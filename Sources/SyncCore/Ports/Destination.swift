/// One PATCH to come: whose, and the exact bytes of its body.
package struct PlannedWrite: Sendable, Hashable {
    /// The operation's sequence in its plan; answers are reported by it.
    package var index: Int
    package var userUID: UserUID
    package var body: [UInt8]

    package init(index: Int, userUID: UserUID, body: [UInt8]) {
        self.index = index
        self.userUID = userUID
        self.body = body
    }
}

/// What one attempt proved, in words that hold for any destination. `answer` is `204`, `timeout`, `reset` …: short,
/// safe to show, never a value.
package enum AttemptResult: Sendable, Hashable {
    /// The destination has the values.
    case confirmed(answer: String)
    /// It may have them: another 2xx, a garbled or lost answer after the request left, 408, 425, 5xx. As far as can be
    /// seen it is done with the request.
    case ambiguous(answer: String)
    /// It may have them, or get them yet: the request left, and nobody waits for it any more (a timeout, ours or a
    /// gateway's), or it was taken for later.
    case unanswered(answer: String)
    /// It has them not, through no fault of theirs: not connected.
    case notSent(answer: String)
    /// It has them not and asks for a pause (429); `after` is its Retry-After, if any.
    case throttled(answer: String, after: Duration?)
    /// It refused this user's values: 400 404 413 415 422 431.
    case refused(answer: String)
    /// It refused us: 401, 403, a redirect.
    case forbidden(answer: String)
    /// Nothing can work until a person acts: a certificate error.
    case hopeless(answer: String)

    package var answer: String {
        switch self {
        case .confirmed(let answer), .ambiguous(let answer), .unanswered(let answer), .notSent(let answer),
            .throttled(let answer, _), .refused(let answer), .forbidden(let answer), .hopeless(let answer):
            answer
        }
    }

    /// Whether an `answer` is a proxy's, or of a proxy out of reach: the destination has heard nothing.
    package static func isOfProxy(_ answer: String) -> Bool { answer.contains("proxy") }
}

/// What a connection does next.
package enum FeedStep: Sendable {
    case write(PlannedWrite)
    /// Nothing may be sent before then; ask again.
    case wait(until: ContinuousClock.Instant)
    /// Nothing to send now; `onWork` says when to ask again.
    case idle
    /// Close when nothing is in flight.
    case finished
}

/// Where a destination pulls writes from and reports answers to: window-shaped, so that the hot path has no task or
/// continuation a request. Every write handed out is reported exactly once, also when the destination gives up.
package protocol WriteFeed: AnyObject, Sendable {
    /// The next write that may leave now. A user is never handed out while an earlier write of theirs is unreported.
    func next(at now: ContinuousClock.Instant) -> FeedStep
    /// To be called before the first byte of a write that was handed out may leave.
    func leaves(_ index: Int)
    /// `latency` from the hand-out to the answer.
    func report(_ result: AttemptResult, index: Int, latency: Duration, at now: ContinuousClock.Instant)
    /// `report`, and at once `next`: what the connection does that has just been answered. `hasMore`: there is something
    /// to do for another one as well.
    func exchange(_ result: AttemptResult, index: Int, latency: Duration, at now: ContinuousClock.Instant)
        -> (step: FeedStep, hasMore: Bool)
    /// Called (from any thread) when `next` may answer differently than `.idle` or an earlier wait.
    func onWork(_ wake: @escaping @Sendable () -> Void)
}

extension WriteFeed {
    package func exchange(
        _ result: AttemptResult, index: Int, latency: Duration, at now: ContinuousClock.Instant
    ) -> (step: FeedStep, hasMore: Bool) {
        report(result, index: index, latency: latency, at: now)
        return (next(at: now), true)
    }
}

/// What went wrong outside any one attempt.
package struct DestinationFailure: Error, Sendable {
    package var diagnostic: Diagnostic
    package init(_ diagnostic: Diagnostic) { self.diagnostic = diagnostic }
}

/// A place that users are sent to. It knows how to write one user and what an answer proves; order, retries, pace and
/// books are the engine's.
package protocol Destination: Sendable {
    var identity: DestinationIdentity { get }

    /// Sends what the feed hands out until the feed says `.finished`, at most `maximumInFlight` at once, then closes its
    /// connections and returns. Cancelling the task closes them at once; what was in flight is reported unanswered.
    func deliver(from feed: any WriteFeed, maximumInFlight: Int) async throws(DestinationFailure)

    /// What `doctor` asks: one harmless request. Returns a sentence on what answered.
    func probe() async throws(DestinationFailure) -> String
}
