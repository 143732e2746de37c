import ProjectModels
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
        let refused = RefusedRuns(console: console)
        let engine: Engine
        let outcome: CheckOutcome
        do {
            let opening = try await opened.engine()
            engine = opening
            outcome = try await signals.cancelling { await opening.check(syncs) }
            if outcome.exit == .done, !options.baseline {
                let missing = MissingAttributes(project: opened.project, logger: opened.logger)
                try await signals.cancelling { try await missing.create(for: syncs) }
            }
        } catch {
            let failure = CommandFailure(error)
            console.complain(failure.findings)
            return refused.show(syncs.map(RefusedRuns.Sync.init), because: failure.findings, exit: failure.exit)
        }
        console.complain((opened.findings + outcome.findings).filter { $0.severity != .note })
        guard outcome.exit == .done else {
            return refused.show(syncs.map(RefusedRuns.Sync.init), because: outcome.findings, exit: outcome.exit)
        }
        let display = ProgressDisplay(console: console, logger: engine.environment.logger)
        var exits: [ExitStatus] = []
        for checked in outcome.checked {
            if let reason = signals.stop.reason {
                let report = RefusedRuns.report(
                    RefusedRuns.Sync(checked.sync), exit: reason.exit, error: "the command was asked to stop before")
                exits.append(console.show(report))
                continue
            }
            let report = await engine.run(
                checked, options: options, trigger: .manual, observer: display.observer, stop: signals.stopOfOneRun())
            display.finish()
            exits.append(console.show(report, answers: await opened.answers(of: report, engine: engine)))
        }
        return ExitStatus.strongest(exits)
    }
}

extension OpenedProject {
    /// How the operations of a run ended that were not confirmed, for its text; none where the state cannot say.
    func answers(of report: RunReport, engine: Engine) async -> [AnswerReport] {
        let counts = report.operations
        guard let run = report.runID, counts.planned > counts.confirmed, let state = try? stateForReading() else {
            return []
        }
        let answers = (try? await state.answers(of: run)) ?? []
        return answers.map { AnswerReport($0, keys: engine.environment.keys) }
    }
}

/// The reports of selected syncs of which no run begins.
struct RefusedRuns {
    /// A sync, and where the source and the destination are defined that it needs.
    struct Sync {
        var name: String
        var model: String
        var places: [Diagnostic.Position] = []

        init(name: String, model: String) { (self.name, self.model) = (name, model) }

        init(_ definition: SyncDefinition) {
            self.init(name: definition.name, model: definition.model.name)
            places = [definition.model.source.position, definition.destination.position].compactMap { $0 }
        }
    }

    let console: Console

    /// Every sync that the files name, with what is sound of it.
    static func syncs(of reading: ProjectReading) -> [Sync] {
        reading.writtenSyncs.map { sync in
            let drafted = reading.draft?.syncs.first { $0.name == sync.name }
            return drafted.map(Sync.init) ?? Sync(name: sync.name, model: sync.model)
        }
    }

    /// Prints a report for every sync. The findings themselves are on standard error.
    func show(_ syncs: [Sync], because findings: [Diagnostic], exit: ExitStatus) -> ExitStatus {
        for sync in syncs {
            _ = console.show(Self.report(sync, exit: exit, error: Self.reason(for: sync, in: findings)))
        }
        return exit
    }

    static func report(_ sync: Sync, exit: ExitStatus, error: String) -> RunReport {
        let wasStopped = exit == .interrupted || exit == .terminated
        var report = RunReport(
            runID: nil, sync: sync.name, model: sync.model, status: wasStopped ? .interrupted : .failed,
            trigger: .manual, startedAt: .current(), exit: exit)
        report.finishedAt = report.startedAt
        report.error = error
        return report
    }

    /// The first error in the model's own files, else of the sync's source or destination or of no place; else what
    /// stopped the others.
    static func reason(for sync: Sync, in findings: [Diagnostic]) -> String {
        let errors = findings.filter { $0.severity == .error }
        // A model's name is that of its files, whatever folder they are in.
        let files = ["/\(sync.model).yml", "/\(sync.model).sql"]
        let own =
            errors.first { $0.position.map { place in files.contains(where: place.file.hasSuffix) } ?? false }
            ?? errors.first { $0.position.map(sync.places.contains) ?? true }
        if let own { return own.sentence }
        guard let first = errors.first else { return "not begun" }
        let others = errors.count > 1 ? " (and \(NumberText.counted(errors.count - 1, "error")) more)" : ""
        return "not begun: \(first.sentence)\(others)"
    }
}

extension Console {
    /// Prints a run's report; its exit. In JSON the reason of a run that failed goes to standard error, too.
    func show(_ report: RunReport, answers: [AnswerReport] = []) -> ExitStatus {
        if isJSON, let finding = report.finding { complain([finding]) }
        var text = RunText(report)
        text.answers = answers
        print(json: RunLine(report).json, text: text.text(palette))
        return report.exit
    }
}
