/// A run that has not ended, and who holds its locks.
package struct OpenRun: Sendable, Hashable {
    package var run: RunID
    /// Nil when nobody does: its process ended without closing it.
    package var holder: LeaseHolder?
    package var renewedAt: WallTime?

    package init(run: RunID, holder: LeaseHolder?, renewedAt: WallTime?) {
        self.run = run
        self.holder = holder
        self.renewedAt = renewedAt
    }
}

/// The snapshot of one sync at one destination, as people look it up.
package struct SnapshotRecord: Sendable, Hashable {
    package var sync: String
    package var identity: DestinationIdentity
    /// Where the sync's last run that passed its guards sent to.
    package var isLast: Bool
    /// Users that were confirmed at least once.
    package var users: Int
    /// Nil where no run of a model with a cursor was delivered.
    package var cursor: CursorRecord?
    /// The state was found to be an older copy, and the sync's guard still waits for somebody to say so be it.
    package var isRestored = false

    package init(
        sync: String, identity: DestinationIdentity, isLast: Bool, users: Int, cursor: CursorRecord? = nil
    ) {
        self.sync = sync
        self.identity = identity
        self.isLast = isLast
        self.users = users
        self.cursor = cursor
    }
}

/// Operations of a run that ended in the same way.
package struct AnswerCount: Sendable, Hashable {
    package var outcome: OperationOutcome
    /// The last answer: `404`, `timeout`, …; nil where there was none.
    package var answer: String?
    package var count: Int
    /// The primary keys of the first three, in the plan's order.
    package var keys: [ProtectedText]

    package init(outcome: OperationOutcome, answer: String?, count: Int, keys: [ProtectedText]) {
        self.outcome = outcome
        self.answer = answer
        self.count = count
        self.keys = keys
    }
}

/// What commands look up in the state besides a run's own work. Every call sees one moment; nothing is written.
package protocol StateInspection: StateStore {
    /// What `examineWitness` would say; nothing is marked.
    func witnessVerdict() async throws(StateFailure) -> WitnessVerdict
    /// Where the state's witness is kept; nil where it has none.
    func witnessPath() async throws(StateFailure) -> String?
    /// Syncs that the state has a run or a snapshot of, sorted; the project may no longer have them.
    func knownSyncs() async throws(StateFailure) -> [String]
    /// Every snapshot, by sync.
    func snapshots() async throws(StateFailure) -> [SnapshotRecord]
    /// Runs whose id begins with the prefix, newest first.
    func runs(beginningWith prefix: String, limit: Int) async throws(StateFailure) -> [RunID]
    /// Plans whose id begins with the prefix, newest first.
    func plans(beginningWith prefix: String, limit: Int) async throws(StateFailure) -> [PlanID]
    /// Every run that has not ended.
    func openRuns() async throws(StateFailure) -> [OpenRun]
    /// How the operations that the run delivered and that were not confirmed ended, the most frequent first.
    func answers(of run: RunID) async throws(StateFailure) -> [AnswerCount]
}
