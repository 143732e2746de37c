package import SyncCore

extension ChangePlanner {
    /// What is held a user: the snapshot's, those that rows named, and their primary keys.
    private var sizeInBytes: Int { table.sizeInBytes + primaryKeys.sizeInBytes + partition.sizeInBytes }

    /// Throws `memory_limit` once the diff holds more than `limit` bytes, with what it would take to go on.
    package func stay(within limit: Int) throws(Diagnostic) {
        guard sizeInBytes > limit else { return }
        let megabyte = 1 << 20
        throw .error(
            "memory_limit",
            "the diff of \(table.count) users takes \(Self.rounded(sizeInBytes, megabyte)) MB, more than "
                + "state.memory_limit allows (\(Self.rounded(limit, megabyte)) MB)",
            hint: "raise memory_limit under `state:` of headrace.yml, or split the model into several")
    }

    private static func rounded(_ bytes: Int, _ megabyte: Int) -> Int { max(1, (bytes + megabyte - 1) / megabyte) }
}
