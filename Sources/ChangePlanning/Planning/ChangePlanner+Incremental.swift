package import SyncCore

/// A read of part of the model: a user that no row names is not removed, only not looked at.
extension ChangePlanner {
    /// Whether a user of the snapshot is dirty, after the last `load` and `markDirty`.
    package var hasDirtyUsers: Bool { table.states.contains(where: \.isDirty) }

    /// Call after the last `load`, before the first batch.
    package mutating func readsOnlyPart() { measuring.isIncremental = true }

    /// Whether the users that no row named have to be measured too (`nextUnseen`, `measureUnseen`) before the guard on
    /// nulls can be judged: more than `limit` per cent of those measured so far lose a value.
    package func mustMeasureUnseen(limit: Double) -> Bool {
        measuring.finished(keys: typer.mappings.map(\.key), queried: 0).attributes.contains { $0.nullPercent > limit }
    }

    package mutating func measureUnseen(_ users: [SnapshotUser]) throws(Diagnostic) {
        for user in users where user.entry.isConfirmed { measurePresence(try SnapshotValues(user.values)) }
    }
}
