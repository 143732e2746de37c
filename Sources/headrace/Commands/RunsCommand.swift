import ArgumentParser
import SyncCore

struct RunsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "The latest runs, or one run whole.",
        discussion: """
            Without RUN a line a run, newest first. With RUN all that is known of it: its guards, and how the operations \
            ended that were not confirmed. Needs nothing of the project but where its state is.
            """)

    @Argument(help: ArgumentHelp("A run's id, or the beginning of it.", valueName: "run")) var id: String?
    @Flag(name: .long, help: "The run's invalid rows (the first 1,000).") var invalid = false
    @Option(name: .long, help: "How many runs are listed.") var limit = 20
    @Option(name: .long, help: "Only runs of this sync, which the project may no longer have.") var sync: String?
    @OptionGroup var options: ProjectOptions

    func validate() throws {
        guard limit >= 1 else { throw ValidationError("--limit takes 1 or more, not \(limit).") }
        if invalid, id == nil { throw ValidationError("--invalid needs a RUN.") }
        if sync != nil, id != nil { throw ValidationError("--sync lists runs; it cannot be combined with a RUN.") }
    }

    func run() async throws {
        let console = options.output.console
        try await ending(console) {
            let located = try LocatedState(options)
            let lookup = RunLookup(located: located, state: try located.reader(), console: console)
            if let id { try await lookup.show(id, invalid: invalid) } else { try await lookup.list(sync, limit: limit) }
            return .done
        }
    }
}
