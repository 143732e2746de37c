/// Whose details `state prune` may delete: those of runs that ended before a moment, but not of the newest of each sync.
package struct PruneRule: Sendable, Hashable {
    package var endedBefore: WallTime
    /// Newest runs of each sync that keep theirs however old they are, at least 1.
    package var keptRuns: Int

    package init(endedBefore: WallTime, keptRuns: Int) {
        self.endedBefore = endedBefore
        self.keptRuns = max(1, keptRuns)
    }
}

/// What was pruned, or would be. A run counts when something of it goes; its row stays.
package struct PruneCounts: Sendable, Hashable {
    package var runs = 0
    package var plans = 0
    package var operations = 0
    package var invalidRows = 0
    package var attempts = 0
    package init() {}
}

/// How large the state is, and what takes the room.
package struct StateUsage: Sendable, Hashable {
    /// What rows belong to.
    package enum Part: String, Sendable, CaseIterable { case snapshot, plans, runs, other }

    package var sizeInBytes: Int
    /// Pages without content; the next rows go there.
    package var freeInBytes: Int
    /// Nil where the database cannot say.
    package var parts: [Part: Int]?
    /// When `state prune` last deleted something.
    package var prunedAt: WallTime?

    package init(sizeInBytes: Int, freeInBytes: Int, parts: [Part: Int]?, prunedAt: WallTime?) {
        self.sizeInBytes = sizeInBytes
        self.freeInBytes = freeInBytes
        self.parts = parts
        self.prunedAt = prunedAt
    }
}

/// What was forgotten of a sync at one destination.
package struct ForgottenSnapshot: Sendable, Hashable {
    package var identity: DestinationIdentity
    /// Confirmed or dirty.
    package var users = 0
    package var quarantined = 0
    package var hadCursor = false
    /// Plans that can no longer be applied.
    package var plans = 0
    package init(_ identity: DestinationIdentity) { self.identity = identity }
}

/// Keeping the state small and sound, by hand.
package protocol StateUpkeep: StateInspection {
    /// What `prune` would delete now; nothing is written.
    func prunable(_ rule: PruneRule) async throws(StateFailure) -> PruneCounts
    /// Deletes details in short transactions, so that runs in progress go on. Every run's row stays, and so do the newest
    /// plan of each sync, plans that can be applied, and all that belongs to a run in progress.
    func prune(_ rule: PruneRule, at now: WallTime) async throws(StateFailure) -> PruneCounts
    /// Gives free room back to the disk. Needs as much of it as the state takes, and keeps everyone else from writing.
    func compact() async throws(StateFailure)
    func usage() async throws(StateFailure) -> StateUsage
    /// What is wrong inside the state, at most a hundred sentences; none when it is sound.
    func damage() async throws(StateFailure) -> [String]
    /// One transaction: forgets a sync's users, cursor and quarantine at these destinations, and ends its plans there that
    /// were not delivered. The caller holds the sync's lease as `run`, and has closed its killed runs.
    func forget(
        _ sync: String, at destinations: [DestinationIdentity], run: RunID
    ) async throws(StateFailure) -> [ForgottenSnapshot]
}
