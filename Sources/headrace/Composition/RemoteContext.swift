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
    private let stop: StopRequest
    /// By destination; nil where they cannot be had, which was said.
    private var known: [String: Contents?] = [:]

    init(project: Project, console: Console, stop: StopRequest) {
        self.project = project
        self.console = console
        self.stop = stop
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

    /// A plan is ready and waits for this, so not for long.
    private static let patience = Duration.seconds(15)

    private func ask(_ destination: DestinationDefinition) async -> Contents? {
        guard destination.authentication != .none, stop.reason == nil else { return nil }
        let answer = await withTaskGroup(of: Result<Contents, any Error>?.self) { group in
            group.addTask {
                do {
                    let access = try ManagementAccess(destination)
                    let (attributes, audiences) = try await access.contents()
                    return .success((attributes, audiences, try? await access.identity()))
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                guard (try? await Task.sleep(for: Self.patience)) != nil else { return nil }
                return .failure(
                    Diagnostic.error("management_unreachable", "Contentstack gave no answer within 15 seconds"))
            }
            group.addTask {
                await stop.wait()
                return nil
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
        switch answer {
        case .success(let contents): return contents
        case nil: return nil
        case .failure(let error):
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
