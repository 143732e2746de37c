internal import SQLDatabases
internal import SyncCore

/// A run's row and back. The order of the columns is that of `runColumns`.
extension SQLiteStateStore {
    static let runColumnNames = [
        "run_id", "plan_id", "sync", "model", "status", "trigger_word", "started_at", "finished_at", "error",
        "queried", "unchanged", "added", "changed", "removed", "invalid",
        "planned", "confirmed", "rejected", "unknown", "deferred", "quarantined", "sent", "retried",
        "guards", "query_seconds", "plan_seconds", "deliver_seconds", "invalid_sample", "exit_code",
        "reading",
    ]
    static let runColumns = runColumnNames.joined(separator: ", ")

    private static let saveStatement: String = {
        let places = (1...runColumnNames.count).map { "?\($0)" }.joined(separator: ", ")
        let updates = runColumnNames.dropFirst().map { "\($0) = excluded.\($0)" }.joined(separator: ", ")
        return "INSERT INTO runs_data (\(runColumns)) VALUES (\(places)) ON CONFLICT (run_id) DO UPDATE SET \(updates)"
    }()

    static func save(_ report: RunReport, run: RunID, on connection: SQLiteConnection) throws {
        let guards = try StateJSON.text(of: report.guards)
        let reading = try report.reading.map(StateJSON.text)
        let sample = try StateJSON.text(of: report.invalidSample)
        try connection.run(saveStatement) { statement in
            statement.bind(run.text, at: 1)
            statement.bind(report.planID?.text, at: 2)
            statement.bind(report.sync, at: 3)
            statement.bind(report.model, at: 4)
            statement.bind(report.status.rawValue, at: 5)
            statement.bind(report.trigger.rawValue, at: 6)
            statement.bind(report.startedAt, at: 7)
            statement.bind(report.finishedAt, at: 8)
            statement.bind(report.error, at: 9)
            bind(report.rows, from: 10, to: statement)
            bind(report.operations, from: 16, to: statement)
            statement.bind(report.attempts.sent, at: 22)
            statement.bind(report.attempts.retried, at: 23)
            statement.bind(guards, at: 24)
            statement.bind(report.querySeconds, at: 25)
            statement.bind(report.planSeconds, at: 26)
            statement.bind(report.deliverSeconds, at: 27)
            statement.bind(sample, at: 28)
            statement.bind(Int64(report.exit.rawValue), at: 29)
            statement.bind(reading, at: 30)
        }
    }

    static func report(_ row: SQLiteStatement) throws -> RunReport {
        guard let exit = ExitStatus(rawValue: Int32(truncatingIfNeeded: row.integer(at: 28))) else {
            throw inconsistent("the state holds an unknown exit status")
        }
        var report = RunReport(
            runID: try row.identifier(at: 0), sync: try row.word(at: 2), model: try row.word(at: 3),
            status: try row.word(at: 4, as: RunStatus.self), trigger: try row.word(at: 5, as: RunTrigger.self),
            startedAt: WallTime(microseconds: row.integer(at: 6)), exit: exit)
        report.planID = row.isNull(at: 1) ? nil : try row.identifier(at: 1)
        report.finishedAt = row.time(at: 7)
        report.error = row.text(at: 8)
        report.rows = rowCounts(row, from: 9)
        report.operations = operationCounts(row, from: 15)
        report.attempts.sent = row.number(at: 21)
        report.attempts.retried = row.number(at: 22)
        report.guards = try StateJSON.guards(try row.word(at: 23))
        report.querySeconds = row.double(at: 24)
        report.planSeconds = row.double(at: 25)
        report.deliverSeconds = row.double(at: 26)
        report.invalidSample = try StateJSON.invalidRows(try row.word(at: 27))
        report.reading = try row.text(at: 29).map(StateJSON.reading)
        return report
    }

    /// Six parameters from `first` on.
    static func bind(_ rows: RowCounts, from first: Int32, to statement: SQLiteStatement) {
        let counts = [rows.queried, rows.unchanged, rows.added, rows.changed, rows.removed, rows.invalid]
        for (index, count) in counts.enumerated() { statement.bind(count, at: first + Int32(index)) }
    }

    static func rowCounts(_ row: SQLiteStatement, from first: Int32) -> RowCounts {
        var rows = RowCounts()
        rows.queried = row.number(at: first)
        rows.unchanged = row.number(at: first + 1)
        rows.added = row.number(at: first + 2)
        rows.changed = row.number(at: first + 3)
        rows.removed = row.number(at: first + 4)
        rows.invalid = row.number(at: first + 5)
        return rows
    }

    private static func bind(_ operations: OperationCounts, from first: Int32, to statement: SQLiteStatement) {
        let outcomes: [OperationOutcome] = [.confirmed, .rejected, .unknown, .deferred, .quarantined]
        statement.bind(operations.planned, at: first)
        for (index, outcome) in outcomes.enumerated() {
            statement.bind(operations[outcome], at: first + 1 + Int32(index))
        }
    }

    private static func operationCounts(_ row: SQLiteStatement, from first: Int32) -> OperationCounts {
        var operations = OperationCounts()
        operations.planned = row.number(at: first)
        operations.confirmed = row.number(at: first + 1)
        operations.rejected = row.number(at: first + 2)
        operations.unknown = row.number(at: first + 3)
        operations.deferred = row.number(at: first + 4)
        operations.quarantined = row.number(at: first + 5)
        return operations
    }
}
