import ArgumentParser
import ProjectModels
import SyncCore

struct SchemaCommand: AsyncParsableCommand {
    enum File: String, CaseIterable, ExpressibleByArgument {
        case project, model, attributes

        var schemaName: String {
            switch self {
            case .project: "headrace.schema.json"
            case .model: "model.schema.json"
            case .attributes: "attributes.schema.json"
            }
        }
    }

    static let configuration = CommandConfiguration(
        commandName: "schema",
        abstract: "Print the JSON Schemas of the YAML files, for editors.",
        discussion: "Without FILE an object with all three, by name. The output is JSON in either format.")

    @Argument(help: "project (headrace.yml), model (models/NAME.yml) or attributes (models/attributes.yml).")
    var file: File?
    @OptionGroup var output: OutputOptions

    func run() async throws {
        if let file {
            StandardStream.output.print(Self.schema(file))
        } else {
            let members = File.allCases.map { "\"\($0.rawValue)\": \(Self.schema($0))" }
            StandardStream.output.print("{\(members.joined(separator: ",\n"))}")
        }
    }

    static func schema(_ file: File) -> String {
        let text = ProjectSchemas.all.first { $0.name == file.schemaName }?.schema ?? "{}"
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }
}
