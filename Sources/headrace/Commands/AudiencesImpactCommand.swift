import ArgumentParser
import SyncCore
import SyncEngine

struct AudiencesImpactCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "impact",
        abstract: "Say who would enter and who would leave each audience.",
        discussion: """
            Makes a plan of the sync, as `plan` does, and evaluates the audiences' rules on what each user's attributes are and would be: \
            those of all syncs of the destination, as far as it has confirmed them. What a rule asks of the visit, and of attributes that no sync \
            here writes, is not known. Sends nothing. Needs a login. Exits 4 when a guard of the plan trips, 3 when rows are invalid.
            """)

    @Argument(help: "The sync.") var sync: String
    @Option(name: .long, help: "How many users are named for each audience and direction.")
    var examples = AudienceImpact.standardExamples
    @OptionGroup var options: ProjectOptions

    private static func withheld(_ counts: WithheldCounts) -> String {
        guard counts.total > 0 else { return "" }
        return "\nWithheld users count as if they were sent: \(NumberText.grouped(counts.total))"
    }

    func validate() throws {
        guard examples >= 0 else { throw ValidationError("--examples takes 0 or more, not \(examples).") }
    }

    func run() async throws {
        let console = options.output.console
        try await ending(console) {
            let opened = try OpenedProject(options)
            guard let definition = opened.project.syncs.first(where: { $0.name == sync }) else {
                throw SyncSelection.unknown(sync, among: opened.project.syncs.map(\.name), noun: "sync")
            }
            let access = try ManagementAccess(definition.destination)
            let signals = ProcessSignals()
            let contents = try await signals.cancelling { try await access.contents() }
            let engine = try await opened.engine()
            let outcome = try await signals.cancelling { await engine.check([definition]) }
            console.complain((opened.findings + outcome.findings).filter { $0.severity != .note })
            guard outcome.exit == .done, let checked = outcome.checked.first else { return outcome.exit }
            let display = ProgressDisplay(console: console, logger: engine.environment.logger)
            let planned = await engine.plan(
                checked, options: RunOptions(), details: 0, observer: display.observer, stop: signals.stopOfOneRun())
            display.finish()
            guard let plan = planned.plan else {
                throw CommandFailure(
                    planned.exit, planned.error.map { [$0] } ?? [.error("no_plan", "no plan could be made")])
            }
            guard plan.status != .superseded else {
                throw Diagnostic.error(
                    "plan_superseded", "a newer plan or run of \(sync) began meanwhile", hint: "ask again")
            }
            let impact = AudienceImpact(
                of: checked, in: opened.project, attributes: contents.attributes, audiences: contents.audiences,
                engine: engine, examples: examples)
            let report = ImpactReport(try await signals.cancelling { try await impact.lines(of: plan.planID) })
            console.print(
                json: .members([
                    "sync": .string(sync), "plan_id": .string(plan.planID.text),
                    "operations": .members(["planned": .integer(plan.planned)]), "audiences": report.json,
                ]),
                text: report.text(console.palette)
                    + "\n\n\(NumberText.counted(plan.planned, "operation")) planned: plan \(plan.planID)"
                    + Self.withheld(planned.withheld))
            return planned.exit
        }
    }
}
