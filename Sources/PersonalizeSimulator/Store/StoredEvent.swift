import Foundation

/// One kind of conversion that a project counts.
struct StoredEvent: ProjectItem {
    var uid: String
    var key: String
    var description: String
    var project: String
    var createdAt: Date
    var updatedAt: Date

    var uniqueFields: [(name: String, value: String)] { [("key", key)] }

    var json: String {
        JSONText.object(
            [
                ("uid", JSONText.quoted(uid)), ("key", JSONText.quoted(key)),
                ("description", JSONText.quoted(description)), ("project", JSONText.quoted(project)),
            ] + history)
    }
}

extension ProjectItems<StoredEvent> {
    convenience init(now: @escaping @Sendable () -> Date) { self.init(maximum: 100, seed: 0xE7E7, now: now) }
}
