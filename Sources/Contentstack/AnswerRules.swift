package import OutboundHTTP
package import SyncCore

/// What an answer of `PATCH /user-attributes` proves.
package enum AnswerRules {
    package static let userUIDHeader = "x-cs-personalize-user-uid"

    /// 200 and 204 confirm, unless the answer names another user than was asked about.
    package static func classify(_ answer: HTTPAnswer, for user: UserUID) -> AttemptResult {
        if answer.status == 429 { return .throttled(answer: "429", after: retryAfter(answer)) }
        let result = classify(status: answer.status)
        guard case .confirmed = result, answer.headers(userUIDHeader).contains(where: { $0 != user.text }) else {
            return result
        }
        return .ambiguous(answer: "\(answer.status) for another user")
    }

    /// By status alone; 429 is the caller's, who knows its Retry-After.
    package static func classify(status: Int) -> AttemptResult {
        let word = String(status)
        return switch status {
        case 200, 204: .confirmed(answer: word)
        case 429: .throttled(answer: word, after: nil)
        case 401, 403, 300..<400: .forbidden(answer: word)
        // These are about the way there or the request's form, and so about no user.
        case 405, 407, 421, 426, 428, 451: .forbidden(answer: word)
        // Taken for later; given up on by a gateway, behind which the work may go on.
        case 202, 504: .unanswered(answer: word)
        case 408, 425: .ambiguous(answer: word)
        case 400..<500: .refused(answer: word)
        default: .ambiguous(answer: word)
        }
    }

    private static func retryAfter(_ answer: HTTPAnswer) -> Duration? {
        answer.header("retry-after").flatMap { RetryAfter.pause($0, date: answer.header("date")) }
    }
}

/// What a Retry-After asks for (RFC 9110 section 10.2.3).
package enum RetryAfter {
    /// So long a pause is refused anyway, and no sum of it overflows.
    private static let longest: Int64 = 1_000_000_000

    /// Whole seconds (a fraction, which the RFC does not know, is rounded up), or an HTTP-date measured against the
    /// answer's own `date`: our clock plays no part. Nil where there is no telling: nonsense, a negative number, or a
    /// date in an answer that has none itself. Then the pause is as long as without a Retry-After.
    package static func pause(_ text: String, date: String?) -> Duration? {
        if let seconds = seconds(text) { return .seconds(seconds) }
        guard let until = HTTPDate.seconds(text), let now = date.flatMap(HTTPDate.seconds) else { return nil }
        return .seconds(min(max(0, until - now), longest))
    }

    private static func seconds(_ text: String) -> Int64? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let isNumber = parts.allSatisfy { part in
            !part.isEmpty && part.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        }
        guard isNumber else { return nil }
        let isFractional = parts.count == 2 && parts[1].contains { $0 != "0" }
        let whole = min(Int64(parts[0]) ?? longest, longest)
        return isFractional ? whole + 1 : whole
    }
}
