package import SyncCore

/// What every test of a state store needs: a sync, a place to send to, plans, runs and operations of small numbers.
package struct StateStoreBench: Sendable {
    package let store: any StateStore
    package let sync = "loyalty"
    package let identity = DestinationIdentity(projectUID: "p1", edgeHost: "edge.example.com", isLoopback: false)
    package let start = WallTime(microseconds: 1_763_895_600_123_456)

    package init(_ store: any StateStore) { self.store = store }

    package func identifier(_ number: Int) -> ULID {
        ULID(milliseconds: UInt64(1_763_895_600_000 + number), random: (7, UInt16(number)))
    }

    package func user(_ number: Int) -> KeyHash {
        KeyHash(high: UInt64(number) &* 0x9E37_79B9_7F4A_7C15, low: UInt64(number))
    }

    package func values(_ number: Int, _ generation: Int = 1) -> [UInt8] {
        Array(#"{"points":\#(number),"generation":\#(generation)}"#.utf8)
    }

    /// Odd users' rows have a digest, as those that were typed before there were any have not.
    package func fingerprint(_ number: Int, _ generation: Int = 1) -> Fingerprint {
        let row = RowDigest(rules: .max - UInt64(generation), cells: UInt64(number) << 40 | 5)
        return Fingerprint(
            high: UInt64(generation), low: UInt64(number), row: number.isMultiple(of: 2) ? nil : row)
    }

    package func operation(
        _ number: Int, kind: RowKind = .added, generation: Int = 1, body: ProtectedBody? = nil,
        reason: OperationReason = .diff
    ) -> PlannedOperation {
        let isRemoved = kind == .removed
        return PlannedOperation(
            keyHash: user(number), userUID: .clear("u\(number)"), primaryKey: .clear("k\(number)"), kind: kind,
            reason: reason, body: body ?? (isRemoved ? .clear(Array("{}".utf8)) : .sameAsSnapshot),
            sentAttributes: isRemoved ? ["points"] : nil,
            snapshotValues: isRemoved ? nil : values(number, generation),
            fingerprint: isRemoved ? nil : fingerprint(number, generation),
            valuesBefore: nil)
    }

    package func scope() async throws -> ScopeRecord { try await store.scope(sync: sync, identity: identity) }

    /// A plan of these operations, ready to be applied.
    package func plan(
        _ number: Int, _ operations: [PlannedOperation], settlements: [Settlement] = [], status: PlanStatus = .ready,
        reading: ModelReading? = nil, isWhole: Bool = true, protecting names: Set<String>? = nil
    ) async throws -> PlanRecord {
        var plan = PlanRecord(
            planID: identifier(number), sync: sync, scope: try await scope().id, status: .building, createdAt: start,
            definitionDigest: "d\(number)")
        plan.protectedNames = names
        try await store.beginPlan(plan)
        var chunk = PlanChunk()
        chunk.operations = operations
        chunk.settlements = settlements
        try await store.append(chunk, to: plan.planID)
        plan.status = status
        plan.planned = operations.count
        plan.rows.queried = operations.count
        plan.rows.added = operations.count
        plan.reading = reading
        plan.isWhole = isWhole
        try await store.finishPlan(plan)
        return plan
    }

    package func report(
        _ number: Int, plan: PlanRecord?, status: RunStatus = .delivering, trigger: RunTrigger = .manual
    ) -> RunReport {
        var report = RunReport(
            runID: identifier(number), sync: sync, model: "members", status: status, trigger: trigger,
            startedAt: start, exit: .done)
        report.planID = plan?.planID
        report.rows = plan?.rows ?? RowCounts()
        return report
    }

    /// A run that began to deliver the plan.
    package func delivery(
        _ number: Int, of plan: PlanRecord, trigger: RunTrigger = .manual, quarantineAfterRuns: Int = 5
    ) async throws -> RunReport {
        let report = report(number, plan: plan, trigger: trigger)
        try await store.saveRun(report)
        try await store.beginDelivery(
            of: plan.planID, run: identifier(number), quarantineAfterRuns: quarantineAfterRuns)
        return report
    }

    package func outcome(
        _ sequence: Int, _ outcome: OperationOutcome = .confirmed, applied: Bool = true, stillArrives: Bool = false
    ) -> OutcomeRecord {
        OutcomeRecord(
            sequence: sequence, outcome: outcome, attempts: 1, lastAnswer: outcome == .confirmed ? "204" : "timeout",
            mayHaveBeenApplied: applied, mayStillArrive: stillArrives)
    }

    /// Plans and delivers users until they are in the snapshot.
    package func confirm(
        _ users: ClosedRange<Int>, kind: RowKind = .added, generation: Int = 1, run number: Int
    ) async throws {
        let plan = try await plan(number, users.map { operation($0, kind: kind, generation: generation) })
        let report = try await delivery(number, of: plan)
        let outcomes = (1...users.count).map { outcome($0) }
        try await store.commit(outcomes, openThrough: users.count, plan: plan.planID, run: identifier(number))
        _ = try await store.finishDelivery(of: plan.planID, report: ended(report))
    }

    package func ended(_ report: RunReport) -> RunReport {
        var report = report
        report.status = .succeeded
        report.finishedAt = WallTime(microseconds: start.microseconds + 1_000_000)
        return report
    }

    /// The whole index, page by page.
    package func index(pageSize: Int = 2) async throws -> [SnapshotIndexEntry] {
        let scope = try await scope().id
        var entries: [SnapshotIndexEntry] = []
        var cursor: Int64? = 0
        while let place = cursor {
            let page = try await store.snapshotIndex(scope: scope, after: place, limit: pageSize)
            entries += page.entries
            cursor = page.next
        }
        return entries.sorted { $0.keyHash.low < $1.keyHash.low }
    }

    package func remembered(_ number: Int) async throws -> SnapshotUser? {
        try await store.snapshotUsers(scope: try await scope().id, keyHashes: [user(number)]).first
    }
}
