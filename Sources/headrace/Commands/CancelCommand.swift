import ArgumentParser
import SyncCore

struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Drain a run in progress: what is in flight finishes, the rest is deferred.")

    @Argument(help: ArgumentHelp("The run's id, or the beginning of it.", valueName: "run")) var id: String
    @OptionGroup var options: ProjectOptions

    func run() async throws {
        let console = options.output.console
        try await ending(console) {
            let opened = try OpenedProject(options)
            let state = try opened.state()
            guard let report = try await state.run(matching: id), let runID = report.runID else {
                throw Self.unknownRun(id)
            }
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

    static func unknownRun(_ prefix: String) -> Diagnostic {
        .error("unknown_run", "no run begins with \(prefix)", hint: "`headrace runs` lists the latest")
    }
}
