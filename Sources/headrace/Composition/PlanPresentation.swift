import ChangePlanning
import SyncCore

/// Operations of a plan as people may see them: values before and after, pii masked.
enum PlanPresentation {
    /// Throws when the state's sealed text does not open with these keys.
    static func users(_ operations: [OperationRecord], keys: KeyRing) throws(Diagnostic) -> [PlannedUser] {
        var users: [PlannedUser] = []
        for record in operations {
            let shown = try PlanPresenter.show(record.operation, keys: keys)
            users.append(
                PlannedUser(
                    userUID: shown.userUID, key: shown.key, kind: shown.kind, reason: shown.reason,
                    changes: shown.changes.map {
                        PlannedUser.Change(attribute: $0.attribute, old: $0.old, new: $0.new)
                    }))
        }
        return users
    }
}
