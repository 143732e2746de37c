package import SyncCore

/// A value as the state remembers it.
package enum RememberedValue: Sendable, Hashable {
    case value(AttributeValue)
    /// Keyed; what it stands for is not kept.
    case fingerprint(String)
}

/// A user's attributes before and after an operation, as the destination holds them once it is confirmed: what is not
/// sent stays.
package struct OperationValues: Sendable {
    package let before: [String: RememberedValue]
    package let after: [String: RememberedValue]
    /// The attributes that are sent.
    package let sent: Set<String>
    /// The user was in the snapshot: what is missing there may stand at the destination from before.
    package let isKnown: Bool

    /// Throws when the state's sealed body does not open with these keys, or is not ours.
    package init(_ operation: PlannedOperation, keys: KeyRing) throws(Diagnostic) {
        isKnown = operation.valuesBefore != nil
        before = try operation.valuesBefore.map { bytes throws(Diagnostic) in try Self.remembered(bytes) } ?? [:]
        let body: [UInt8] =
            switch operation.body {
            case .sameAsSnapshot: operation.snapshotValues ?? Array("{}".utf8)
            case .clear(let bytes): bytes
            // Of a plan that was superseded nothing is left.
            case .sealed(let sealed): sealed.isEmpty ? Array("{}".utf8) : try keys.unseal(sealed)
            }
        let written = try Self.remembered(body)
        sent = Set(written.keys)
        after = before.merging(written) { $1 }
    }

    /// Of a user's snapshot.
    package static func remembered(_ json: [UInt8]) throws(Diagnostic) -> [String: RememberedValue] {
        try SnapshotValues(json).remembered()
    }

    /// Attributes whose value changes, as far as one can tell.
    package func changed(keys: KeyRing) -> Set<String> {
        Set(after.filter { key, value in !isEqual(before[key], value, of: key, keys) }.keys)
    }

    private func isEqual(
        _ old: RememberedValue?, _ new: RememberedValue, of key: String, _ keys: KeyRing
    ) -> Bool {
        if case .fingerprint(let fingerprint)? = old, case .value(let value) = new {
            return keys.valueFingerprint(attribute: key, value) == fingerprint
        }
        return old == new || old == nil && new == .value(.null) && !isKnown
    }
}

extension SnapshotValues {
    func remembered() -> [String: RememberedValue] {
        mapped { node in
            if case .object(let members) = node, case .string(let text)? = members.first?.value {
                return .fingerprint(String(decoding: text, as: UTF8.self))
            }
            if case .value(let value) = ShownValue(node) { return .value(value) }
            return nil
        }
    }
}
