import ChangePlanning
import Logging
import ProjectModels
import SyncCore

/// Loop A: reads the model once, types and diffs every row, and leaves a whole plan in the state store. Nothing of a
/// read that did not complete stays.
struct PlanBuilder: Sendable {
    /// Snapshot entries a page while the diff's table is loaded.
    private static let snapshotPage = 20_000
    /// Operations collected before they are written as one transaction.
    private static let chunkSize = 8000

    struct Result: Sendable {
        var plan: PlanRecord
        var summary: PlanSummary
        var querySeconds: Double
        var planSeconds: Double
    }

    var environment: EngineEnvironment
    var checked: CheckedSync
    var scope: ScopeRecord
    var options: RunOptions
    var definitionDigest: String
    var progress: @Sendable (_ status: RunStatus, _ rowsRead: Int) -> Void
    /// The last attempt read from the mark and met values that are written in another way.
    var hasChangedCursor = false

    /// What was read and diffed, before guards.
    struct Diffed {
        var planner: ChangePlanner
        var reading: ModelReading?
        /// When the last row was read.
        var queried: ContinuousClock.Instant
    }

    /// Returns the plan, durable, in status `ready` or `blocked`, or `superseded` where a newer one was faster.
    func build(_ planID: PlanID) async throws -> Result {
        var rereads = ReadAgain()
        var inParts = needsPartitions
        while true {
            do {
                return try await buildOnce(planID, inParts: inParts)
            } catch {
                let discarding: Swift.Result<Void, any Error>
                do { discarding = .success(try await environment.state.discardPlan(planID)) } catch {
                    discarding = .failure(error)
                }
                if !inParts, canPartition, (error as? Diagnostic)?.code == "memory_limit" {
                    // What is left of it would stand in the way of the next reading.
                    try discarding.get()
                    inParts = true
                    environment.logger.notice(
                        "the diff outgrew state.memory_limit; reading again, to diff in parts over temporary files",
                        metadata: ["sync": "\(checked.sync.name)"])
                    continue
                }
                if !hasChangedCursor, (error as? Diagnostic)?.code == CursorTracker.changed {
                    try discarding.get()
                    environment.logger.notice(
                        "the cursor column is written in another way than before; reading everything",
                        metadata: ["sync": "\(checked.sync.name)"])
                    var whole = self
                    whole.hasChangedCursor = true
                    return try await whole.build(planID)
                }
                guard let failure = error as? SourceFailure, let wait = rereads.wait(after: failure.kind) else {
                    throw error
                }
                try discarding.get()
                environment.logger.warning(
                    "the source broke the read off; reading again from the start",
                    metadata: [
                        "sync": "\(checked.sync.name)", "attempt": "\(rereads.count + 1)",
                        "in_seconds": "\(wait.components.seconds)",
                    ])
                try await environment.pause(wait)
            }
        }
    }

    private func buildOnce(_ planID: PlanID, inParts: Bool) async throws -> Result {
        let start = ContinuousClock.now
        var plan = PlanRecord(
            planID: planID, sync: checked.sync.name, scope: scope.id, status: .building,
            createdAt: environment.now(), definitionDigest: definitionDigest)
        plan.protectedNames = environment.protectedNames(of: checked.sync)
        try await environment.state.beginPlan(plan)
        var diffed: Diffed
        if inParts, let space = environment.spill {
            diffed = try await diffInParts(plan, in: space)
        } else {
            diffed = try await diffAtOnce(plan)
        }
        let summary = diffed.planner.finish()
        if let kept = summary.keptUsers { try await environment.state.keepOperations(of: kept, in: planID) }
        plan.rows = summary.rows
        plan.planned = summary.planned
        plan.mappingAdded = summary.mappingAdded
        plan.reading = diffed.reading
        plan.isWhole = !planOptions.isPartial && diffed.reading?.isIncremental != true
        plan.isPartial = planOptions.isPartial || options.baseline
        plan.guards = Guards.evaluate(
            checked.sync.guards, measurements: summary.measurements, scope: scope,
            identity: checked.destination.identity, isStateRestored: scope.restoredAt != nil)
        plan.status = plan.guards.contains(where: \.tripped) ? .blocked : .ready
        plan.status = try await environment.state.finishPlan(plan)
        return Result(
            plan: plan, summary: summary, querySeconds: (diffed.queried - start).seconds,
            planSeconds: (ContinuousClock.now - diffed.queried).seconds)
    }

    private func diffAtOnce(_ plan: PlanRecord) async throws -> Diffed {
        var planner = try newPlanner(expectedUsers: scope.expectedUsers)
        try await eachSnapshotPage { page in
            planner.load(page)
            try stayWithinMemory(planner)
        }
        planner.markDirty(try await environment.state.openWindow(of: scope.id))
        var reading = try await reading(hasDirtyUsers: planner.hasDirtyUsers, at: plan.createdAt)
        if reading?.isIncremental == true { planner.readsOnlyPart() }
        var tracker = CursorTracker(model: checked.sync.model, columns: checked.columns, base: reading?.base)
        var pending = PlanChunk()
        let rowsRead = try await readRows(statement(for: reading)) { reader in
            try await diff(reader, into: &planner, &tracker, plan: plan.planID, pending: &pending)
        }
        let queried = ContinuousClock.now
        progress(.planning, rowsRead)
        reading = try finished(reading, tracker, planner, plan)
        if reading?.isIncremental == true { try await measureUnseen(&planner) }
        while reading?.isIncremental != true, let unseen = planner.nextUnseen(limit: Self.chunkSize) {
            pending.append(try planner.resolveUnseen(try await users(unseen)))
            try await write(&pending, to: plan.planID)
        }
        try await write(&pending, to: plan.planID, atLeast: 1)
        return Diffed(planner: planner, reading: reading, queried: queried)
    }

    func newPlanner(expectedUsers: Int) throws -> ChangePlanner {
        try ChangePlanner(
            sync: checked.sync, columns: checked.columns, keys: environment.keys,
            retainsValues: environment.project.state.retainsValues, options: planOptions,
            expectedUsers: expectedUsers, rules: DefinitionDigest.typingText(of: checked.sync))
    }

    func users(_ keyHashes: [KeyHash]) async throws -> [SnapshotUser] {
        keyHashes.isEmpty
            ? [] : try await environment.state.snapshotUsers(scope: scope.id, keyHashes: keyHashes)
    }

    var planOptions: PlanOptions {
        PlanOptions(
            fullResync: options.fullResync, baseline: options.baseline, limit: options.limit, key: options.key)
    }

    /// While one page is taken, the state fills the next.
    func eachSnapshotPage(_ take: ([SnapshotIndexEntry]) throws -> Void) async throws {
        let (state, scope) = (environment.state, scope.id)
        var page = try await state.snapshotIndex(scope: scope, after: 0, limit: Self.snapshotPage)
        while let next = page.next {
            async let following = state.snapshotIndex(scope: scope, after: next, limit: Self.snapshotPage)
            try take(page.entries)
            page = try await following
        }
        try take(page.entries)
    }

    private func stayWithinMemory(_ planner: ChangePlanner) throws {
        try planner.stay(within: environment.project.state.memoryLimitInBytes)
    }

    /// The rows that `body` reads to the end, from the columns that the check saw.
    func readRows(_ statement: SQLStatement, _ body: (any RowReader) async throws -> Int) async throws -> Int {
        let reader = try await checked.source.read(statement)
        let result: Swift.Result<Int, any Error>
        do {
            guard reader.columns.elementsEqual(checked.columns, by: Self.isSameColumn) else {
                throw Self.columnsChanged(checked.sync.model)
            }
            result = .success(try await body(reader))
        } catch {
            result = .failure(error)
        }
        await reader.close()
        return try result.get()
    }

    /// Returns the rows read.
    func eachBatch(_ reader: any RowReader, _ take: (RowBatch) async throws -> Void) async throws -> Int {
        var rowsRead = 0
        try await reader.eachBatch { batch in
            try await take(batch)
            rowsRead += batch.rowCount
            progress(.querying, rowsRead)
        }
        return rowsRead
    }

    /// While one batch is typed and diffed, the state takes the last full chunk.
    private func diff(
        _ reader: any RowReader, into planner: inout ChangePlanner, _ tracker: inout CursorTracker?, plan: PlanID,
        pending: inout PlanChunk
    ) async throws -> Int {
        try await withThrowingTaskGroup(of: Void.self) { writing in
            let rowsRead = try await eachBatch(reader) { batch in
                try tracker?.take(batch)
                let known = try await users(planner.consume(batch))
                pending.append(try planner.resolve(known))
                if let chunk = Self.taken(from: &pending, atLeast: Self.chunkSize) {
                    // One at a time, in order: sequence numbers are the state's to give.
                    try await writing.next()
                    writing.addTask { try await environment.state.append(chunk, to: plan) }
                }
                try stayWithinMemory(planner)
            }
            try await writing.waitForAll()
            return rowsRead
        }
    }

    func write(_ pending: inout PlanChunk, to plan: PlanID, atLeast count: Int = chunkSize) async throws {
        guard let chunk = Self.taken(from: &pending, atLeast: count) else { return }
        try await environment.state.append(chunk, to: plan)
    }

    private static func taken(from pending: inout PlanChunk, atLeast count: Int) -> PlanChunk? {
        let size = pending.operations.count + pending.settlements.count + pending.invalidRows.count
        guard size + pending.withdrawn.count >= count else { return nil }
        defer { pending = PlanChunk() }
        return pending
    }

    /// Whether a column may be null is more than a SELECT around a model says, and so is what it is declared as where
    /// that is no promise: SQLite names it otherwise of a compound SELECT inside another.
    private static func isSameColumn(_ left: ColumnDescription, _ right: ColumnDescription) -> Bool {
        left.name == right.name && left.type == right.type
            && (left.type == .dynamic || left.typeName == right.typeName)
    }

    private static func columnsChanged(_ model: ModelDefinition) -> SourceFailure {
        SourceFailure(
            .statement,
            .error(
                "columns_changed", "the columns of model \(model.name) changed between check and read",
                at: model.position, hint: "run the command again"))
    }
}

extension Duration {
    /// As a number, for reports.
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
