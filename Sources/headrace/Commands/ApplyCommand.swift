import ArgumentParser
import SyncCore
import SyncEngine

struct ApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Deliver exactly a stored plan, without reading the source.",
        discussion: """
            Refused with exit code 2 when a newer plan or run of the sync began, its definitions changed, or the plan is \
            older than 24 hours. A killed apply is resumed by the same command.
            """)

    @Argument(help: "The plan's id, or the beginning of it.") var plan: String
    @Flag(name: .long, help: "Send although a guard tripped.") var overrideGuards = false
    @OptionGroup var options: ProjectOptions

    func run() async throws {
        let console = options.output.console
        try await ending(console) {
            let opened = try OpenedProject(options)
            let signals = ProcessSignals()
            let engine = try await opened.engine()
            let display = ProgressDisplay(console: console, logger: engine.environment.logger)
            let report = await engine.apply(
                plan: plan, overrideGuards: overrideGuards, observer: display.observer, stop: signals.stop)
            display.finish()
            console.print(json: RunLine(report).json, text: RunText(report).text(console.palette))
            return report.exit
        }
    }
}
