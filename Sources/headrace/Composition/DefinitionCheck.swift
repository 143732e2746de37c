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
            do {
                let access = try ManagementAccess(destination)
                let contents = try await access.contents()
                // Good to know, and nothing hangs on it.
                if let identity = try? await access.identity() {
                    findings.append(.note("project_identity", "this is \(identity.phrase)", at: destination.position))
                }
                findings += compared(keys, destination, contents.attributes, contents.audiences)
            } catch let failure as ManagementFailure {
                // A project that is not there takes every write without a word.
                let severity: Diagnostic.Severity = failure.kind == .notFound ? .error : .warning
                findings.append(Self.notCompared(destination, severity, failure.diagnostic))
            } catch let finding as Diagnostic {
                let severity: Diagnostic.Severity = finding.code == "not_logged_in" ? .note : .warning
                findings.append(Self.notCompared(destination, severity, finding))
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

    private func compared(
        _ keys: Set<String>, _ destination: DestinationDefinition, _ attributes: [RemoteAttribute],
        _ audiences: [RemoteAudience]
    ) -> [Diagnostic] {
        let comparison = DefinitionComparison(
            local: project.attributes, remote: attributes, audiences: audiences
        ).only(keys)
        let used = project.attributes.filter { keys.contains($0.key) }
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
