internal import SQLDatabases
package import SyncCore

extension SQLiteStateStore {
    package func saveRun(_ report: RunReport) throws(StateFailure) {
        try write { connection in
            guard let run = report.runID else { throw Self.inconsistent("a run without an id cannot be saved") }
            try Self.refuseFenced(run, on: connection)
            try Self.save(report, run: run, on: connection)
            if [.blocked, .failed, .cancelled, .interrupted].contains(report.status) {
                try Self.holdMark(after: report, on: connection)
            }
        }
    }

    package func runs(sync: String?, limit: Int) throws(StateFailure) -> [RunReport] {
        try read { connection in
            let condition = sync == nil ? "" : "WHERE sync = ?2 "
            return try connection.rows(
                "SELECT \(Self.runColumns) FROM runs_data \(condition)ORDER BY started_at DESC, run_no DESC LIMIT ?1"
            ) {
                $0.bind(limit, at: 1)
                if let sync { $0.bind(sync, at: 2) }
            } read: {
                try Self.report($0)
            }
        }
    }

    package func run(matching prefix: String) throws(StateFailure) -> RunReport? {
        guard let prefix = IdentifierPrefix(prefix) else { return nil }
        return try read { connection in
            let found = try connection.rows(
                "SELECT \(Self.runColumns) FROM runs_data WHERE run_id >= ?1 AND run_id < ?2 LIMIT 2"
            ) {
                $0.bind(prefix.lowest, at: 1)
                $0.bind(prefix.end, at: 2)
            } read: {
                try Self.report($0)
            }
            return found.count == 1 ? found[0] : nil
        }
    }

    package func invalidRows(of run: RunID) throws(StateFailure) -> [InvalidRow] {
        try read { connection in
            let stored = try connection.rows(
                "SELECT i.primary_key, i.column_name, i.value, i.expected, i.reason FROM runs_data r"
                    + " JOIN plans_data p ON p.plan_id = r.plan_id JOIN invalid_rows_data i"
                    + " ON i.id > p.plan_no << 32 AND i.id < (p.plan_no + 1) << 32 WHERE r.run_id = ?1 ORDER BY i.id"
            ) {
                $0.bind(run.text, at: 1)
            } read: {
                InvalidRow(
                    key: $0.text(at: 0), column: $0.text(at: 1), value: $0.text(at: 2), expected: $0.text(at: 3),
                    reason: try $0.word(at: 4))
            }
            if !stored.isEmpty { return stored }
            // The plan of a failed run is gone; its report keeps a sample.
            return try connection.first("SELECT invalid_sample FROM runs_data WHERE run_id = ?1") {
                $0.bind(run.text, at: 1)
            } read: {
                try StateJSON.invalidRows(try $0.word(at: 0))
            } ?? []
        }
    }

    package func requestCancel(of run: RunID) throws(StateFailure) -> Bool {
        try write { connection in
            try connection.run(
                "UPDATE runs_data SET cancel_requested = 1 WHERE run_id = ?1 AND status IN (\(Self.openStatuses))"
            ) {
                $0.bind(run.text, at: 1)
            }
            return connection.changes > 0
        }
    }

    package func isCancelRequested(of run: RunID) throws(StateFailure) -> Bool {
        try read { connection in
            try connection.first("SELECT cancel_requested FROM runs_data WHERE run_id = ?1") {
                $0.bind(run.text, at: 1)
            } read: {
                $0.flag(at: 0)
            } ?? false
        }
    }

    /// The statuses of runs that have not ended, quoted for SQL.
    static let openStatuses = RunStatus.allCases.filter { !$0.isFinal }.map { "'\($0.rawValue)'" }
        .joined(separator: ", ")
}

/// What a user typed of an id: every id that starts with it lies between two texts.
struct IdentifierPrefix {
    let lowest: String
    /// Behind every id that starts with the prefix: `~` sorts after all letters.
    var end: String { lowest + "~" }

    init?(_ text: String) {
        let folded = text.uppercased()
        guard (1...26).contains(folded.utf8.count), folded.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) })
        else { return nil }
        lowest = folded
    }
}
