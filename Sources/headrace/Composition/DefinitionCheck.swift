import Contentstack
import SyncCore
import SyncEngine

/// Holds what syncs map against the definitions and audiences of the projects that they write to, as whoever is logged in.
struct DefinitionCheck: Sendable {
    let project: Project
    /// By name.
    let syncs: Set<String>

    /// Of destinations that nobody is logged in to a note; of those that give no answer a warning: files are not wrong for
    /// that.
    func findings() async throws -> [Diagnostic] {
        var findings: [Diagnostic] = []
        for destination in project.destinations where destination.authentication != .none {
            let mapped = project.syncs.filter { syncs.contains($0.name) && $0.destination.name == destination.name }
                .flatMap { $0.mappings.map(\.attribute) }
            guard !mapped.isEmpty else { continue }
            let keys = Set(mapped.map(\.key))
            let used = project.attributes.filter { keys.contains($0.key) }
            do {
                let access = try ManagementAccess(destination)
                let contents = try await access.contents()
                if let identity = try await access.identity() {
                    findings.append(.note("project_identity", "this is \(identity.phrase)", at: destination.position))
                }
                findings += Self.findings(of: used, destination, contents.attributes, contents.audiences)
            } catch let failure as ManagementFailure {
                // A project that is not there takes every write without a word.
                let severity: Diagnostic.Severity = failure.kind == .notFound ? .error : .warning
                findings.append(Self.notCompared(destination, severity, failure.diagnostic))
            } catch let finding as Diagnostic where finding.code == "not_logged_in" {
                findings.append(Self.notCompared(destination, .note, finding))
            } catch let finding as Diagnostic {
                findings.append(finding)
            }
        }
        return findings
    }

    private static func notCompared(
        _ destination: DestinationDefinition, _ severity: Diagnostic.Severity, _ cause: Diagnostic
    ) -> Diagnostic {
        Diagnostic(
            severity, cause.code, "the attributes were not compared with the project's: \(cause.message)",
            at: destination.position, hint: cause.hint)
    }

    private static func findings(
        of used: [AttributeDefinition], _ destination: DestinationDefinition, _ attributes: [RemoteAttribute],
        _ audiences: [RemoteAudience]
    ) -> [Diagnostic] {
        let comparison = DefinitionComparison(local: used, remote: attributes, audiences: audiences)
        let report = ComparisonReport(comparison, destination: destination)
        let missing = comparison.creatable.map { attribute in
            destination.createsMissing
                ? Diagnostic.note(
                    "attribute_undefined",
                    "project \(destination.projectUID) has no attribute `\(attribute.key)`: the next run creates it",
                    at: attribute.position)
                : Diagnostic.error(
                    "attribute_undefined",
                    "project \(destination.projectUID) has no attribute `\(attribute.key)`: its values would be taken and"
                        + " ignored", at: attribute.position, hint: "create it: headrace attributes push")
        }
        let lint = AudienceLint(local: used, attributes: attributes).findings(in: audiences).map(\.diagnostic)
        return report.nearMisses + missing + [report.limit].compactMap { $0 } + lint
    }
}
