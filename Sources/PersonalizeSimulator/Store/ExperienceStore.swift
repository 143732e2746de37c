import Foundation

/// One experience: variants, each for some audiences. The shape is the simulator's own, and simple.
struct StoredExperience: ProjectItem {
    enum Status: String, Sendable {
        case active = "ACTIVE"
        case paused = "PAUSED"
        case draft = "DRAFT"
    }

    struct Variant: Sendable {
        var shortUID: String
        var name: String
        /// Uids; without any it is nobody's.
        var audiences: [String]

        var json: String {
            JSONText.object([
                ("shortUid", JSONText.quoted(shortUID)), ("name", JSONText.quoted(name)),
                ("audiences", JSONText.array(audiences.map(JSONText.quoted))),
            ])
        }
    }

    var uid: String
    var shortUID: String
    var name: String
    var description: String
    var status: Status
    var tags: [String]
    /// The first that has the visitor in one of its audiences is the active one.
    var variants: [Variant]
    var project: String
    var createdAt: Date
    var updatedAt: Date

    var uniqueFields: [(name: String, value: String)] { [("name", name)] }

    var json: String {
        JSONText.object(
            [
                ("uid", JSONText.quoted(uid)), ("shortUid", JSONText.quoted(shortUID)),
                ("name", JSONText.quoted(name)), ("description", JSONText.quoted(description)),
                ("__type", "\"SEGMENTED\""), ("status", JSONText.quoted(status.rawValue)),
                ("tags", JSONText.array(tags.map(JSONText.quoted))),
                ("variants", JSONText.array(variants.map(\.json))), ("project", JSONText.quoted(project)),
            ] + history)
    }
}

/// They are kept in the order of their priority, the first being asked first.
extension ProjectItems<StoredExperience> {
    convenience init(now: @escaping @Sendable () -> Date) { self.init(maximum: 100, seed: 0xE59E, now: now) }

    /// Whether a variant of any experience is for the audience.
    func use(audience uid: String, in project: String) -> Bool {
        all(of: project).contains { $0.variants.contains { $0.audiences.contains(uid) } }
    }
}
