import ArgumentParser
import Contentstack
import SyncCore
import SyncEngine

struct AttributesPushCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "push",
        abstract: "Create the attributes that the project lacks.",
        discussion: """
            Creates what models/attributes.yml has and the project has not, one by one, after showing them; changes and deletes \
            nothing. A key that differs from one of the project in case, dash or underscore only is refused: it would be a twin that no rule \
            uses. Asks before it does so, and takes --yes where there is no terminal. Needs a login that may manage the project.
            """)

    @Flag(name: .long, help: "Do not ask.") var yes = false
    @OptionGroup var options: DefinitionOptions

    func run() async throws {
        let console = options.project.output.console
        try await ending(console) {
            let sides = try await DefinitionSides(options)
            let (comparison, destination) = (sides.comparison, sides.access.destination)
            let findings = ComparisonReport(comparison, destination: destination)
            let twins = findings.nearMisses
            guard twins.isEmpty else { throw CommandFailure(.usage, twins) }
            let missing = comparison.creatable
            guard !missing.isEmpty else {
                console.print(
                    json: Self.json([], failed: nil, destination), text: "the project has all attributes of the file")
                return .done
            }
            console.complain(findings.limit.map { [$0] } ?? [])
            try confirm(missing, destination, console)
            return try await create(missing, sides.access, sides.signals, console)
        }
    }

    private func confirm(
        _ missing: [AttributeDefinition], _ destination: DestinationDefinition, _ console: Console
    ) throws {
        console.say(missing.map { "  + \(ComparisonReport.line($0))" }.joined(separator: "\n"))
        guard !yes else { return }
        let what = "\(NumberText.counted(missing.count, "attribute")) in project \(destination.projectUID)"
        guard Terminal.canAsk else {
            throw Diagnostic.error("push_not_confirmed", "this creates \(what)", hint: "add --yes")
        }
        guard Terminal.ask("Create \(what)? [y/N] ") else {
            throw Diagnostic.error("push_not_confirmed", "nothing was created")
        }
    }

    /// One after the other: what was created before a failure stays, and is named.
    private func create(
        _ missing: [AttributeDefinition], _ access: ManagementAccess, _ signals: ProcessSignals, _ console: Console
    ) async throws -> ExitStatus {
        let (created, failure) = try await access.withClient { client in
            var created: [RemoteAttribute] = []
            for attribute in missing {
                if let stop = signals.stop.reason {
                    let finding = Diagnostic.error("interrupted", "the command was stopped")
                    return (created, CommandFailure(stop.exit, finding) as CommandFailure?)
                }
                do throws(ManagementFailure) {
                    created.append(
                        try await client.create(
                            attribute: attribute.key, name: attribute.key, description: attribute.description))
                } catch {
                    return (created, CommandFailure(error))
                }
            }
            return (created, nil)
        }
        console.print(
            json: Self.json(created, failed: failure == nil ? nil : missing[created.count].key, access.destination),
            text: "created \(created.count) of \(NumberText.counted(missing.count, "attribute"))")
        if let failure { throw failure }
        return .done
    }

    private static func json(
        _ created: [RemoteAttribute], failed: String?, _ destination: DestinationDefinition
    ) -> JSONText {
        .members([
            "destination": .string(destination.name), "project_uid": .string(destination.projectUID),
            "created": .array(created.map { .members(["key": .string($0.key), "uid": .string($0.uid)]) }),
            "failed": .optional(failed),
        ])
    }
}
