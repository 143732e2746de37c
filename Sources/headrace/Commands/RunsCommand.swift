import ArgumentParser
import SyncCore

struct RunsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "The latest runs, or one run whole.",
        discussion: "Without RUN a line a run, newest first. With RUN all that is known of it, guards included.")

    @Argument(help: ArgumentHelp("A run's id, or the beginning of it.", valueName: "run")) var id: String?
    @Flag(name: .long, help: "The run's invalid rows (the first 1,000).") var invalid = false
    @Option(name: .long, help: "How many runs are listed.") var limit = 20
    @Option(name: .long, help: "Only runs of this sync.") var sync: String?
    @OptionGroup var options: ProjectOptions

    func validate() throws {
        guard limit >= 1 else { throw ValidationError("--limit takes 1 or more, not \(limit).") }
        if invalid, id == nil { throw ValidationError("--invalid needs a RUN.") }
        if sync != nil, id != nil { throw ValidationError("--sync lists runs; it cannot be combined with a RUN.") }
    }

    func run() async throws {
        let console = options.output.console
        try await ending(console) {
            let opened = try OpenedProject(options)
            let state = try opened.stateForReading()
            if let id { return try await show(id, of: state, console) }
            if let sync { _ = try opened.syncs(matching: [sync]) }
            let runs = try await state?.runs(sync: sync, limit: limit) ?? []
            if console.isJSON {
                for run in runs { console.print(json: RunLine(run).json, text: "") }
            } else {
                console.say(runs.isEmpty ? "no runs yet" : RunTable.text(runs, console.palette))
            }
            return .done
        }
    }

    private func show(_ prefix: String, of state: (any StateStore)?, _ console: Console) async throws -> ExitStatus {
        guard let state, let report = try await state.run(matching: prefix), let id = report.runID else {
            throw CancelCommand.unknownRun(prefix)
        }
        guard invalid else {
            let guards = report.guards.isEmpty ? "" : "\n\n" + GuardReport.table(report.guards, console.palette)
            console.print(json: RunLine(report).detailed, text: RunText(report).text(console.palette) + guards)
            return .done
        }
        let rows = try await state.invalidRows(of: id)
        if console.isJSON {
            for row in rows { console.print(json: RunLine.wholeInvalid(row), text: "") }
        } else {
            console.say(rows.isEmpty ? "no invalid rows" : InvalidRowReport.table(rows, console.palette))
            let more = report.rows.invalid - rows.count
            if more > 0 { console.say("… and \(NumberText.counted(more, "row")) that the state does not keep") }
        }
        return .done
    }
}
