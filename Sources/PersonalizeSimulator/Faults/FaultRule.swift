/// When a request meets trouble, and which.
struct FaultRule: Sendable {
    /// Which requests a rule looks at, and which of those it hits. Everything that is set must hold.
    struct Match: Sendable {
        var method: String?
        /// `*` stands for any run of characters, `?` for one.
        var path: String?
        var project: String?
        var uid: String?
        /// The share of the requests looked at, 0 to 1.
        var probability = 1.0
        /// Passes over the first so many.
        var after = 0
        /// Hits only the next so many after those.
        var first: Int?
        /// Hits every n-th.
        var every = 1
        /// Counts `after`, `first` and `every` for each user apart.
        var isPerUser = false
    }

    enum Effect: Sendable, Equatable {
        /// Answers with this status instead of the real answer.
        case status(Int, headers: [String: String], body: String)
        /// The real answer, late by `delay`.
        case delay
        /// Closes the connection with RST.
        case reset
        /// Closes the connection in good order, without an answer.
        case drop
        /// Never answers; ends when the client closes.
        case hang
        /// The real answer in small pieces, then close.
        case slow(chunkInBytes: Int, interval: Duration)
        /// Bytes that are no HTTP, then close.
        case garbage
    }

    var name: String
    var match: Match
    var effect: Effect
    /// Waits this long before anything else.
    var delay: Duration
    /// Whether the write takes effect.
    var isApplied: Bool
}

/// Matches `*` and `?` without backtracking further than the last star.
enum Glob {
    static func matches(_ pattern: String, _ text: String) -> Bool {
        let pattern = Array(pattern.utf8)
        let text = Array(text.utf8)
        var place = 0
        var position = 0
        var lastStar: (place: Int, position: Int)?
        while position < text.count {
            if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
                lastStar = (place, position)
                place += 1
            } else if place < pattern.count, pattern[place] == UInt8(ascii: "?") || pattern[place] == text[position] {
                place += 1
                position += 1
            } else if let star = lastStar {
                place = star.place + 1
                position = star.position + 1
                lastStar = (star.place, position)
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
