import Foundation
import Synchronization

/// One audience. Its rules are kept as they were sent.
struct StoredAudience: Sendable {
    var uid: String
    var name: String
    var description: String
    var definition: AudienceRules
    var project: String
    var createdAt: Date
    var updatedAt: Date

    var json: String {
        JSONText.object([
            ("uid", JSONText.quoted(uid)), ("name", JSONText.quoted(name)),
            ("description", JSONText.quoted(description)), ("definition", definition.literal),
            ("project", JSONText.quoted(project)),
            ("createdAt", JSONText.quoted(LoggedRequest.text(of: createdAt))),
            ("updatedAt", JSONText.quoted(LoggedRequest.text(of: updatedAt))), ("createdBy", "\"simulator\""),
            ("updatedBy", "\"simulator\""),
        ])
    }
}

/// The audiences of every project.
final class AudienceStore: Sendable {
    enum Refusal: Error { case duplicateName, full, unknown }

    /// Contentstack's default limit of audiences in a project.
    private static let maximum = 100

    private struct State {
        var audiences: [String: [StoredAudience]] = [:]
        var ids = ObjectIDs(seed: 0xA0D1)
    }

    private let state = Mutex(State())
    private let now: @Sendable () -> Date

    init(now: @escaping @Sendable () -> Date) { self.now = now }

    func all(of project: String) -> [StoredAudience] { state.withLock { $0.audiences[project] ?? [] } }

    /// Whether a rule of any audience asks for the attribute.
    func use(attribute uid: String, in project: String) -> Bool {
        all(of: project).contains { $0.definition.customAttributes.contains(uid) }
    }

    func create(
        name: String, description: String, definition: AudienceRules, project: String
    ) throws(Refusal) -> StoredAudience {
        let time = now()
        return try state.withLock { state throws(Refusal) in
            let existing = state.audiences[project] ?? []
            if existing.contains(where: { $0.name == name }) { throw .duplicateName }
            if existing.count >= Self.maximum { throw .full }
            let audience = StoredAudience(
                uid: state.ids.next(at: time), name: name, description: description, definition: definition,
                project: project, createdAt: time, updatedAt: time)
            state.audiences[project] = existing + [audience]
            return audience
        }
    }

    func update(
        _ uid: String, name: String, description: String, definition: AudienceRules, project: String
    ) throws(Refusal) -> StoredAudience {
        let time = now()
        return try state.withLock { state throws(Refusal) in
            var existing = state.audiences[project] ?? []
            guard let place = existing.firstIndex(where: { $0.uid == uid }) else { throw .unknown }
            if existing.contains(where: { $0.name == name && $0.uid != uid }) { throw .duplicateName }
            existing[place].name = name
            existing[place].description = description
            existing[place].definition = definition
            existing[place].updatedAt = time
            state.audiences[project] = existing
            return existing[place]
        }
    }

    func delete(_ uid: String, project: String) throws(Refusal) {
        try state.withLock { state throws(Refusal) in
            guard let place = state.audiences[project]?.firstIndex(where: { $0.uid == uid }) else { throw .unknown }
            state.audiences[project]?.remove(at: place)
        }
    }

    func removeAll() { state.withLock { $0.audiences = [:] } }
}
