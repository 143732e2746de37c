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
            try await create(keys, in: destination)
        }
    }

    private func create(_ keys: Set<String>, in destination: DestinationDefinition) async throws {
        let (logger, local) = (logger, project.attributes)
        try await ManagementAccess(destination).withClient { client in
            let comparison = DefinitionComparison(
                local: local, remote: try await client.attributes(), audiences: []
            ).only(keys)
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
