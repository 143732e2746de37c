package import SyncCore

/// An operation as people read it.
package struct ShownOperation: Sendable, Hashable {
    package struct Change: Sendable, Hashable {
        package var attribute: String
        /// Nil when unknown: the user or the attribute is not in the snapshot.
        package var old: ShownValue?
        package var new: ShownValue
    }

    package var userUID: String
    package var key: String
    package var kind: RowKind
    package var reason: OperationReason
    /// The attributes that are sent, sorted by key.
    package var changes: [Change]
}

/// What `plan` prints of an operation: each attribute old → new, personal values masked.
package enum PlanPresenter {
    /// Throws when the state's sealed text does not open with these keys, or its values are not ours.
    package static func show(_ operation: PlannedOperation, keys: KeyRing) throws(Diagnostic) -> ShownOperation {
        let old = try operation.valuesBefore.map(parsed) ?? [:]
        let new: [String: ShownValue]
        if let values = operation.snapshotValues {
            new = try parsed(values)
        } else if case .clear(let body) = operation.body {
            new = try parsed(body)
        } else {
            new = [:]
        }
        let sent = operation.sentAttributes ?? Array(new.keys)
        let changes = sent.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.compactMap { key in
            new[key].map { ShownOperation.Change(attribute: key, old: old[key], new: $0) }
        }
        return ShownOperation(
            userUID: try shown(operation.userUID, keys), key: try shown(operation.primaryKey, keys),
            kind: operation.kind, reason: operation.reason, changes: changes)
    }

    /// Sealed text as its mask.
    package static func shown(_ text: ProtectedText, _ keys: KeyRing) throws(Diagnostic) -> String {
        switch text {
        case .clear(let clear): clear
        case .sealed: keys.mask(try keys.reveal(text))
        }
    }

    private static func parsed(_ json: [UInt8]) throws(Diagnostic) -> [String: ShownValue] {
        try SnapshotValues(json).shown()
    }
}
