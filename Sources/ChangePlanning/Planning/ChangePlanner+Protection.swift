import SyncCore

/// What became personal, or is mapped no longer, since it was written does not stay in the snapshot.
extension ChangePlanner {
    /// For a user that keeps its values. `values` is nil for one that was never confirmed.
    mutating func protect(_ user: SnapshotUser, _ values: SnapshotValues?) {
        protect(user, keeping: values?.protected(by: typer.mappings, keys: keys))
    }

    /// The same, also for a user that may keep its values because its operation is not confirmed; `kept` is nil where
    /// they are as they may be held.
    mutating func protect(_ user: SnapshotUser, keeping kept: [UInt8]?) {
        let (uid, key) = (protected(user.userUID), protected(user.primaryKey))
        guard kept != nil || uid != user.userUID || key != user.primaryKey else { return }
        chunk.settlements.append(
            Settlement(
                keyHash: user.entry.keyHash,
                change: .protect(userUID: uid, primaryKey: key, values: kept ?? user.values)))
    }

    func protected(_ text: ProtectedText) -> ProtectedText {
        if case .clear(let clear) = text { protected(Array(clear.utf8)) } else { text }
    }

    func protected(_ text: [UInt8]) -> ProtectedText {
        sync.match.isPII ? .sealed(keys.seal(text)) : .clear(String(decoding: text, as: UTF8.self))
    }
}
