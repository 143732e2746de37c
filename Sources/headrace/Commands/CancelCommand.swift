import ArgumentParser
import SyncCore

struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Drain a run in progress: what is in flight finishes, the rest is deferred.",
        discussion: "Needs nothing of the project but where its state is.")

    @Argument(help: ArgumentHelp("The run's id, or the beginning of it.", valueName: "run")) var id: String
    @OptionGroup var options: ProjectOptions

    func run() async throws {
        let console = options.output.console
        try await ending(console) {
            let located = try LocatedState(options)
            let (runID, report) = try await IdentifierArgument.run(id, in: located.reader())
            let state = try located.writer()
            if try await GoneRuns().among(state).contains(runID) { throw Self.processGone(runID, of: report.sync) }
            guard try await state.requestCancel(of: runID) else {
                throw Diagnostic.error(
                    "run_not_in_progress", "run \(runID) of \(report.sync) is not in progress",
                    hint: "`headrace runs` lists each run with its status")
            }
            console.print(
                json: .members([
                    "run_id": .string(runID.text), "sync": .string(report.sync),
                    "status": .string(report.status.rawValue), "cancel_requested": .boolean(true),
                ]),
                text:
                    "run \(runID) of \(TerminalText.escaped(report.sync)) is asked to stop; what is in flight finishes")
            return .done
        }
    }

    private static func processGone(_ run: RunID, of sync: String) -> Diagnostic {
        .error(
            "run_process_gone", "run \(run) of \(sync) is not in progress: its process is gone",
            hint: "the next `headrace run \(sync)` closes it and sends again what it left open")
    }
}
