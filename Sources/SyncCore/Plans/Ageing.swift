/// How long a user whom the destination rejected is left alone: one run, then two, four, eight … pass before the same
/// values are sent again, and once they were rejected in enough runs, they are not sent any more.
package struct Ageing: Sendable, Hashable {
    /// Runs in a row that had the same values rejected, at least 1.
    package var rejectedRuns: Int
    /// Which delivery of the snapshot was the last of them; deliveries are counted from 1.
    package var lastDelivery: Int

    package init(rejectedRuns: Int, lastDelivery: Int) {
        (self.rejectedRuns, self.lastDelivery) = (rejectedRuns, lastDelivery)
    }

    /// What an operation that waits for its turn has in place of an answer.
    package static let answer = "ageing"
    /// A wait past this is as good as for ever, and one that doubled on would overflow.
    private static let longestWait = 1 << 30

    /// After one more rejection. `earlier` is of the same values; nil when there was none.
    package static func rejected(in delivery: Int, after earlier: Ageing?) -> Ageing {
        guard let earlier else { return Ageing(rejectedRuns: 1, lastDelivery: delivery) }
        // A delivery counts once, however often its outcome is written.
        guard earlier.lastDelivery != delivery else { return earlier }
        return Ageing(rejectedRuns: earlier.rejectedRuns + 1, lastDelivery: delivery)
    }

    /// The delivery in which the same values are sent again, unless they are quarantined.
    package var nextDelivery: Int {
        let doublings = max(0, min(rejectedRuns - 1, Self.longestWait.trailingZeroBitCount))
        return lastDelivery + (1 << doublings)
    }

    package func isQuarantined(afterRuns limit: Int) -> Bool { rejectedRuns >= limit }

    /// The outcome of an operation that is not sent in this delivery; nil when it is.
    package func outcome(in delivery: Int, quarantineAfterRuns limit: Int) -> OperationOutcome? {
        if isQuarantined(afterRuns: limit) { return .quarantined }
        return delivery < nextDelivery ? .deferred : nil
    }
}

/// Operations of a plan that are not sent, since their users were rejected before and their values are still the same.
package struct WithheldCounts: Sendable, Hashable {
    /// They wait for their turn, and end deferred.
    package var ageing: Int
    package var quarantined: Int
    package init(ageing: Int = 0, quarantined: Int = 0) { (self.ageing, self.quarantined) = (ageing, quarantined) }

    package var total: Int { ageing + quarantined }
}

/// A user whom the destination rejected, with values that were neither confirmed nor changed since.
package struct RejectedUser: Sendable, Hashable {
    package var keyHash: KeyHash
    package var userUID: ProtectedText
    /// Parts of a list joined by `/`.
    package var primaryKey: ProtectedText
    package var rejectedRuns: Int

    package init(keyHash: KeyHash, userUID: ProtectedText, primaryKey: ProtectedText, rejectedRuns: Int) {
        self.keyHash = keyHash
        self.userUID = userUID
        self.primaryKey = primaryKey
        self.rejectedRuns = rejectedRuns
    }
}
