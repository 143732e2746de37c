import SyncCore

/// The state as one process sees it: its calls are counted, and may fail or never come back.
struct FaultyStateStore: StateStore {
    let store: any StateStore
    let process: HistoryProcess

    private func call<Result: Sendable>(
        _ name: String = #function, isCounted: Bool = true, _ body: () async throws -> Result
    ) async throws(StateFailure) -> Result {
        do {
            if isCounted { try process.callBegins(name) } else { try process.refuseDead() }
            process.runner.callBegins()
            let result: Swift.Result<Result, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            if isCounted { try process.callEnded(name) }
            return try result.get()
        } catch let failure as StateFailure {
            throw failure
        } catch {
            throw StateFailure(.inconsistent, .error("test", "\(error)"))
        }
    }

    func examineWitness(at now: WallTime) async throws(StateFailure) -> WitnessVerdict {
        try await call { try await store.examineWitness(at: now) }
    }
    func keyCheck() async throws(StateFailure) -> [UInt8]? { try await call { try await store.keyCheck() } }
    func setKeyCheck(_ digest: [UInt8]) async throws(StateFailure) {
        try await call { try await store.setKeyCheck(digest) }
    }

    func acquireLeases(
        _ names: [String], holder: LeaseHolder, run: RunID, at now: WallTime,
        isGone: @Sendable (LeaseHolder) -> Bool
    ) async throws(StateFailure) -> LeaseResult {
        let result = try await call {
            try await store.acquireLeases(names, holder: holder, run: run, at: now, isGone: isGone)
        }
        if case .acquired = result { process.locked() }
        return result
    }
    // What the lock keeper calls depends on its clock, so that it does not count.
    func renewLeases(run: RunID, at now: WallTime) async throws(StateFailure) -> Bool {
        try await call(isCounted: false) { try await store.renewLeases(run: run, at: now) }
    }
    func isCancelRequested(of run: RunID) async throws(StateFailure) -> Bool {
        try await call(isCounted: false) { try await store.isCancelRequested(of: run) }
    }
    func releaseLeases(run: RunID) async throws(StateFailure) {
        try await call { try await store.releaseLeases(run: run) }
        process.unlocked()
    }

    func saveRun(_ report: RunReport) async throws(StateFailure) { try await call { try await store.saveRun(report) } }
    func recoverRuns(of sync: String, except current: RunID, at now: WallTime) async throws(StateFailure) -> [RunID] {
        try await call { try await store.recoverRuns(of: sync, except: current, at: now) }
    }
    func expirePlans(before limit: WallTime) async throws(StateFailure) {
        try await call { try await store.expirePlans(before: limit) }
    }
    func protect(_ names: Set<String>, of sync: String) async throws(StateFailure) {
        try await call { try await store.protect(names, of: sync) }
    }
    func runs(sync: String?, limit: Int) async throws(StateFailure) -> [RunReport] {
        try await call { try await store.runs(sync: sync, limit: limit) }
    }
    func run(matching prefix: String) async throws(StateFailure) -> RunReport? {
        try await call { try await store.run(matching: prefix) }
    }
    func invalidRows(of run: RunID) async throws(StateFailure) -> [InvalidRow] {
        try await call { try await store.invalidRows(of: run) }
    }
    func requestCancel(of run: RunID) async throws(StateFailure) -> Bool {
        try await call { try await store.requestCancel(of: run) }
    }

    func scope(sync: String, identity: DestinationIdentity) async throws(StateFailure) -> ScopeRecord {
        try await call { try await store.scope(sync: sync, identity: identity) }
    }
    func confirmedUsers(of scope: Int64) async throws(StateFailure) -> Int {
        try await call { try await store.confirmedUsers(of: scope) }
    }
    func snapshotIndex(scope: Int64, after cursor: Int64, limit: Int) async throws(StateFailure)
        -> (entries: [SnapshotIndexEntry], next: Int64?)
    {
        try await call { try await store.snapshotIndex(scope: scope, after: cursor, limit: limit) }
    }
    func snapshotUsers(scope: Int64, keyHashes: [KeyHash]) async throws(StateFailure) -> [SnapshotUser] {
        try await call { try await store.snapshotUsers(scope: scope, keyHashes: keyHashes) }
    }
    func cursor(of scope: Int64) async throws(StateFailure) -> CursorRecord? {
        try await call { try await store.cursor(of: scope) }
    }
    func openWindow(of scope: Int64) async throws(StateFailure) -> [KeyHash] {
        try await call { try await store.openWindow(of: scope) }
    }

    func beginPlan(_ plan: PlanRecord) async throws(StateFailure) { try await call { try await store.beginPlan(plan) } }
    func append(_ chunk: PlanChunk, to plan: PlanID) async throws(StateFailure) {
        try await call { try await store.append(chunk, to: plan) }
    }
    func keepOperations(of users: [KeyHash], in plan: PlanID) async throws(StateFailure) {
        try await call { try await store.keepOperations(of: users, in: plan) }
    }
    func finishPlan(_ plan: PlanRecord) async throws(StateFailure) -> PlanStatus {
        try await call { try await store.finishPlan(plan) }
    }
    func discardPlan(_ plan: PlanID) async throws(StateFailure) { try await call { try await store.discardPlan(plan) } }
    func plan(matching prefix: String) async throws(StateFailure) -> PlanRecord? {
        try await call { try await store.plan(matching: prefix) }
    }
    func newestPlan(of sync: String) async throws(StateFailure) -> PlanRecord? {
        try await call { try await store.newestPlan(of: sync) }
    }
    func operations(of plan: PlanID, after sequence: Int, limit: Int) async throws(StateFailure) -> [OperationRecord] {
        try await call { try await store.operations(of: plan, after: sequence, limit: limit) }
    }

    func beginDelivery(of plan: PlanID, run: RunID, quarantineAfterRuns: Int) async throws(StateFailure)
        -> WithheldCounts
    {
        try await call { try await store.beginDelivery(of: plan, run: run, quarantineAfterRuns: quarantineAfterRuns) }
    }
    func operationCounts(of plan: PlanID) async throws(StateFailure) -> OperationCounts {
        try await call { try await store.operationCounts(of: plan) }
    }
    func operationsToSend(of plan: PlanID, after sequence: Int, limit: Int) async throws(StateFailure)
        -> [OperationToSend]
    {
        try await call { try await store.operationsToSend(of: plan, after: sequence, limit: limit) }
    }
    func commit(_ outcomes: [OutcomeRecord], openThrough: Int, plan: PlanID, run: RunID) async throws(StateFailure) {
        try await call { try await store.commit(outcomes, openThrough: openThrough, plan: plan, run: run) }
    }
    func finishDelivery(of plan: PlanID, report: RunReport) async throws(StateFailure) -> OperationCounts {
        try await call { try await store.finishDelivery(of: plan, report: report) }
    }
    func beginSendMark(of run: RunID, step: Int) async -> (any SendMark)? {
        process.runner.callBegins()
        let mark = await store.beginSendMark(of: run, step: step)
        if let mark { process.marks(mark) }
        return mark
    }
    func noteLateWrites(_ sequences: [Int], plan: PlanID, run: RunID) async throws(StateFailure) {
        try await call { try await store.noteLateWrites(sequences, plan: plan, run: run) }
    }

    func withheld(of plan: PlanID, quarantineAfterRuns: Int) async throws(StateFailure) -> WithheldCounts {
        try await call { try await store.withheld(of: plan, quarantineAfterRuns: quarantineAfterRuns) }
    }
    func rejectedUsers(of sync: String) async throws(StateFailure) -> [RejectedUser] {
        try await call { try await store.rejectedUsers(of: sync) }
    }
    func release(_ users: [KeyHash]?, of sync: String) async throws(StateFailure) -> WithheldCounts {
        try await call { try await store.release(users, of: sync) }
    }
}
