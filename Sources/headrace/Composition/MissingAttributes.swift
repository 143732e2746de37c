import Contentstack
import Logging
import SyncCore
import SyncEngine

/// Creates what syncs map and their projects lack, where destinations say `create_missing: true`: before anything is sent,
/// since the edge takes a key that is not defined and ignores it.
struct MissingAttributes: Sendable {
    let project: Project
    let logger: Logger

    /// One after the other. Throws `CommandFailure` where a project cannot be asked, or a key would be the twin of another.
    func create(for syncs: [SyncDefinition]) async throws {
        for destination in project.destinations where destination.createsMissing {
            let keys = Set(
                syncs.filter { $0.destination.name == destination.name }.flatMap { $0.mappings.map(\.attribute.key) })
            guard !keys.isEmpty else { continue }
            try await create(project.attributes.filter { keys.contains($0.key) }, in: destination)
        }
    }

    private func create(_ used: [AttributeDefinition], in destination: DestinationDefinition) async throws {
        let logger = logger
        try await ManagementAccess(destination).withClient { client in
            let comparison = DefinitionComparison(local: used, remote: try await client.attributes(), audiences: [])
            let twins = ComparisonReport(comparison, destination: destination).nearMisses
            guard twins.isEmpty else { throw CommandFailure(.usage, twins) }
            for attribute in comparison.creatable {
                _ = try await client.create(
                    attribute: attribute.key, name: attribute.key, description: attribute.description)
                logger.notice(
                    "an attribute was created",
                    metadata: [
                        "attribute": "\(attribute.key)", "destination": "\(destination.name)",
                    ])
            }
        }
    }
}
