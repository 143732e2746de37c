import ArgumentParser
import SyncCore
import SyncEngine

struct PreviewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preview",
        abstract: "Show the first rows of a model as a table.",
        discussion: """
            The model and its syncs are checked first; an error exits 2 and shows no row. Columns that feed a pii \
            attribute, those of the model's `pii` list, and every attribute that one of them feeds are masked.
            """)

    @Argument(help: "The model's name.") var model: String
    @Option(name: .long, help: "How many rows.") var limit = 20
    @OptionGroup var options: ProjectOptions

    func validate() throws {
        guard limit >= 1 else { throw ValidationError("--limit takes 1 or more, not \(limit).") }
    }

    func run() async throws {
        let console = options.output.console
        try await ending(console) {
            let opened = try OpenedProject(options)
            let models = opened.project.models
            guard let definition = models.first(where: { $0.name == model }) else {
                throw SyncSelection.unknown(model, among: models.map(\.name), noun: "model")
            }
            let signals = ProcessSignals(announcing: ProcessSignals.ofReading)
            let engine = try await opened.engine()
            let outcome = try await signals.cancelling { await engine.checkPreview(of: definition) }
            console.complain((opened.findings + outcome.findings).filter { $0.severity != .note })
            guard outcome.exit == .done else { return outcome.exit }
            let limit = limit
            let report = PreviewReport(
                try await signals.cancelling { try await engine.preview(definition, limit: limit) })
            if console.isJSON {
                for row in report.json { console.print(json: row, text: "") }
            } else {
                console.say(report.text(console.palette))
                console.say(console.palette.dim(NumberText.counted(report.preview.rows.count, "row")))
            }
            return .done
        }
    }
}
