import ArgumentParser
import SyncCore
import SyncEngine

struct ApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Deliver exactly a stored plan, without reading the source.",
        discussion: """
            Refused with exit code 2 when a newer plan or run of the sync began, its definitions changed, or the plan is \
            older than state.plan_ttl (24h). A killed apply is resumed by the same command.
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
            if let ambiguous = try await ambiguity(in: opened) {
                var report = RefusedRuns.report(
                    RefusedRuns.Sync(name: "", model: ""), exit: .usage, error: ambiguous.sentence)
                (report.trigger, report.finding) = (.apply, ambiguous)
                return console.show(report)
            }
            let display = ProgressDisplay(console: console, logger: engine.environment.logger)
            let report = await engine.apply(
                plan: plan, overrideGuards: overrideGuards, observer: display.observer, stop: signals.stop)
            display.finish()
            return console.show(report, answers: await opened.answers(of: report, engine: engine))
        }
    }

    /// Several plans begin with what was typed.
    private func ambiguity(in opened: OpenedProject) async throws -> Diagnostic? {
        let candidates = try await opened.stateForReading()?.plans(beginningWith: plan, limit: 4) ?? []
        guard candidates.count > 1 else { return nil }
        return IdentifierArgument.unknown(plan, noun: "plan", candidates: candidates, hint: "")
    }
}
