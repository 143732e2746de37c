import ChangePlanning
import Delivery
import SyncCore
import Synchronization

/// One run in progress: its report, kept in the state at every change of stage.
final class RunSession: Sendable {
    private let environment: EngineEnvironment
    private let checked: CheckedSync
    private let observer: RunObserver?
    private let current: Mutex<RunReport>

    init(environment: EngineEnvironment, checked: CheckedSync, report: RunReport, observer: RunObserver?) {
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
        }
    }

    /// Delivers the plan and closes the books.
    func deliver(_ plan: PlanRecord, stop: StopRequest) async throws {
        guard let run = report.runID else { return }
        if stop.reason != nil { throw CancellationError() }
        try await enter(.delivering)
        try await environment.state.beginDelivery(of: plan.planID, run: run)
        let clock = ContinuousClock()
        let start = clock.now
        var stopSentence: String?
        if plan.planned > 0 {
            let delivery = PlanDelivery(
                environment: environment, checked: checked, plan: plan, run: run, stop: stop
            ) { [weak self] counts in self?.observe(counts) }
            let result = try await delivery.deliver()
            stopSentence = result.stopReason
            update { $0.attempts = result.attempts }
        }
        update { report in
            report.deliverSeconds = (clock.now - start).seconds
            report.finishedAt = environment.now()
        }
        let operations = try await environment.state.finishDelivery(of: plan.planID, report: report)
        update { report in
            report.operations = operations
            report.close(stop: stop.reason, destinationStop: stopSentence)
        }
        try await environment.state.saveRun(report)
        observer?(RunProgress(sync: checked.sync.name, runID: run, status: report.status))
    }

    private func observe(_ counts: DeliveryCounts) {
        guard let observer else { return }
        var progress = RunProgress(sync: checked.sync.name, runID: report.runID, status: .delivering)
        progress.rowsRead = report.rows.queried
        progress.operations.planned = report.operations.planned
        progress.operations.confirmed = counts.confirmed
        progress.operations.rejected = counts.rejected
        progress.operations.unknown = counts.unknown
        progress.operations.deferred = counts.deferred
        progress.attempts = counts.attempts
        progress.inFlight = counts.inFlight
        observer(progress)
    }

    /// Ends the run with a failure. A run that failed while sending is closed as a killed one would be: whoever was in
    /// its open window is dirty. One whose end cannot be written, or that lost its locks, is closed by the next run.
    func fail(_ failure: RunFailure, ownsLeases: Bool) async {
        let wasDelivering = report.status == .delivering
        update { report in
            report.fail(failure)
            report.finishedAt = environment.now()
        }
        guard ownsLeases, let run = report.runID else { return }
        if wasDelivering {
            guard let closed = try? await closeAsKilled(run) else { return }
            update { $0.operations = closed.operations }
        }
        try? await environment.state.saveRun(report)
    }

    private func closeAsKilled(_ run: RunID) async throws(StateFailure) -> RunReport? {
        let nobody = RunID(milliseconds: 0, random: (0, 0))
        _ = try await environment.state.recoverRuns(of: checked.sync.name, except: nobody, at: environment.now())
        return try await environment.state.run(matching: run.text)
    }

    /// The report of a run that found its sync or destination in use.
    func refused(by holder: LeaseHolder, run: RunID, lease: String) -> RunReport {
        let what = lease.hasPrefix("sync:") ? "this sync" : "this destination"
        var report = report
        report.runID = nil
        report.status = .failed
        report.exit = .alreadyRunning
        report.finishedAt = environment.now()
        report.error =
            "run \(run) is using \(what) (process \(holder.processID) on \(holder.host)); "
            + "wait for it, or end it with `headrace cancel \(run)`"
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
