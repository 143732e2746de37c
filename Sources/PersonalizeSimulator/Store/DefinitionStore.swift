import Foundation
import Synchronization

/// One attribute definition: Contentstack's have no type.
struct StoredDefinition: Sendable {
    var uid: String
    var name: String
    var key: String
    var description: String
    var project: String
    var createdAt: Date
    var updatedAt: Date
    var isPreset: Bool

    var json: String {
        return JSONText.object([
            ("uid", JSONText.quoted(uid)), ("name", JSONText.quoted(name)), ("key", JSONText.quoted(key)),
            ("description", JSONText.quoted(description)), ("project", JSONText.quoted(project)),
            ("__type", isPreset ? "\"PRESET\"" : "\"CUSTOM\""),
            ("createdAt", JSONText.quoted(LoggedRequest.text(of: createdAt))),
            ("updatedAt", JSONText.quoted(LoggedRequest.text(of: updatedAt))), ("createdBy", "\"simulator\""),
            ("updatedBy", "\"simulator\""),
        ])
    }
}

/// The attribute definitions of every project; each starts with the eight presets.
final class DefinitionStore: Sendable {
    enum Refusal: Error { case duplicateKey, duplicateName, full, unknown }

    /// Contentstack's default limit of custom attributes in a project.
    private static let maximum = 100
    private static let presets = [
        "DEVICE_TYPE", "OPERATING_SYSTEM", "QUERY_PARAMETERS", "REFERRER", "COUNTRY", "REGION", "CITY", "DATE_AND_TIME",
    ]

    private struct State {
        var custom: [String: [StoredDefinition]] = [:]
        var ids = ObjectIDs(seed: 0x5EED)
    }

    private let state = Mutex(State())
    private let now: @Sendable () -> Date
    private let started: Date

    init(now: @escaping @Sendable () -> Date) {
        self.now = now
        started = now()
    }

    func all(of project: String) -> [StoredDefinition] {
        let presets = Self.presets.map { constant in
            StoredDefinition(
                uid: constant, name: constant.replacing("_", with: " ").capitalized, key: constant, description: "",
                project: project, createdAt: started, updatedAt: started, isPreset: true)
        }
        return presets + state.withLock { $0.custom[project] ?? [] }
    }

    func keys(of project: String) -> Set<String> {
        state.withLock { Set(($0.custom[project] ?? []).map(\.key)) }
    }

    func create(
        name: String, key: String, description: String, project: String
    ) throws(Refusal) -> StoredDefinition {
        let time = now()
        return try state.withLock { state throws(Refusal) in
            let existing = state.custom[project] ?? []
            if existing.contains(where: { $0.key == key }) { throw .duplicateKey }
            if existing.contains(where: { $0.name == name }) { throw .duplicateName }
            if existing.count >= Self.maximum { throw .full }
            let definition = StoredDefinition(
                uid: state.ids.next(at: time), name: name, key: key, description: description, project: project,
                createdAt: time, updatedAt: time, isPreset: false)
            state.custom[project] = existing + [definition]
            return definition
        }
    }

    /// Another key is another place to write to: what users have at the old one stays there.
    func update(
        _ uid: String, name: String, key: String, description: String, project: String
    ) throws(Refusal) -> StoredDefinition {
        let time = now()
        return try state.withLock { state throws(Refusal) in
            var existing = state.custom[project] ?? []
            guard let place = existing.firstIndex(where: { $0.uid == uid }) else { throw .unknown }
            if existing.contains(where: { $0.key == key && $0.uid != uid }) { throw .duplicateKey }
            if existing.contains(where: { $0.name == name && $0.uid != uid }) { throw .duplicateName }
            existing[place].name = name
            existing[place].key = key
            existing[place].description = description
            existing[place].updatedAt = time
            state.custom[project] = existing
            return existing[place]
        }
    }

    func delete(_ uid: String, project: String) throws(Refusal) {
        try state.withLock { state throws(Refusal) in
            guard let place = state.custom[project]?.firstIndex(where: { $0.uid == uid }) else { throw .unknown }
            state.custom[project]?.remove(at: place)
        }
    }

    func removeAll() { state.withLock { $0.custom = [:] } }
}
