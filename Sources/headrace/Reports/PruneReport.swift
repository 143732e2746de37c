import SyncCore

/// What was pruned, for people and as JSON.
struct PruneReport {
    var rule: PruneRule
    var isDryRun: Bool
    var counts = PruneCounts()
    var sizeInBytes = 0
    var freeInBytes = 0
    var freedInBytes = 0

    var json: JSONText {
        .members([
            "dry_run": .boolean(isDryRun), "ended_before": .optional(rule.endedBefore),
            "keep_runs": .integer(rule.keptRuns), "runs": .integer(counts.runs), "plans": .integer(counts.plans),
            "operations": .integer(counts.operations), "invalid_rows": .integer(counts.invalidRows),
            "attempts": .integer(counts.attempts), "size_in_bytes": .integer(sizeInBytes),
            "free_in_bytes": .integer(freeInBytes), "freed_in_bytes": .integer(freedInBytes),
        ])
    }

    var text: String {
        let what = [
            NumberText.counted(counts.runs, "run"), NumberText.counted(counts.plans, "plan"),
            NumberText.counted(counts.operations, "operation"), NumberText.counted(counts.invalidRows, "invalid row"),
            NumberText.counted(counts.attempts, "attempt"),
        ]
        let ended = "of runs that ended before \(rule.endedBefore.iso8601Milliseconds)"
        let line = "\(isDryRun ? "would delete" : "deleted") details \(ended): \(what.joined(separator: ", "))"
        if isDryRun { return line }
        let room =
            freedInBytes > 0
            ? "\(NumberText.bytes(freedInBytes)) given back to the disk; the state takes \(NumberText.bytes(sizeInBytes))"
            : "\(NumberText.bytes(freeInBytes)) of \(NumberText.bytes(sizeInBytes)) are free for what comes"
                + (freeInBytes > 0 ? "; --vacuum gives them back to the disk" : "")
        return line + "\n" + room
    }
}
