/// What Headrace remembers. Every call is one transaction: it happens wholly or not at all, and is durable when it
/// returns. Reading calls take no lock.
package protocol StateStore: Sendable {
    // MARK: Identity

    /// Digest of the install key that the state was made with; nil in a new state.
    func keyCheck() async throws(StateFailure) -> [UInt8]?
    func setKeyCheck(_ digest: [UInt8]) async throws(StateFailure)

    // MARK: Witness

    /// Holds the state against its witness. Where a copy was put back, everyone whom the state holds becomes dirty in one
    /// transaction, and its scopes say so (`ScopeRecord.restoredAt`) until a plan of everyone begins to be delivered.
    func examineWitness(at now: WallTime) async throws(StateFailure) -> WitnessVerdict

    // MARK: Leases

    /// Takes all the named locks or none. A lock whose holder `isGone`, or that was not renewed for 45 s by a holder
    /// on another host, is taken over. That holder may live: whoever is in its run's open window is dirty again once the
    /// new run has ended.
    func acquireLeases(
        _ names: [String], holder: LeaseHolder, run: RunID, at now: WallTime,
        isGone: @Sendable (LeaseHolder) -> Bool
    ) async throws(StateFailure) -> LeaseResult
    /// False when the run's leases are no longer its own.
    func renewLeases(run: RunID, at now: WallTime) async throws(StateFailure) -> Bool
    func releaseLeases(run: RunID) async throws(StateFailure)

    // MARK: Runs

    /// Inserts or replaces the run's row, its guards and its sample of invalid rows.
    func saveRun(_ report: RunReport) async throws(StateFailure)
    /// Ends every run of the sync that is not final and not `current`: whoever is in an open window is marked dirty,
    /// counts are made from the outcomes, the status becomes `interrupted`. The caller holds the sync's lease.
    func recoverRuns(of sync: String, except current: RunID, at now: WallTime) async throws(StateFailure) -> [RunID]
    /// Plans of any sync that were made before this and not delivered become `superseded` and lose their bodies.
    func expirePlans(before limit: WallTime) async throws(StateFailure)
    /// Names what the sync keeps no clear text of. Where that is more than before, what earlier plans recorded of
    /// users and values goes: their counts stay. The caller holds the sync's lease.
    func protect(_ names: Set<String>, of sync: String) async throws(StateFailure)
    /// Newest first.
    func runs(sync: String?, limit: Int) async throws(StateFailure) -> [RunReport]
    /// By id or an unambiguous prefix of it.
    func run(matching prefix: String) async throws(StateFailure) -> RunReport?
    func invalidRows(of run: RunID) async throws(StateFailure) -> [InvalidRow]
    /// False when there is no such run in progress.
    func requestCancel(of run: RunID) async throws(StateFailure) -> Bool
    func isCancelRequested(of run: RunID) async throws(StateFailure) -> Bool

    // MARK: Snapshot

    /// The scope of a sync at a destination, made when new.
    func scope(sync: String, identity: DestinationIdentity) async throws(StateFailure) -> ScopeRecord
    /// Users of the snapshot that were confirmed at least once.
    func confirmedUsers(of scope: Int64) async throws(StateFailure) -> Int
    /// Index entries in the store's own order, at most `limit`; pass the returned cursor on, start with 0. The cursor
    /// is nil after the last.
    func snapshotIndex(scope: Int64, after cursor: Int64, limit: Int) async throws(StateFailure)
        -> (entries: [SnapshotIndexEntry], next: Int64?)
    func snapshotUsers(scope: Int64, keyHashes: [KeyHash]) async throws(StateFailure) -> [SnapshotUser]
    /// How far the scope's model was read and delivered; nil before the first delivery with a cursor.
    func cursor(of scope: Int64) async throws(StateFailure) -> CursorRecord?
    /// Users whose write may be under way: those in the open window of a plan that is being delivered, or was when its
    /// process ended, those confirmed whom the snapshot does not show yet, and those of late writes.
    func openWindow(of scope: Int64) async throws(StateFailure) -> [KeyHash]

    // MARK: Plans

    /// Starts a plan in status `building`.
    func beginPlan(_ plan: PlanRecord) async throws(StateFailure)
    /// Operations get consecutive sequence numbers from 1; withdrawn users' operations and settlements are deleted.
    /// Of the invalid rows the first 1,000 of a plan are kept.
    func append(_ chunk: PlanChunk, to plan: PlanID) async throws(StateFailure)
    /// Deletes all operations but those of the given users (`--limit`, `--key`).
    func keepOperations(of users: [KeyHash], in plan: PlanID) async throws(StateFailure)
    /// The plan becomes `ready` or `blocked` with its counts and guards. Older plans of the sync that are not being
    /// delivered become `superseded` and lose their bodies; so does this one where a newer plan was finished first.
    /// Returns what became of it.
    @discardableResult
    func finishPlan(_ plan: PlanRecord) async throws(StateFailure) -> PlanStatus
    func discardPlan(_ plan: PlanID) async throws(StateFailure)
    /// By id or an unambiguous prefix of it.
    func plan(matching prefix: String) async throws(StateFailure) -> PlanRecord?
    /// The newest plan of a sync that is not `building`.
    func newestPlan(of sync: String) async throws(StateFailure) -> PlanRecord?
    /// In sequence order, after `sequence`.
    func operations(of plan: PlanID, after sequence: Int, limit: Int) async throws(StateFailure) -> [OperationRecord]

    // MARK: Delivery

    /// The plan becomes `delivering` by this run, the scope's identity the sync's last one; the sync had rows if the
    /// plan has any. The scope's cursor mark goes where the plan read everything, or was made without a cursor; a whole
    /// plan that was made since ends `restoredAt`. From here to `finishDelivery` every call is known to the witness, if
    /// there is one, when it returns.
    ///
    /// Counts as the scope's next delivery. Operations of users that were rejected before with the same values get their
    /// outcome here, by the rule of `Ageing`, unless the user is dirty; users whose values changed are rejected no more.
    /// Returns what is withheld of the whole plan, earlier deliveries of it included.
    @discardableResult
    func beginDelivery(of plan: PlanID, run: RunID, quarantineAfterRuns: Int) async throws(StateFailure)
        -> WithheldCounts
    /// The plan's operations by their outcomes so far.
    func operationCounts(of plan: PlanID) async throws(StateFailure) -> OperationCounts
    /// Operations without an outcome after `sequence`, in order.
    func operationsToSend(of plan: PlanID, after sequence: Int, limit: Int) async throws(StateFailure)
        -> [OperationToSend]
    /// One transaction: writes the outcomes, marks those not confirmed that may have been applied dirty, deletes sealed
    /// bodies that have their outcome, and opens the window through `openThrough`: every operation up to it that has no
    /// outcome counts as dirty from now on. Confirmed users move into (or out of) the snapshot then or later, at the
    /// latest when the delivery ends or is recovered; until then `openWindow` names them.
    ///
    /// A rejected user's runs are counted, a confirmed user's rejections are forgotten.
    func commit(_ outcomes: [OutcomeRecord], openThrough: Int, plan: PlanID, run: RunID) async throws(StateFailure)
    /// Where the run says how far it has sent, at each `step`-th operation; to be asked for before the first window is
    /// opened. Nil where this machine has no place for it.
    func beginSendMark(of run: RunID, step: Int) async -> (any SendMark)?
    /// What a run that has lost its locks may have sent since: these operations' users are dirty from the sync's next run
    /// on, whatever a run in progress confirms. Nothing happens where the run still has its locks.
    func noteLateWrites(_ sequences: [Int], plan: PlanID, run: RunID) async throws(StateFailure)
    /// One transaction: operations without an outcome become `deferred`, settlements are applied, the plan is
    /// `finished`, the run's row is saved, and the cursor's mark moves where nothing holds it. After a whole plan, users
    /// without an operation in it are rejected no more. Returns the operations' counts as the state has them.
    func finishDelivery(of plan: PlanID, report: RunReport) async throws(StateFailure) -> OperationCounts

    // MARK: Rejected users

    /// What `beginDelivery` would withhold of a plan if it began now. Nothing is written.
    func withheld(of plan: PlanID, quarantineAfterRuns: Int) async throws(StateFailure) -> WithheldCounts
    /// Users of the sync, at any destination, whose last rejection still counts.
    func rejectedUsers(of sync: String) async throws(StateFailure) -> [RejectedUser]
    /// Forgets the rejections of these users of the sync, or of all, at any destination: the next delivery sends them.
    /// Needs no lock: a run in progress has its withheld operations already. Returns how many there were, by the
    /// `quarantineAfterRuns` of the last delivery.
    func release(_ users: [KeyHash]?, of sync: String) async throws(StateFailure) -> WithheldCounts
}
