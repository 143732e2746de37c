import Foundation
import Synchronization

/// One project of an organization.
struct StoredProject: Sendable {
    var uid: String
    var name: String
    var description: String
    var organization: String
    /// The CMS stack that it belongs to, or "".
    var stackAPIKey: String
    var createdAt: Date
}

extension StoredProject {
    /// A project that nobody created.
    init(seen uid: String, in organization: String, at time: Date) {
        self.init(
            uid: uid, name: "Project \(uid.suffix(4))", description: "", organization: organization, stackAPIKey: "",
            createdAt: time)
    }
}

/// The projects that an organization's members see in a list.
final class ProjectStore: Sendable {
    /// Contentstack's default limit of an organization.
    private static let maximum = 3

    private struct State {
        var projects: [StoredProject]
        var ids = ObjectIDs(seed: 0x9801)
    }

    private let state: Mutex<State>
    private let initial: [StoredProject]
    private let now: @Sendable () -> Date

    /// `known` projects are there from the start.
    init(known: Set<String>, of organization: String, now: @escaping @Sendable () -> Date) {
        let time = now()
        initial = known.sorted().map { StoredProject(seen: $0, in: organization, at: time) }
        state = Mutex(State(projects: initial))
        self.now = now
    }

    func contains(_ uid: String) -> Bool { state.withLock { $0.projects.contains { $0.uid == uid } } }

    var all: [StoredProject] { state.withLock { $0.projects } }

    func all(of organization: String) -> [StoredProject] {
        state.withLock { $0.projects.filter { $0.organization == organization } }
    }

    /// The organization that a project belongs to: from now on the given one, where it was not in the list.
    func owner(of uid: String, otherwise organization: String) -> String {
        let time = now()
        return state.withLock { state in
            if let known = state.projects.first(where: { $0.uid == uid }) { return known.organization }
            state.projects.append(StoredProject(seen: uid, in: organization, at: time))
            return organization
        }
    }

    func create(
        in organization: String, name: String, description: String, stackAPIKey: String
    ) throws(ItemRefusal) -> StoredProject {
        let time = now()
        return try state.withLock { state throws(ItemRefusal) in
            let existing = state.projects.filter { $0.organization == organization }
            guard !existing.contains(where: { $0.name == name }) else { throw .duplicate("name") }
            guard existing.count < Self.maximum else { throw .full }
            let project = StoredProject(
                uid: state.ids.next(at: time), name: name, description: description, organization: organization,
                stackAPIKey: stackAPIKey, createdAt: time)
            state.projects.append(project)
            return project
        }
    }

    /// Leaves what was there from the start.
    func reset() { state.withLock { $0.projects = initial } }
}
