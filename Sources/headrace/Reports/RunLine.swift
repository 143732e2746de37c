import SyncCore

/// One run as one line of JSON, in the order of the contract's example.
struct RunLine {
    let report: RunReport
    init(_ report: RunReport) { self.report = report }

    var json: JSONText { ReadingReport.added(report.reading, to: line) }

    private var line: JSONText {
        .members([
            "run_id": .optional(report.runID?.text),
            "sync": .string(report.sync),
            "model": .string(report.model),
            "status": .string(report.status.rawValue),
            "trigger": .string(report.trigger.rawValue),
            "started_at": .optional(report.startedAt),
            "finished_at": .optional(report.finishedAt),
            "error": .optional(report.error),
            "rows": Self.rows(report.rows),
            "operations": Self.operations(report.operations),
            "attempts": .members([
                "sent": .integer(report.attempts.sent), "retried": .integer(report.attempts.retried),
            ]),
            "seconds": .members([
                "query": Self.seconds(report.querySeconds),
                "plan": Self.seconds(report.planSeconds),
                "deliver": Self.seconds(report.deliverSeconds),
            ]),
            "invalid_sample": .array(report.invalidSample.map(Self.invalid)),
        ])
    }

    /// A run that is looked up: `gone` holds those whose process is.
    func listed(_ gone: Set<RunID>) -> JSONText { json.adding(["holder_gone": isGone(gone)]) }

    /// With what only one run alone shows.
    func detailed(_ gone: Set<RunID>, answers: [AnswerReport]) -> JSONText {
        json.adding([
            "plan_id": .optional(report.planID?.text),
            "guards": .array(report.guards.map(GuardReport.json)),
            "exit": .integer(Int(report.exit.rawValue)),
            "holder_gone": isGone(gone),
            "answers": .array(answers.map(\.json)),
        ])
    }

    private func isGone(_ gone: Set<RunID>) -> JSONText { .boolean(report.runID.map(gone.contains) ?? false) }

    static func rows(_ rows: RowCounts) -> JSONText {
        .members([
            "queried": .integer(rows.queried), "unchanged": .integer(rows.unchanged), "added": .integer(rows.added),
            "changed": .integer(rows.changed), "removed": .integer(rows.removed), "invalid": .integer(rows.invalid),
        ])
    }

    static func operations(_ counts: OperationCounts) -> JSONText {
        .members([
            "planned": .integer(counts.planned), "confirmed": .integer(counts.confirmed),
            "rejected": .integer(counts.rejected), "unknown": .integer(counts.unknown),
            "deferred": .integer(counts.deferred), "quarantined": .integer(counts.quarantined),
        ])
    }

    /// To the millisecond: finer digits of a wall clock mean nothing.
    private static func seconds(_ seconds: Double) -> JSONText { .number((seconds * 1000).rounded() / 1000) }

    private static func invalid(_ row: InvalidRow) -> JSONText {
        .members(["key": .optional(row.key), "column": .optional(row.column), "reason": .string(row.reason)])
    }

    /// With value and expected type, as `runs RUN --invalid` lists them.
    static func wholeInvalid(_ row: InvalidRow) -> JSONText {
        .members([
            "key": .optional(row.key), "column": .optional(row.column), "value": .optional(row.value),
            "expected": .optional(row.expected), "reason": .string(row.reason),
        ])
    }
}
