import ArgumentParser
import Contentstack
import ProjectModels
import SyncCore
import SyncEngine

struct AttributesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attributes",
        abstract: "Compare, fetch and create Contentstack's attribute definitions.",
        subcommands: [AttributesDiffCommand.self, AttributesPullCommand.self, AttributesPushCommand.self])
}

/// What the commands on definitions share.
struct DefinitionOptions: ParsableArguments {
    @Option(name: .long, help: "The destination of headrace.yml; needed where the project has several.")
    var destination: String?
    @OptionGroup var project: ProjectOptions

    /// What the files say of attributes, and the one destination, or the one that is named. Models and syncs may be wrong:
    /// most often they use what is still to be pulled.
    func definitions() throws -> (project: Project, destination: DestinationDefinition) {
        let reading = try OpenedProject.read(project)
        let errors = reading.findings.filter { $0.severity == .error && Self.concerns($0.position?.file) }
        guard let draft = reading.draft, errors.isEmpty else {
            throw CommandFailure(.usage, errors.isEmpty ? reading.findings : errors)
        }
        return (draft, try Self.one(of: draft.destinations, named: destination))
    }

    private static func concerns(_ file: String?) -> Bool {
        file == nil || file == "headrace.yml" || file == AttributeFile.name
    }

    private static func one(
        of all: [DestinationDefinition], named name: String?
    ) throws(Diagnostic) -> DestinationDefinition {
        if let name {
            guard let found = all.first(where: { $0.name == name }) else {
                throw SyncSelection.unknown(name, among: all.map(\.name), noun: "destination")
            }
            return found
        }
        guard let only = all.first else {
            throw .error(
                "no_destination", "the project has no destination",
                hint: "write one under `destinations:` of headrace.yml")
        }
        guard all.count == 1 else {
            throw .error(
                "destination_not_named", "the project has several destinations",
                hint: "add --destination NAME: \(all.map(\.name).joined(separator: ", "))")
        }
        return only
    }
}

struct AttributesDiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Compare models/attributes.yml with the project's own definitions.",
        discussion: """
            Names the attributes that only one side has, keys that differ in case, dash or underscore only, and types that \
            the rules of the audiences contradict. Presets are left out: they are computed of the visit. Needs a login. Exits 0, \
            with --exit-code 8 where attributes are missing on a side.
            """)

    @Flag(name: .long, help: "Exit with 8 where attributes are missing on a side.") var exitCode = false
    @OptionGroup var options: DefinitionOptions

    func run() async throws {
        let console = options.project.output.console
        try await ending(console) {
            let sides = try await DefinitionSides(options)
            let comparison = sides.comparison
            let report = ComparisonReport(comparison, destination: sides.access.destination)
            console.print(json: report.json, text: report.text(console.palette))
            return exitCode && !comparison.isEqual ? .changesPlanned : .done
        }
    }
}

/// The project's files and Contentstack's own definitions, side by side.
struct DefinitionSides: Sendable {
    let project: Project
    let access: ManagementAccess
    let signals: ProcessSignals
    let attributes: [RemoteAttribute]
    let audiences: [RemoteAudience]

    /// Throws where the files are wrong, nobody is logged in, Contentstack gives no answer, or a signal comes.
    init(_ options: DefinitionOptions) async throws {
        let (project, destination) = try options.definitions()
        let access = try ManagementAccess(destination)
        let signals = ProcessSignals(announcing: ProcessSignals.ofReading)
        let contents = try await signals.cancelling { try await access.contents() }
        (self.project, self.access, self.signals) = (project, access, signals)
        (attributes, audiences) = contents
    }

    var comparison: DefinitionComparison {
        DefinitionComparison(local: project.attributes, remote: attributes, audiences: audiences)
    }
}
