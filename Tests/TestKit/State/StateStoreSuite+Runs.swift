internal import SyncCore
internal import Testing

extension StateStoreSuite {
    static let recoveryChecks: [(name: String, check: Check)] = [
        ("whoever was in a dead run's window is dirty", whoeverWasInTheWindowIsDirty),
        ("a killed apply can be applied again", aKilledApplyCanBeAppliedAgain),
        ("recovery deletes the plan that a dead run was building", recoveryDeletesADeadRunsPlan),
        ("recovery leaves a living plan command's plan", recoveryLeavesALivingPlan),
        ("a run that wrote down why it failed stays failed", aFailedRunStaysFailed),
        ("a run killed before its first window has sent nothing", aRunKilledBeforeItsWindowSentNothing),
        ("a plan that is too old loses its bodies", aPlanThatIsTooOldLosesItsBodies),
    ]

    static let runChecks: [(name: String, check: Check)] = [
        ("a run comes back as it was saved", aRunComesBackAsSaved),
        ("only a run in progress can be cancelled", onlyARunInProgressCanBeCancelled),
        ("an ambiguous prefix finds nothing", anAmbiguousPrefixFindsNothing),
        ("the key check is kept", theKeyCheckIsKept),
    ]

    static let leaseChecks: [(name: String, check: Check)] = [
        ("leases are taken all or none", leasesAreTakenAllOrNone),
        ("a gone holder is taken over and fenced off", aGoneHolderIsFencedOff),
        ("a holder elsewhere expires after 45 s without renewal", aHolderElsewhereExpires),
        ("a holder in another container of the host expires too", aHolderInAnotherContainerExpires),
    ]

    static func whoeverWasInTheWindowIsDirty(_ bench: StateStoreBench) async throws {
        try await bench.confirm(1...2, run: 1)
        let plan = try await bench.plan(2, (1...6).map { bench.operation($0, kind: .changed, generation: 2) })
        _ = try await bench.delivery(2, of: plan)
        try await bench.store.commit([], openThrough: 2, plan: plan.planID, run: bench.identifier(2))
        try await bench.store.commit([bench.outcome(1)], openThrough: 4, plan: plan.planID, run: bench.identifier(2))
        let open = try await bench.store.openWindow(of: try await bench.scope().id)
        // Whoever was confirmed is in doubt for a reader as long as the snapshot does not show it.
        let isShown = try await bench.remembered(1)?.values == bench.values(1, 2)
        #expect(Set(open) == Set((isShown ? 2...4 : 1...4).map(bench.user)))
        let ended = WallTime(microseconds: bench.start.microseconds + 5)
        let recovered = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(3), at: ended)
        #expect(recovered == [bench.identifier(2)])
        let index = try await bench.index()
        #expect(index.map(\.keyHash) == (1...4).map(bench.user))
        #expect(index.map(\.isDirty) == [false, true, true, true])
        #expect(index.map(\.isConfirmed) == [true, true, false, false])
        let late = try await bench.store.openWindow(of: try await bench.scope().id)
        #expect(Set(late) == Set((2...4).map(bench.user)), "their requests may still arrive")
        #expect(try await bench.remembered(1)?.values == bench.values(1, 2))
        #expect(try await bench.remembered(2)?.values == bench.values(2))
        let report = try #require(try await bench.store.run(matching: bench.identifier(2).text))
        #expect(report.status == .interrupted && report.finishedAt == ended)
        #expect(report.operations.isBalanced && report.operations.planned == 6)
        #expect(report.operations.confirmed == 1 && report.operations.unknown == 3 && report.operations.deferred == 2)
        #expect(try await bench.store.plan(matching: plan.planID.text)?.status == .finished)
        #expect(
            try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(3), at: ended).isEmpty)
    }

    static func aKilledApplyCanBeAppliedAgain(_ bench: StateStoreBench) async throws {
        let plan = try await bench.plan(1, (1...5).map { bench.operation($0) })
        _ = try await bench.delivery(2, of: plan, trigger: .apply)
        try await bench.store.commit(
            [bench.outcome(1), bench.outcome(2)], openThrough: 3, plan: plan.planID, run: bench.identifier(2))
        _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(3), at: bench.start)
        let killed = try #require(try await bench.store.run(matching: bench.identifier(2).text))
        #expect(killed.operations.isBalanced && killed.operations.unknown == 1 && killed.operations.deferred == 2)
        #expect(try await bench.remembered(3)?.entry.isDirty == true)
        #expect(try await bench.store.plan(matching: plan.planID.text)?.status == .ready)
        let report = try await bench.delivery(3, of: plan, trigger: .apply)
        let rest = try await bench.store.operationsToSend(of: plan.planID, after: 0, limit: 9)
        #expect(rest.map(\.sequence) == [3, 4, 5])
        try await bench.store.commit(
            rest.map { bench.outcome($0.sequence) }, openThrough: 5, plan: plan.planID, run: bench.identifier(3))
        let counts = try await bench.store.finishDelivery(of: plan.planID, report: bench.ended(report))
        #expect(counts.isBalanced && counts.confirmed == 5)
        #expect(try await bench.store.operationCounts(of: plan.planID) == counts)
        #expect(try await bench.index().allSatisfy { !$0.isDirty && $0.isConfirmed })
    }

    static func recoveryDeletesADeadRunsPlan(_ bench: StateStoreBench) async throws {
        let plan = PlanRecord(
            planID: bench.identifier(1), sync: bench.sync, scope: try await bench.scope().id, status: .building,
            createdAt: bench.start, definitionDigest: "d")
        try await bench.store.beginPlan(plan)
        try await bench.store.saveRun(bench.report(1, plan: plan, status: .querying))
        _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(2), at: bench.start)
        await #expect(throws: StateFailure.self) {
            var chunk = PlanChunk()
            chunk.operations = [bench.operation(1)]
            try await bench.store.append(chunk, to: plan.planID)
        }
    }

    static func recoveryLeavesALivingPlan(_ bench: StateStoreBench) async throws {
        var plan = PlanRecord(
            planID: bench.identifier(1), sync: bench.sync, scope: try await bench.scope().id, status: .building,
            createdAt: bench.start, definitionDigest: "d")
        try await bench.store.beginPlan(plan)
        let later = WallTime(microseconds: bench.start.microseconds + 3_600_000_000)
        _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(2), at: later)
        plan.status = .ready
        try await bench.store.finishPlan(plan)
        #expect(try await bench.store.newestPlan(of: bench.sync)?.planID == plan.planID)
    }

    static func aFailedRunStaysFailed(_ bench: StateStoreBench) async throws {
        let plan = try await bench.plan(1, (1...3).map { bench.operation($0) })
        var report = try await bench.delivery(1, of: plan)
        try await bench.store.commit([bench.outcome(1)], openThrough: 2, plan: plan.planID, run: bench.identifier(1))
        (report.error, report.exit) = ("the disk was full", .ownFault)
        try await bench.store.saveRun(report)
        _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(2), at: bench.start)
        let closed = try #require(try await bench.store.run(matching: bench.identifier(1).text))
        #expect(closed.status == .failed && closed.exit == .ownFault && closed.error == "the disk was full")
        #expect(closed.operations.isBalanced && closed.operations.unknown == 1 && closed.operations.deferred == 1)
    }

    static func aRunKilledBeforeItsWindowSentNothing(_ bench: StateStoreBench) async throws {
        let plan = try await bench.plan(1, (1...3).map { bench.operation($0) })
        var report = bench.report(1, plan: plan, status: .delivering)
        report.operations.planned = 3
        try await bench.store.saveRun(report)
        _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(2), at: bench.start)
        let closed = try #require(try await bench.store.run(matching: bench.identifier(1).text))
        #expect(closed.status == .interrupted && closed.operations.isBalanced && closed.operations.deferred == 3)
        #expect(try await bench.index().isEmpty)
    }

    static func aPlanThatIsTooOldLosesItsBodies(_ bench: StateStoreBench) async throws {
        let plan = try await bench.plan(1, [bench.operation(1)])
        func expire(before offset: Int64) async throws -> PlanStatus? {
            try await bench.store.expirePlans(before: WallTime(microseconds: plan.createdAt.microseconds + offset))
            return try await bench.store.plan(matching: plan.planID.text)?.status
        }
        #expect(try await expire(before: 0) == .ready)
        #expect(try await expire(before: 1) == .superseded)
    }

    static func aRunComesBackAsSaved(_ bench: StateStoreBench) async throws {
        var report = bench.report(1, plan: nil, status: .completedWithErrors, trigger: .schedule)
        report.finishedAt = WallTime(microseconds: bench.start.microseconds + 1)
        report.error = "two rows were invalid"
        report.exit = .completedWithErrors
        report.rows.queried = 7
        report.operations.rejected = 3
        report.attempts.retried = 4
        report.querySeconds = 0.25
        report.guards = [GuardResult(name: "min_rows", limit: 1, actual: nil, tripped: true, detail: "é")]
        report.invalidSample = [InvalidRow(key: "1", column: "c", value: "v", expected: nil, reason: "r")]
        try await bench.store.saveRun(bench.report(1, plan: nil, status: .queued))
        try await bench.store.saveRun(report)
        let found = try #require(try await bench.store.runs(sync: bench.sync, limit: 5).first)
        #expect(found.runID == report.runID && found.status == .completedWithErrors && found.trigger == .schedule)
        #expect(found.startedAt == report.startedAt && found.finishedAt == report.finishedAt)
        #expect(found.error == report.error && found.exit == report.exit)
        #expect(found.rows == report.rows && found.operations == report.operations)
        #expect(found.attempts == report.attempts && found.querySeconds == 0.25)
        #expect(found.guards == report.guards && found.invalidSample == report.invalidSample)
        #expect(try await bench.store.runs(sync: "another", limit: 5).isEmpty)
        #expect(try await bench.store.invalidRows(of: bench.identifier(1)) == report.invalidSample)
    }

    static func onlyARunInProgressCanBeCancelled(_ bench: StateStoreBench) async throws {
        let run = bench.identifier(1)
        #expect(try await bench.store.requestCancel(of: run) == false)
        try await bench.store.saveRun(bench.report(1, plan: nil))
        #expect(try await bench.store.isCancelRequested(of: run) == false)
        #expect(try await bench.store.requestCancel(of: run))
        try await bench.store.saveRun(bench.report(1, plan: nil))
        #expect(try await bench.store.isCancelRequested(of: run))
        try await bench.store.saveRun(bench.ended(bench.report(1, plan: nil)))
        #expect(try await bench.store.requestCancel(of: run) == false)
    }

    static func anAmbiguousPrefixFindsNothing(_ bench: StateStoreBench) async throws {
        try await bench.store.saveRun(bench.report(1, plan: nil))
        let shared = String(bench.identifier(1).text.prefix(6))
        #expect(try await bench.store.run(matching: shared)?.runID == bench.identifier(1))
        try await bench.store.saveRun(bench.report(2, plan: nil))
        #expect(try await bench.store.run(matching: shared) == nil)
        #expect(try await bench.store.run(matching: "") == nil)
        #expect(try await bench.store.run(matching: "%") == nil)
        #expect(try await bench.store.runs(sync: nil, limit: 1).map(\.runID) == [bench.identifier(2)])
    }

    static func theKeyCheckIsKept(_ bench: StateStoreBench) async throws {
        #expect(try await bench.store.keyCheck() == nil)
        try await bench.store.setKeyCheck([1, 0, 255])
        #expect(try await bench.store.keyCheck() == [1, 0, 255])
    }

    private static func holder(_ host: String, _ process: Int32) -> LeaseHolder {
        LeaseHolder(host: host, bootID: "b", processID: process, startTime: .max)
    }

    private static func fence(of result: LeaseResult) -> Int64? {
        if case .acquired(let fence) = result { fence } else { nil }
    }

    static func leasesAreTakenAllOrNone(_ bench: StateStoreBench) async throws {
        let (first, second) = (holder("a", 1), holder("a", 2))
        let taken = try await bench.store.acquireLeases(
            ["sync:x"], holder: first, run: bench.identifier(1), at: bench.start, isGone: { _ in false })
        let firstFence = try #require(Self.fence(of: taken))
        let refused = try await bench.store.acquireLeases(
            ["free", "sync:x"], holder: second, run: bench.identifier(2), at: bench.start, isGone: { _ in false })
        #expect(refused == .held(name: "sync:x", by: first, run: bench.identifier(1)))
        try await bench.store.releaseLeases(run: bench.identifier(1))
        let again = try await bench.store.acquireLeases(
            ["free", "sync:x"], holder: second, run: bench.identifier(2), at: bench.start, isGone: { _ in false })
        #expect(try #require(Self.fence(of: again)) > firstFence)
        #expect(try await bench.store.renewLeases(run: bench.identifier(1), at: bench.start) == false)
    }

    static func aGoneHolderIsFencedOff(_ bench: StateStoreBench) async throws {
        let plan = try await bench.plan(1, [bench.operation(1)])
        _ = try await bench.store.acquireLeases(
            ["x"], holder: holder("a", 1), run: bench.identifier(1), at: bench.start, isGone: { _ in false })
        _ = try await bench.delivery(1, of: plan)
        let taken = try await bench.store.acquireLeases(
            ["x"], holder: holder("a", 2), run: bench.identifier(2), at: bench.start,
            isGone: { $0.processID == 1 && $0.startTime == .max })
        #expect(fence(of: taken) != nil)
        await #expect(throws: StateFailure.self) {
            try await bench.store.commit(
                [bench.outcome(1)], openThrough: 1, plan: plan.planID, run: bench.identifier(1))
        }
        #expect(try await bench.store.renewLeases(run: bench.identifier(1), at: bench.start) == false)
        #expect(try await bench.store.renewLeases(run: bench.identifier(2), at: bench.start))
    }

    static func aHolderInAnotherContainerExpires(_ bench: StateStoreBench) async throws {
        func acquire(_ container: String, _ run: Int, after seconds: Int64) async throws -> LeaseResult {
            let bootID = "b\(LeaseHolder.namespaceMark)\(container)"
            return try await bench.store.acquireLeases(
                ["x"], holder: LeaseHolder(host: "a", bootID: bootID, processID: 1, startTime: 1),
                run: bench.identifier(run), at: WallTime(microseconds: bench.start.microseconds + seconds * 1_000_000),
                isGone: { _ in false })
        }
        _ = try await acquire("one", 1, after: 0)
        #expect(fence(of: try await acquire("two", 2, after: 45)) == nil)
        #expect(fence(of: try await acquire("two", 2, after: 46)) != nil)
    }

    static func aHolderElsewhereExpires(_ bench: StateStoreBench) async throws {
        func acquire(_ host: String, _ run: Int, after seconds: Int64) async throws -> LeaseResult {
            try await bench.store.acquireLeases(
                ["x"], holder: holder(host, Int32(run)), run: bench.identifier(run),
                at: WallTime(microseconds: bench.start.microseconds + seconds * 1_000_000), isGone: { _ in false })
        }
        _ = try await acquire("a", 1, after: 0)
        #expect(fence(of: try await acquire("b", 2, after: 45)) == nil)
        #expect(fence(of: try await acquire("a", 3, after: 900)) == nil)
        let renewed = WallTime(microseconds: bench.start.microseconds + 30_000_000)
        #expect(try await bench.store.renewLeases(run: bench.identifier(1), at: renewed))
        #expect(fence(of: try await acquire("b", 2, after: 75)) == nil)
        #expect(fence(of: try await acquire("b", 2, after: 76)) != nil)
    }
}
