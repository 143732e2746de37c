import ArgumentParser
import SyncCore
import SyncEngine

struct TestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Run the model tests in the source.",
        discussion: """
            Each test is one read-only statement around the model's own. Exits 3 when a test fails, 2 when one of them or \
            its model is wrong, 6 when a source cannot be asked. Sends nothing, touches no state.
            """)

    @Argument(help: "Models to test, by name or glob; all when none is named.") var models: [String] = []
    @OptionGroup var options: ProjectOptions

    func run() async throws {
        let console = options.output.console
        try await ending(console) {
            let opened = try OpenedProject(options)
            let all = opened.project.models
            let names = Set(try SyncSelection.select(models, among: all.map(\.name), noun: "model"))
            let selected = all.filter { names.contains($0.name) }
            console.complain(opened.findings.filter { $0.severity != .note })
            guard selected.contains(where: { !$0.tests.isEmpty }) else {
                console.complain([
                    .warning("no_test", "there is no test", hint: "write some under `tests:` of a models/NAME.yml")
                ])
                return .done
            }
            let session = TestSession(project: opened.project)
            let outcomes = try await ProcessSignals(announcing: ProcessSignals.ofReading).cancelling {
                try await session.outcomes(of: selected) { outcome in
                    let report = TestReport(outcome)
                    console.print(json: report.json, text: report.text(console.palette))
                }
            }
            console.say(TestReport.summary(outcomes, console.palette))
            return ExitStatus.strongest(outcomes.map(\.exit))
        }
    }
}
