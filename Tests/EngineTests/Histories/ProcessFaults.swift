import SyncCore

/// What will go wrong in one process, decided before it starts.
struct ProcessFaults: Sendable, CustomStringConvertible {
    enum Cut: Sendable {
        /// Killed at its nth call of the state, before or after it took effect.
        case killedAtCall(Int, afterEffect: Bool)
        /// Killed at the nth event of its delivery.
        case killedAtEvent(Int)
        /// The state fails its nth call, and all after it.
        case stateFails(Int, forGood: Bool)
    }

    enum Interlude: Sendable {
        case change, run, otherSync, plan, apply, signal, cancel, takeover
    }

    var cut: Cut?
    /// The share of requests that do not simply succeed.
    var destination = 0.0
    /// After so many rows.
    var sourceFails: (after: Int, kind: SourceFailure.Kind)?
    /// What others do in its midst: while it reads, or at the nth event of its delivery.
    var interlude: (at: Int, isInRead: Bool, what: Interlude)?

    var description: String {
        var parts: [String] = []
        if let cut { parts.append("\(cut)") }
        if destination > 0 { parts.append("\(Int(destination * 100)) % of requests fail") }
        if let sourceFails { parts.append("the source fails with \(sourceFails.kind) after \(sourceFails.after) rows") }
        if let interlude {
            parts.append("\(interlude.what) \(interlude.isInRead ? "in its read" : "at event \(interlude.at)")")
        }
        return parts.isEmpty ? "no trouble" : parts.joined(separator: ", ")
    }
}
