import SyncCore

extension PlanChunk {
    /// Joins what the diff found later. A user withdrawn by `later` may still be in this chunk: it leaves here, and the
    /// withdrawal goes on to the state only for the users that are there already.
    mutating func append(_ later: PlanChunk) {
        if !later.withdrawn.isEmpty {
            var stored = Set(later.withdrawn)
            operations.removeAll { stored.contains($0.keyHash) ? stored.remove($0.keyHash) != nil : false }
            settlements.removeAll { stored.contains($0.keyHash) ? stored.remove($0.keyHash) != nil : false }
            withdrawn += stored
        }
        operations += later.operations
        settlements += later.settlements
        invalidRows += later.invalidRows
    }
}
