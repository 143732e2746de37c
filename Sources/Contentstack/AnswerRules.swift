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
        case 408, 425: .ambiguous(answer: word)
        case 400..<500: .refused(answer: word)
        default: .ambiguous(answer: word)
        }
    }

    /// Seconds, or an HTTP-date measured against the answer's own Date: our clock plays no part.
    static func retryAfter(_ answer: HTTPAnswer) -> Duration? {
        guard let text = answer.header("retry-after") else { return nil }
        if !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            return .seconds(min(Int64(text) ?? .max, 1_000_000_000))
        }
        guard let until = HTTPDate.seconds(text), let now = answer.header("date").flatMap(HTTPDate.seconds) else {
            return nil
        }
        return .seconds(max(0, until - now))
    }
}

/// The date form that every HTTP sender must use: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 section 5.6.7).
package enum HTTPDate {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Seconds since 1970; nil for anything else, obsolete forms included.
    package static func seconds(_ text: String) -> Int64? {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 6, words[0].last == ",", words[5] == "GMT",
            let day = number(words[1], digits: 2), let year = number(words[3], digits: 4),
            let month = months.firstIndex(of: String(words[2]))
        else { return nil }
        let clock = words[4].split(separator: ":", omittingEmptySubsequences: false)
        guard clock.count == 3, let hour = number(clock[0], digits: 2), let minute = number(clock[1], digits: 2),
            let second = number(clock[2], digits: 2), hour < 24, minute < 60, second <= 60
        else { return nil }
        let date = CivilDate(year: year, month: Int64(month) + 1, day: day)
        guard date.isValid else { return nil }
        return date.daysSince1970 * 86_400 + hour * 3600 + minute * 60 + second
    }

    private static func number(_ text: Substring, digits: Int) -> Int64? {
        guard text.utf8.count == digits, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int64(text)
    }
}
