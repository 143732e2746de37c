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
            return refused.show(syncs.map(Self.names), because: failure.findings, exit: failure.exit)
        }
        let outcome = await engine.check(syncs)
        console.complain((opened.findings + outcome.findings).filter { $0.severity != .note })
        guard outcome.exit == .done else {
            return refused.show(syncs.map(Self.names), because: outcome.findings, exit: outcome.exit)
        }
        let display = ProgressDisplay(console: console, logger: engine.environment.logger)
        var exits: [ExitStatus] = []
        for checked in outcome.checked {
            if let reason = signals.stop.reason {
                var report = RefusedRuns.report(
                    Self.names(checked.sync), exit: reason.exit, error: "the command was asked to stop before")
                report.status = .interrupted
                exits.append(console.show(report))
                continue
            }
            let report = await engine.run(
                checked, options: options, trigger: .manual, observer: display.observer, stop: signals.stopOfOneRun())
            display.finish()
            exits.append(console.show(report))
        }
        return ExitStatus.strongest(exits)
    }

    private var refused: RefusedRuns { RefusedRuns(console: console) }

    private static func names(_ sync: SyncDefinition) -> (name: String, model: String) { (sync.name, sync.model.name) }
}

/// The reports of selected syncs of which no run begins.
struct RefusedRuns {
    let console: Console

    /// Prints a report for every sync.
    func show(
        _ syncs: [(name: String, model: String)], because findings: [Diagnostic], exit: ExitStatus
    ) -> ExitStatus {
        for sync in syncs {
            _ = console.show(Self.report(sync, exit: exit, error: Self.reason(forModel: sync.model, in: findings)))
        }
        return exit
    }

    static func report(_ sync: (name: String, model: String), exit: ExitStatus, error: String) -> RunReport {
        var report = RunReport(
            runID: nil, sync: sync.name, model: sync.model, status: .failed, trigger: .manual,
            startedAt: .current(), exit: exit)
        report.finishedAt = report.startedAt
        report.error = error
        return report
    }

    /// The first error in the model's own files; else that others stopped it.
    private static func reason(forModel model: String, in findings: [Diagnostic]) -> String {
        let errors = findings.filter { $0.severity == .error }
        let files = ["models/\(model).yml", "models/\(model).sql"]
        let own = errors.first { finding in finding.position.map { files.contains($0.file) } ?? true }
        if let own { return own.sentence }
        return "not begun: the check of the selected syncs found \(NumberText.counted(errors.count, "error"))"
    }
}

extension Console {
    /// Prints a run's report; its exit.
    func show(_ report: RunReport) -> ExitStatus {
        print(json: RunLine(report).json, text: RunText(report).text(palette))
        return report.exit
    }
}
