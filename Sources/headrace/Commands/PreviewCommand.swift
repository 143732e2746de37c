import ArgumentParser
import SyncCore
import SyncEngine

struct PreviewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preview",
        abstract: "Show the first rows of a model as a table.",
        discussion: "Columns that feed a pii attribute, and those of the model's `pii` list, are masked.")

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
            let preview = try await opened.engine().preview(definition, limit: limit)
            if console.isJSON {
                for row in preview.rows { console.print(json: Self.json(preview.columns, row), text: "") }
            } else {
                var table = TextTable(preview.columns.map { .text($0) })
                table.rows = preview.rows
                console.say(table.rendered(console.palette))
                console.say(console.palette.dim(NumberText.counted(preview.rows.count, "row")))
            }
            return .done
        }
    }

    /// One row as an object of texts, columns in the model's order.
    static func json(_ columns: [String], _ row: [String]) -> JSONText {
        .object(zip(columns, row).map { JSONText.Member(key: $0, value: .string($1)) })
    }
}
