import SyncCore

extension PlanChunk {
    /// Joins what the diff found later. A user withdrawn by `later` may still be in this chunk: it leaves here, and the
    /// withdrawal goes on to the state only for the users that are there already.
    mutating func append(_ later: PlanChunk) {
        if !later.withdrawn.isEmpty {
            let gone = Set(later.withdrawn)
            // A user's operation and settlement come in one chunk.
            var here: Set<KeyHash> = []
            func leaves(_ user: KeyHash) -> Bool {
                if gone.contains(user) { here.insert(user) }
                return here.contains(user)
            }
            operations.removeAll { leaves($0.keyHash) }
            settlements.removeAll { leaves($0.keyHash) }
            withdrawn += gone.subtracting(here)
        }
        operations += later.operations
        settlements += later.settlements
        invalidRows += later.invalidRows
    }
}
