import ChangePlanning
import SyncCore

@testable import SyncEngine

/// The commands of a history, each in a process of its own, and what holds of their reports.
extension History {
    private func checked(_ process: HistoryProcess, _ environment: EngineEnvironment) throws -> CheckedSync {
        CheckedSync(
            sync: process.sync, columns: HistoryShape.columns,
            source: try environment.source(process.sync.model.source),
            destination: try environment.destination(process.sync.destination))
    }

    private func process(
        _ sync: SyncDefinition, _ faults: ProcessFaults, host: String = "here", isInterlude: Bool,
        isResync: Bool = false, version: Int? = nil
    ) -> HistoryProcess {
        HistoryProcess(
            self, number: nextProcess(), sync: sync, faults: faults, host: host, isInterlude: isInterlude,
            isResync: isResync, version: version)
    }

    @discardableResult
    func run(
        _ sync: SyncDefinition, _ options: RunOptions = RunOptions(), _ faults: ProcessFaults = ProcessFaults(),
        host: String = "here", inTheMidstOf other: HistoryProcess? = nil
    ) async throws -> RunReport {
        let process = process(sync, faults, host: host, isInterlude: other != nil, isResync: options.fullResync)
        note("\(process.number) runs \(sync.name) \(Self.text(options)); \(faults)")
        let environment = process.environment
        let report = await Engine(environment).run(
            try checked(process, environment), options: options, trigger: .manual, observer: nil, stop: process.stop)
        // A plan that was made while it was in its midst is outdated by its end, too.
        if process.hasRead { moved(sync.name) }
        try await examine(report, of: process, isWhole: options.limit == nil && options.key == nil)
        return report
    }

    func plan(
        _ sync: SyncDefinition, _ options: RunOptions, _ faults: ProcessFaults,
        inTheMidstOf other: HistoryProcess? = nil
    ) async throws {
        let process = process(sync, faults, isInterlude: other != nil, isResync: options.fullResync)
        note("\(process.number) plans \(sync.name) \(Self.text(options)); \(faults)")
        let environment = process.environment
        let outcome = await Engine(environment).plan(
            try checked(process, environment), options: options, details: 0, observer: nil, stop: process.stop)
        if process.requests > 0 { violate("a plan sent something") }
        if process.isDead { return }
        note("  planned: exit \(outcome.exit), \(outcome.plan.map { "\($0.planned) in \($0.planID)" } ?? "none")")
        if let plan = outcome.plan, let version = process.version {
            if !plan.rows.isBalanced { violate("the rows of plan \(plan.planID) do not balance") }
            // Nobody applies what was superseded before it was finished.
            if plan.status != .superseded {
                store(
                    plan.planID, sync, version: version, isWhole: options.limit == nil && options.key == nil,
                    isResync: options.fullResync, duringARun: other?.hasLocks ?? false)
            }
        } else if faults.sourceFails == nil, !process.hadStateTrouble, process.stop.reason == nil {
            violate("the plan failed: \(outcome.error?.message ?? "")")
        }
        killed(process.holder, isEnd: true)
    }

    func apply(
        _ plan: StoredPlan, overrideGuards: Bool, _ faults: ProcessFaults, inTheMidstOf other: HistoryProcess? = nil
    ) async throws {
        let isOutdated = isOutdated(plan)
        let process = process(
            plan.sync, faults, isInterlude: other != nil, isResync: plan.isResync, version: plan.version)
        note("\(process.number) applies \(plan.id)\(isOutdated ? ", which is outdated" : ""); \(faults)")
        let isResumed = isApplied(plan.id)
        let report = await Engine(process.environment).apply(
            plan: plan.id.text, overrideGuards: overrideGuards, observer: nil, stop: process.stop)
        if isOutdated, process.requests > 0 || [.done, .completedWithErrors, .destinationStop].contains(report.exit) {
            violate("plan \(plan.id) was applied although it is outdated")
        }
        try await examine(report, of: process, isWhole: plan.isWhole, isResumed: isResumed)
    }

    // MARK: Reports

    /// `isResumed` of a plan that was applied before: whom that withheld stays withheld, even if released since.
    private func examine(
        _ report: RunReport, of process: HistoryProcess, isWhole: Bool, isResumed: Bool = false
    ) async throws {
        if process.isDead { return }
        killed(process.holder, isEnd: true)
        note("  ended: exit \(report.exit), \(Self.text(report))")
        func violate(_ text: String) { self.violate("\(text): exit \(report.exit), \(Self.text(report))") }
        if process.hadStateTrouble, !process.isFenced {
            countAsKill()
            isInDoubt(process.sync.name, forGood: false)
        }
        if !report.rows.isBalanced || !report.operations.isBalanced { violate("the books do not balance") }
        let isApply = report.trigger == .apply
        switch report.exit {
        case .alreadyRunning:
            if !process.isInterlude, !mayBeLockedByADeadHolder { violate("nobody holds the locks") }
            if process.requests > 0 || report.runID != nil { violate("it sent without the locks") }
            return
        case .ownFault: if !process.hadStateTrouble { violate("a fault of its own") }
        case .usage: if !isApply { violate("refused") }
        case .sourceFailure: if process.faults.sourceFails == nil { violate("the source did not fail") }
        case .interrupted, .terminated: if process.stop.reason == nil { violate("nobody asked it to stop") }
        case .blocked: if process.requests > 0 { violate("blocked, but it sent") }
        case .done, .completedWithErrors, .destinationStop, .changesPlanned: break
        }
        if process.isFenced, report.exit != .ownFault, process.stop.reason == nil { violate("it lost its locks") }
        guard !process.hadStateTrouble else { return }
        if report.attempts.sent != process.exchanges { violate("\(process.exchanges) requests were answered") }
        if !isApply, report.operations.confirmed != process.confirmed { violate("\(process.confirmed) were confirmed") }
        if isWhole, let plan = report.planID { try await examine(plan, report, process, isResumed: isResumed) }
        guard isWhole, let version = process.version, report.operations.planned == report.operations.confirmed else {
            return
        }
        if report.exit == .done || report.exit == .completedWithErrors {
            expectEqual(process.sync, version: version, "after process \(process.number)")
        }
    }

    /// planned = added + changed + removed with on_removed + dirty or resynced unchanged.
    private func examine(
        _ plan: PlanID, _ report: RunReport, _ process: HistoryProcess, isResumed: Bool
    ) async throws {
        guard report.rows.queried > 0 || report.operations.planned > 0 else { return }
        let records = try await store.operations(of: plan, after: 0, limit: 1000)
        let operations = records.map(\.operation)
        // What was made under a state that keeps nothing of it is gone.
        guard operations.count == report.operations.planned else { return }
        func count(_ kind: RowKind) -> Int { operations.count { $0.kind == kind } }
        let removed = Reference.constants(process.sync).isEmpty ? 0 : report.rows.removed
        let unchanged = operations.count { $0.kind == .unchanged && $0.reason != .diff }
        let (rows, planned) = (report.rows, report.operations.planned)
        guard count(.added) == rows.added, count(.changed) == rows.changed, count(.removed) == removed,
            planned == rows.added + rows.changed + removed + unchanged
        else { return violate("the plan is not what was counted: \(Self.text(report))") }
        if let version = process.version {
            for record in records
            where !isResumed && (record.outcome == .quarantined || record.lastAnswer == Ageing.answer) {
                let uid = try Self.keys.reveal(record.operation.userUID)
                expectWithheld(
                    uid, process.sync, version: version, isQuarantined: record.outcome == .quarantined)
            }
            let table = table(process.sync.name, version: version)
            if rows.queried != table.rows.count || rows.invalid != table.rows.count - table.validRows.count {
                violate("the rows are not those of \(table): \(Self.text(report))")
            }
        }
    }

    private static func text(_ options: RunOptions) -> String {
        var parts: [String] = []
        if options.fullResync { parts.append("--full-resync") }
        if let limit = options.limit { parts.append("--limit \(limit)") }
        if let key = options.key { parts.append("--key \(key)") }
        if options.overrideGuards { parts.append("--override-guards") }
        return parts.joined(separator: " ")
    }

    private static func text(_ report: RunReport) -> String {
        let (rows, operations) = (report.rows, report.operations)
        return "\(rows.queried) rows = \(rows.unchanged) unchanged + \(rows.added) added + \(rows.changed) changed + "
            + "\(rows.invalid) invalid, \(rows.removed) removed; \(operations.planned) planned = "
            + "\(operations.confirmed) confirmed + \(operations.rejected) rejected + \(operations.unknown) unknown + "
            + "\(operations.deferred) deferred + \(operations.quarantined) quarantined; \(report.attempts.sent) sent"
            + (report.error.map { "; \($0)" } ?? "")
    }
}
