import Contentstack
import SyncCore
import SyncEngine

/// What plans mean for audiences, where somebody is logged in: rules are asked for once a destination. No plan fails for
/// want of them.
struct PlanImpacts {
    private typealias Contents = (attributes: [RemoteAttribute], audiences: [RemoteAudience])

    private let project: Project
    private let console: Console
    /// By destination; nil where they cannot be had, which was said.
    private var known: [String: Contents?] = [:]

    init(project: Project, console: Console) {
        self.project = project
        self.console = console
    }

    mutating func report(of plan: PlanID, _ checked: CheckedSync, _ engine: Engine) async throws -> ImpactReport? {
        let destination = checked.sync.destination
        let contents: Contents?
        if let asked = known[destination.name] {
            contents = asked
        } else {
            contents = await ask(destination)
            known[destination.name] = .some(contents)
        }
        guard let contents, !contents.audiences.isEmpty else { return nil }
        let impact = AudienceImpact(
            of: checked, in: project, attributes: contents.attributes, audiences: contents.audiences, engine: engine)
        return ImpactReport(try await impact.lines(of: plan))
    }

    private func ask(_ destination: DestinationDefinition) async -> Contents? {
        guard destination.authentication != .none else { return nil }
        do {
            return try await ManagementAccess(destination).contents()
        } catch {
            guard let finding = CommandFailure(error).findings.first, finding.code != "not_logged_in" else {
                return nil
            }
            console.complain([
                .warning(
                    finding.code, "what the plan means for audiences is not known: \(finding.message)",
                    hint: finding.hint)
            ])
            return nil
        }
    }
}
