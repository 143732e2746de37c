package import SyncCore

/// Why a run stopped sending before all was sent. What was left is deferred.
package enum StopReason: Sendable, Hashable {
    /// The destination refuses us: 401, 403, a redirect.
    case forbidden(answer: String)
    /// Nothing can work until a person acts.
    case hopeless(answer: String)
    /// It refuses too many users for their own sake: most likely the mapping or the project is wrong.
    case rejected(count: Int, of: Int, answer: String)
    /// It asks for a longer pause than a run may last, or answers nothing but 429.
    case throttled
    /// Nothing has worked for minutes.
    case unreachable(answer: String)

    /// For people: what happened and what to do. Holds no value.
    package var sentence: String {
        switch self {
        case .forbidden(let answer) where AttemptResult.isOfProxy(answer):
            "the proxy lets no request pass (\(answer)): check proxy, and that its rules allow the edge host"
        case .forbidden(let answer):
            "the destination refused every request (\(answer)): check edge_url, project_uid and what stands between"
        case .hopeless(let answer):
            "no request can succeed until this is fixed: \(answer)"
        case .rejected(let count, let total, let answer):
            "\(count) of \(total) users were rejected (\(answer) last): check project_uid and the mapped attributes"
        case .throttled:
            "the destination asks for a longer pause than a run may last (429): run again later"
        case .unreachable(let answer) where AttemptResult.isOfProxy(answer):
            "the destination could not be reached through the proxy for minutes (\(answer)): check that the proxy is up,"
                + " that it reaches the edge host, and that proxy is right"
        case .unreachable(let answer):
            "the destination could not be reached for minutes (\(answer)): check that it is up and edge_url is right"
        }
    }
}

/// Stops a run that does more harm than good: when we are refused, or too many users are.
package struct StopRule: Sendable {
    private static let forbiddenInARow = 5
    private static let canarySize = 20
    private static let smallestRunWithCanary = 200
    private static let notFoundInARow = 5
    private static let lastUsers = 200

    private var forbidden = 0
    /// Users of the canary still to be answered; 0 when it is over or the run is too small for one.
    private var canaryLeft: Int
    private let watchesRejections: Bool
    private var canaryRejected = 0
    private var notFound = 0
    private var last = [Bool](repeating: false, count: lastUsers)
    private var lastCount = 0
    private var lastRejected = 0

    /// `plannedWrites`: users of the whole run.
    package init(plannedWrites: Int) {
        watchesRejections = plannedWrites >= Self.smallestRunWithCanary
        canaryLeft = watchesRejections ? Self.canarySize : 0
    }

    /// One while the canary sings.
    package var maximumInFlight: Int { canaryLeft > 0 ? 1 : .max }

    /// Every answer goes in; the reason to stop comes out.
    package mutating func record(_ result: AttemptResult) -> StopReason? {
        switch result {
        case .hopeless(let answer): return .hopeless(answer: answer)
        case .forbidden(let answer):
            forbidden += 1
            return forbidden >= Self.forbiddenInARow ? .forbidden(answer: answer) : nil
        case .confirmed(let answer):
            forbidden = 0
            return recordUser(rejected: false, answer: answer)
        case .refused(let answer):
            forbidden = 0
            return recordUser(rejected: true, answer: answer)
        case .ambiguous, .unanswered, .throttled, .notSent: return nil
        }
    }

    private mutating func recordUser(rejected: Bool, answer: String) -> StopReason? {
        guard watchesRejections else { return nil }
        recordLast(rejected: rejected)
        guard canaryLeft > 0 else {
            // More than a tenth.
            guard lastCount >= Self.lastUsers, lastRejected * 10 > Self.lastUsers else { return nil }
            return .rejected(count: lastRejected, of: Self.lastUsers, answer: answer)
        }
        canaryLeft -= 1
        if rejected { canaryRejected += 1 }
        notFound = rejected && answer == "404" ? notFound + 1 : 0
        guard canaryRejected * 2 >= Self.canarySize || notFound >= Self.notFoundInARow else { return nil }
        return .rejected(count: canaryRejected, of: Self.canarySize - canaryLeft, answer: answer)
    }

    private mutating func recordLast(rejected: Bool) {
        let slot = lastCount % Self.lastUsers
        if lastCount >= Self.lastUsers, last[slot] { lastRejected -= 1 }
        last[slot] = rejected
        if rejected { lastRejected += 1 }
        lastCount += 1
    }
}
