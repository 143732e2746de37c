import Foundation

/// One audience. Its rules are kept as they were sent.
struct StoredAudience: ProjectItem {
    var uid: String
    var name: String
    var description: String
    var definition: AudienceRules
    var project: String
    var createdAt: Date
    var updatedAt: Date

    var uniqueFields: [(name: String, value: String)] { [("name", name)] }

    var json: String {
        JSONText.object(
            [
                ("uid", JSONText.quoted(uid)), ("name", JSONText.quoted(name)),
                ("description", JSONText.quoted(description)), ("definition", definition.literal),
                ("project", JSONText.quoted(project)),
            ] + history)
    }
}

extension ProjectItems<StoredAudience> {
    /// At most 100 a project, Contentstack's default limit.
    convenience init(now: @escaping @Sendable () -> Date) { self.init(maximum: 100, seed: 0xA0D1, now: now) }

    /// Whether a rule of any audience asks for the attribute.
    func use(attribute uid: String, in project: String) -> Bool {
        all(of: project).contains { $0.definition.customAttributes.contains(uid) }
    }
}
