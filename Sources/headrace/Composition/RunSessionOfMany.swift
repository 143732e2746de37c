import SyncCore
import SyncEngine

/// The selected syncs of one `run`: checked together, run one after the other, each with its report.
struct RunSessionOfMany {
    var opened: OpenedProject
    var console: Console
    var options: RunOptions
    var signals: ProcessSignals

    /// Prints a report for every sync, also where no run began.
    func run(_ syncs: [SyncDefinition]) async throws -> ExitStatus {
        let engine: Engine
        do {
            engine = try await opened.engine()
        } catch {
            let failure = CommandFailure(error)
            console.complain(failure.findings)
            return refuseAll(syncs, because: failure.findings, exit: failure.exit)
        }
        let outcome = await engine.check(syncs)
        console.complain((opened.findings + outcome.findings).filter { $0.severity != .note })
        guard outcome.exit == .done else {
            return refuseAll(syncs, because: outcome.findings, exit: outcome.exit)
        }
        let display = ProgressDisplay(console: console, logger: engine.environment.logger)
        var exits: [ExitStatus] = []
        for checked in outcome.checked {
            if let reason = signals.stop.reason {
                var report = Self.notBegun(
                    checked.sync, exit: reason.exit, error: "the command was asked to stop before")
                report.status = .interrupted
                exits.append(show(report))
                continue
            }
            let report = await engine.run(
                checked, options: options, trigger: .manual, observer: display.observer, stop: signals.stopOfOneRun())
            display.finish()
            exits.append(show(report))
        }
        return ExitStatus.strongest(exits)
    }

    private func show(_ report: RunReport) -> ExitStatus {
        console.print(json: RunLine(report).json, text: RunText(report).text(console.palette))
        return report.exit
    }

    private func refuseAll(_ syncs: [SyncDefinition], because findings: [Diagnostic], exit: ExitStatus) -> ExitStatus {
        for sync in syncs { _ = show(Self.notBegun(sync, exit: exit, error: Self.reason(for: sync, in: findings))) }
        return exit
    }

    /// The report of a sync of which no run began.
    static func notBegun(_ sync: SyncDefinition, exit: ExitStatus, error: String) -> RunReport {
        var report = RunReport(
            runID: nil, sync: sync.name, model: sync.model.name, status: .failed, trigger: .manual,
            startedAt: .current(), exit: exit)
        report.finishedAt = report.startedAt
        report.error = error
        return report
    }

    /// The first error in the sync's own files; else that others stopped it.
    static func reason(for sync: SyncDefinition, in findings: [Diagnostic]) -> String {
        let errors = findings.filter { $0.severity == .error }
        let files = [sync.position?.file, sync.model.position?.file, sync.model.statement.file]
        let own = errors.first { finding in finding.position.map { files.contains($0.file) } ?? true }
        if let own { return own.sentence }
        return "not begun: the check of the selected syncs found \(NumberText.counted(errors.count, "error"))"
    }
}
