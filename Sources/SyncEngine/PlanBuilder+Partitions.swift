import ChangePlanning
import SyncCore

/// The diff of more users than `state.memory_limit` has room for: part after part, over temporary files.
extension PlanBuilder {
    /// A user in the diff's table, with some room to grow.
    private static let bytesPerUser = 53

    /// `--limit` needs all users at once to know which come first.
    var canPartition: Bool { environment.spill != nil && options.limit == nil }

    /// Whether the snapshot alone says that one pass will not do.
    var needsPartitions: Bool {
        canPartition && scope.expectedUsers > environment.project.state.memoryLimitInBytes / Self.bytesPerUser
    }

    func diffInParts(_ plan: PlanRecord, in space: any SpillSpace) async throws -> Diffed {
        var diff = PartitionedDiff(
            try newPlanner(expectedUsers: 0), in: space,
            memoryLimit: environment.project.state.memoryLimitInBytes)
        try await eachSnapshotPage { try diff.load($0) }
        diff.markDirty(try await environment.state.openWindow(of: scope.id))
        var reading = try await reading(hasDirtyUsers: diff.hasDirtyUsers, at: plan.createdAt)
        if reading?.isIncremental == true { diff.planner.readsOnlyPart() }
        var tracker = CursorTracker(model: checked.sync.model, columns: checked.columns, base: reading?.base)
        let rowsRead = try await readRows(statement(for: reading)) { reader in
            try await eachBatch(reader) { batch in
                try tracker?.take(batch)
                try diff.take(batch)
            }
        }
        try diff.endReading()
        let queried = ContinuousClock.now
        progress(.planning, rowsRead)
        var pending = PlanChunk()
        while try diff.beginPartition() {
            while let batch = try diff.nextBatch() {
                try Task.checkCancellation()
                let known = try await users(diff.planner.consume(batch))
                pending.append(try diff.planner.resolve(known))
                try await write(&pending, to: plan.planID)
            }
            try diff.endPartition()
        }
        reading = try finished(reading, tracker, diff.planner, plan)
        try await unseen(&diff, reading, plan.planID, &pending)
        try await write(&pending, to: plan.planID, atLeast: 1)
        return Diffed(planner: diff.planner, reading: reading, queried: queried)
    }

    private func unseen(
        _ diff: inout PartitionedDiff, _ reading: ModelReading?, _ plan: PlanID, _ pending: inout PlanChunk
    ) async throws {
        let isIncremental = reading?.isIncremental == true
        let limit = checked.sync.guards.maxNullPercent
        while !isIncremental || diff.planner.mustMeasureUnseen(limit: limit), let unseen = try diff.nextUnseen() {
            let known = try await users(unseen)
            if isIncremental {
                try diff.planner.measureUnseen(known)
            } else {
                pending.append(try diff.planner.resolveUnseen(known))
                try await write(&pending, to: plan)
            }
        }
    }
}
