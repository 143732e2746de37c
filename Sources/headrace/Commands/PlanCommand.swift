import ArgumentParser
import SyncCore
import SyncEngine

struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Make and store a plan: counts, guards, and each user's attributes old → new.",
        discussion: """
            Reads the models and compares them with what the destination last confirmed. Sends nothing and takes no lock. \
            Exits 4 when a guard trips, 3 when rows are invalid. Of the planned operations it counts those that are withheld \
            because the destination rejected the same values before. With a login it says how many users would enter and leave \
            the audiences.
            """)

    @Argument(help: "Syncs to plan, by name or glob; all when none is named.") var syncs: [String] = []
    @Option(name: .long, help: "How many users are shown of each plan.") var details = 20
    @Flag(name: .long, help: "Exit with 8 when there is something to send.") var exitCode = false
    @OptionGroup var options: ProjectOptions

    func validate() throws {
        guard details >= 0 else { throw ValidationError("--details takes 0 or more, not \(details).") }
    }

    func run() async throws {
        let console = options.output.console
        try await ending(console) {
            let opened = try OpenedProject(options)
            let selected = try opened.syncs(matching: syncs)
            guard !opened.hasNoSync(console) else { return .done }
            let signals = ProcessSignals()
            let engine = try await opened.engine()
            let outcome = try await signals.cancelling { await engine.check(selected) }
            console.complain((opened.findings + outcome.findings).filter { $0.severity != .note })
            guard outcome.exit == .done else { return outcome.exit }
            let display = ProgressDisplay(console: console, logger: engine.environment.logger)
            var exits: [ExitStatus] = []
            var context = RemoteContext(project: opened.project, console: console, stop: signals.stop)
            for (index, sync) in outcome.checked.enumerated() {
                let planned = await engine.plan(
                    sync, options: RunOptions(), details: details, observer: display.observer,
                    stop: signals.stopOfOneRun())
                display.finish()
                let users = try PlanPresentation.users(planned.operations, keys: engine.environment.keys)
                var report = PlanReport(
                    sync: sync.sync.name, plan: planned.plan, users: users, withheld: planned.withheld,
                    invalidSample: planned.invalidSample, error: planned.error)
                if let plan = planned.plan, signals.stop.reason == nil {
                    report.identity = await context.identity(of: sync)
                    if plan.planned > 0, plan.status != .superseded {
                        report.impact = try await context.report(of: plan.planID, sync, engine)
                    }
                }
                if index > 0 { console.say("") }
                if console.isJSON, let error = planned.error { console.complain([error]) }
                console.print(json: report.json, text: report.text(console.palette))
                exits.append(planned.exit)
                let sent = (planned.plan?.planned ?? 0) - planned.withheld.total
                if exitCode, sent > 0 { exits.append(.changesPlanned) }
                if signals.stop.reason != nil { break }
            }
            return ExitStatus.strongest(exits)
        }
    }
}
