import ArgumentParser
import Contentstack
import SyncCore
import SyncEngine

struct AudiencesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audiences",
        abstract: "List the project's audiences, the attributes they use, and the syncs that feed those.",
        discussion: """
            Names conditions that can never be met by what models/attributes.yml allows: a text where the rule compares numbers, \
            a value outside `allowed`, a list without its pipes. Needs a login. Exits 0 whatever it finds. `audiences impact SYNC` says who \
            would enter and leave.
            """, subcommands: [AudiencesImpactCommand.self])

    @OptionGroup var options: DefinitionOptions

    func run() async throws {
        let console = options.project.output.console
        try await ending(console) {
            let sides = try await DefinitionSides(options)
            let findings = AudienceLint(local: sides.project.attributes, attributes: sides.attributes)
                .findings(in: sides.audiences)
            let destination = sides.access.destination.name
            let feeds = AttributeFeeds(sides.project.syncs.filter { $0.destination.name == destination })
            if sides.audiences.isEmpty { console.say("the project has no audience") }
            for audience in sides.audiences {
                let report = AudienceReport(
                    audience, attributes: sides.attributes, feeds: feeds,
                    findings: findings.filter { $0.audience == audience.name })
                console.print(json: report.json, text: report.text(console.palette))
            }
            return .done
        }
    }
}

/// Which syncs write an attribute.
struct AttributeFeeds {
    private let syncs: [String: [String]]

    init(_ definitions: [SyncDefinition]) {
        var syncs: [String: [String]] = [:]
        for sync in definitions {
            for mapping in sync.mappings { syncs[mapping.attribute.key, default: []].append(sync.name) }
        }
        self.syncs = syncs
    }

    subscript(key: String) -> [String] { syncs[key] ?? [] }
}
