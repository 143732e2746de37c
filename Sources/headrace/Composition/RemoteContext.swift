import Contentstack
import SyncCore
import SyncEngine

/// What a plan means at Contentstack, where somebody is logged in: which project it is for, and who enters and leaves its
/// audiences. Contentstack is asked once a destination, and no plan fails for want of an answer.
struct RemoteContext {
    private typealias Contents = (
        attributes: [RemoteAttribute], audiences: [RemoteAudience], identity: ProjectIdentity?
    )

    private let project: Project
    private let console: Console
    /// By destination; nil where they cannot be had, which was said.
    private var known: [String: Contents?] = [:]

    init(project: Project, console: Console) {
        self.project = project
        self.console = console
    }

    /// Which project the sync writes to; nil where that is not known.
    mutating func identity(of checked: CheckedSync) async -> ProjectIdentity? {
        await contents(of: checked.sync.destination)?.identity
    }

    mutating func report(of plan: PlanID, _ checked: CheckedSync, _ engine: Engine) async throws -> ImpactReport? {
        guard let contents = await contents(of: checked.sync.destination), !contents.audiences.isEmpty else {
            return nil
        }
        let impact = AudienceImpact(
            of: checked, in: project, attributes: contents.attributes, audiences: contents.audiences, engine: engine)
        return ImpactReport(try await impact.lines(of: plan))
    }

    private mutating func contents(of destination: DestinationDefinition) async -> Contents? {
        if let asked = known[destination.name] { return asked }
        let contents = await ask(destination)
        known[destination.name] = .some(contents)
        return contents
    }

    private func ask(_ destination: DestinationDefinition) async -> Contents? {
        guard destination.authentication != .none else { return nil }
        do {
            let access = try ManagementAccess(destination)
            let (attributes, audiences) = try await access.contents()
            return (attributes, audiences, try await access.identity())
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
