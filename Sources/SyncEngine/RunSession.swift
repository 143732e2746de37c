import ChangePlanning
import Delivery
import SyncCore
import Synchronization

/// One run in progress: its report, kept in the state at every change of stage.
final class RunSession: Sendable {
    private let environment: EngineEnvironment
    private let checked: CheckedSync
    private let observer: RunObserver?
    private let trust: LeaseTrust
    private let current: Mutex<RunReport>

    /// `trust` is of the run's locks.
    init(
        environment: EngineEnvironment, checked: CheckedSync, report: RunReport, observer: RunObserver?,
        trust: LeaseTrust
    ) {
        self.trust = trust
        self.environment = environment
        self.checked = checked
        self.observer = observer
        current = Mutex(report)
    }

    var report: RunReport { current.withLock { $0 } }

    private func update(_ change: (inout RunReport) -> Void) { current.withLock { change(&$0) } }

    /// Names the plan that is being built, so that recovery can clear away what a killed run leaves of it.
    func plans(_ plan: PlanID) { update { $0.planID = plan } }

    /// Moves on to a stage and writes it down.
    func enter(_ status: RunStatus) async throws {
        update { $0.status = status }
        try await environment.state.saveRun(report)
        observer?(RunProgress(sync: checked.sync.name, runID: report.runID, status: status))
    }

    /// Takes over what planning found.
    func take(_ built: PlanBuilder.Result) {
        update { report in
            report.planID = built.plan.planID
            report.rows = built.plan.rows
            report.operations.planned = built.plan.planned
            report.guards = built.plan.guards
            report.reading = built.plan.reading
            report.invalidSample = built.summary.invalidSample
            report.querySeconds = built.querySeconds
            report.planSeconds = built.planSeconds
        }
    }

    /// Takes over the counts of a plan that another command made.
    func take(_ plan: PlanRecord) {
        update { report in
            report.planID = plan.planID
            report.rows = plan.rows
            report.operations.planned = plan.planned
            report.guards = plan.guards
            report.reading = plan.reading
        }
    }

    /// The first invalid rows of a plan that another command made: of the one that the run's row names.
    func takeInvalidSample() async throws {
        guard let run = report.runID, report.rows.invalid > 0, report.invalidSample.isEmpty else { return }
        let kept = try await environment.state.invalidRows(of: run)
        update { $0.invalidSample = Array(kept.prefix(20)) }
    }

    /// Takes over what stopped the run before it had a plan.
    func take(_ guards: [GuardResult]) { update { $0.guards = guards } }

    /// Delivers the plan and closes the books.
    func deliver(_ plan: PlanRecord, stop: StopRequest) async throws {
        guard let run = report.runID else { return }
        // Of a plan that a killed apply began; the books are kept up to date for a state that fails on the way.
        var before = try await environment.state.operationCounts(of: plan.planID)
        note(before, and: OperationCounts())
        if stop.reason != nil { throw CancellationError() }
        try await enter(.delivering)
        FailPoint.planFinished.pass()
        let withheld = try await environment.state.beginDelivery(
            of: plan.planID, run: run, quarantineAfterRuns: checked.sync.retry.quarantineAfterRuns)
        FailPoint.deliveryBegun.pass()
        if withheld.total > 0 {
            before = try await environment.state.operationCounts(of: plan.planID)
            note(before, and: OperationCounts())
        }
        try await takeInvalidSample()
        let clock = ContinuousClock()
        let start = clock.now
        var stopSentence: String?
        var lastTrouble: String?
        if before.withoutOutcome > 0 {
            let delivery = PlanDelivery(
                environment: environment, checked: checked, plan: plan, writes: before.withoutOutcome, run: run,
                stop: stop, trust: trust
            ) { [weak self] counts in self?.observe(counts) }
            let result = await delivery.deliver()
            (stopSentence, lastTrouble) = (result.stopReason, result.lastTrouble)
            update { report in
                report.attempts = result.attempts
                report.deliverSeconds = (clock.now - start).seconds
            }
            note(before, and: result.operations)
            if let failure = result.failure {
                try? await environment.state.noteLateWrites(result.mayHaveLeft, plan: plan.planID, run: run)
                throw failure
            }
        }
        update { report in
            report.deliverSeconds = (clock.now - start).seconds
            report.finishedAt = environment.now()
        }
        let operations = try await environment.state.finishDelivery(of: plan.planID, report: report)
        FailPoint.deliveryFinished.pass()
        update { report in
            report.operations = operations
            // The snapshot's last move belongs to the delivery, however long it takes.
            report.deliverSeconds = (clock.now - start).seconds
            report.finishedAt = environment.now()
            report.close(
                stop: stop.reason, destinationStop: stopSentence, lastTrouble: lastTrouble, withheld: withheld)
        }
        try await environment.state.saveRun(report)
        FailPoint.runSaved.pass()
        observer?(RunProgress(sync: checked.sync.name, runID: run, status: report.status))
    }

    private func observe(_ counts: DeliveryCounts) {
        guard let observer else { return }
        var progress = RunProgress(sync: checked.sync.name, runID: report.runID, status: .delivering)
        progress.rowsRead = report.rows.queried
        // Without what had its outcome before anything was sent.
        progress.operations.planned = report.operations.withoutOutcome
        progress.operations.confirmed = counts.confirmed
        progress.operations.rejected = counts.rejected
        progress.operations.unknown = counts.unknown
        progress.operations.deferred = counts.deferred
        progress.attempts = counts.attempts
        progress.inFlight = counts.inFlight
        progress.pause = counts.pausedUntil.map { environment.instant().duration(to: $0) }
        observer(progress)
    }

    /// The books as far as this process knows them, for a report that the state may be unable to complete: outcomes
    /// that the plan had, and those of this delivery.
    private func note(_ earlier: OperationCounts, and own: OperationCounts) {
        update { report in
            let planned = report.operations.planned
            report.operations = own
            for outcome in OperationOutcome.allCases { report.operations[outcome] += earlier[outcome] }
            report.operations.planned = planned
        }
    }

    /// Ends the run with a failure. A run that failed while sending is closed as a killed one would be: whoever was in
    /// its open window is dirty. One whose end cannot be written, or that lost its locks, is closed by the next run. One
    /// that was refused before it did anything has not begun, and leaves no trace.
    func fail(_ failure: RunFailure, ownsLeases: Bool) async {
        let stage = report.status
        var failure = failure
        // Something was sent, so whatever it is, it is no mistake to correct before a first request.
        if stage == .delivering, failure.exit == .usage, !failure.isBeforeSending { failure.exit = .ownFault }
        update { report in
            report.fail(failure)
            report.finishedAt = environment.now()
            report.operations.deferred += report.operations.withoutOutcome
            if stage == .queued, failure.exit == .usage { report.runID = nil }
        }
        guard ownsLeases, let run = report.runID else { return }
        if stage == .delivering {
            guard let closed = await closeAsKilled(run) else { return }
            update { $0.operations = closed.operations }
        } else {
            try? await environment.state.saveRun(report)
        }
    }

    /// Nil where it cannot be written, or somebody else took the locks over: theirs would be among the runs to close.
    private func closeAsKilled(_ run: RunID) async -> RunReport? {
        var failed = report
        failed.status = .delivering
        let state = environment.state
        do {
            guard try await state.renewLeases(run: run, at: environment.now()) else { return nil }
            try await state.saveRun(failed)
            let nobody = RunID(milliseconds: 0, random: (0, 0))
            _ = try await state.recoverRuns(of: checked.sync.name, except: nobody, at: environment.now())
            return try await state.run(matching: run.text)
        } catch {
            return nil
        }
    }

    /// The report of a run that found its sync or destination in use.
    func refused(by holder: LeaseHolder, run: RunID, lease: String) -> RunReport {
        let what = lease.hasPrefix("sync:") ? "this sync" : "this destination"
        var report = report
        report.runID = nil
        report.status = .failed
        report.exit = .alreadyRunning
        report.finishedAt = environment.now()
        let finding = Diagnostic.error(
            "already_running",
            "run \(run) is using \(what) (process \(holder.processID) on \(holder.host), since "
                + "\(run.time.iso8601Milliseconds))",
            hint: "wait for it, or end it with `headrace cancel \(run)`")
        (report.error, report.finding) = (finding.sentence, finding)
        return report
    }

    func neverBegan(_ failure: RunFailure) -> RunReport {
        var report = report
        report.runID = nil
        report.fail(failure)
        report.finishedAt = environment.now()
        return report
    }
}
