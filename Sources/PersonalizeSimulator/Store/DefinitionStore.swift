import Foundation

/// One attribute definition: Contentstack's have no type.
struct StoredDefinition: ProjectItem {
    var uid: String
    var name: String
    var key: String
    var description: String
    var project: String
    var createdAt: Date
    var updatedAt: Date
    var isPreset = false

    var uniqueFields: [(name: String, value: String)] { [("key", key), ("name", name)] }

    var json: String {
        JSONText.object(
            [
                ("uid", JSONText.quoted(uid)), ("name", JSONText.quoted(name)), ("key", JSONText.quoted(key)),
                ("description", JSONText.quoted(description)), ("project", JSONText.quoted(project)),
                ("__type", isPreset ? "\"PRESET\"" : "\"CUSTOM\""),
            ] + history)
    }
}

/// The attribute definitions of every project; each starts with the eight presets, which nobody can change.
struct DefinitionStore: Sendable {
    private static let presets = [
        "DEVICE_TYPE", "OPERATING_SYSTEM", "QUERY_PARAMETERS", "REFERRER", "COUNTRY", "REGION", "CITY", "DATE_AND_TIME",
    ]

    /// At most 100 a project, Contentstack's default limit.
    let custom: ProjectItems<StoredDefinition>
    private let started: Date

    init(now: @escaping @Sendable () -> Date) {
        custom = ProjectItems(maximum: 100, seed: 0x5EED, now: now)
        started = now()
    }

    func all(of project: String) -> [StoredDefinition] {
        let presets = Self.presets.map { constant in
            StoredDefinition(
                uid: constant, name: constant.replacing("_", with: " ").capitalized, key: constant, description: "",
                project: project, createdAt: started, updatedAt: started, isPreset: true)
        }
        return presets + custom.all(of: project)
    }

    func keys(of project: String) -> Set<String> { Set(custom.all(of: project).map(\.key)) }
}
