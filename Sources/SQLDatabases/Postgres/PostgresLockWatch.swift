/// Who keeps a statement waiting. The server knows that only while it waits, so the statement waits once more, for a
/// moment, while a second connection looks.
struct PostgresLockWatch {
    /// What is waited for, and who is in the way.
    struct Finding {
        /// Empty for a lock that is not on a table.
        var relation: String
        /// In words.
        var holders: [String]
        /// Of the sessions among the holders.
        var processes: [String]
    }

    /// How long the statement waits again.
    private static let patienceInMilliseconds = 2000
    private static let glanceInMilliseconds: Int32 = 20

    /// Its transaction has ended.
    let waiting: PGConnection
    let watcher: PGConnection

    /// Nil when the lock is free by now. Nothing of the statement runs: it is only planned.
    func find(_ statement: String, _ values: [String], transactionStart: String) throws(PGError) -> Finding? {
        try waiting.execute(transactionStart)
        try waiting.execute("SET LOCAL lock_timeout = \(Self.patienceInMilliseconds)")
        let process = try waiting.execute("SELECT pg_catalog.pg_backend_pid()").text(row: 0, column: 0) ?? "0"
        // In parentheses, so that no word of the statement can become an option such as ANALYZE.
        try waiting.send("EXPLAIN (COSTS OFF) \(statement)", values)
        var finding: Finding?
        var isWaiting = true
        while finding == nil, isWaiting {
            finding = try holders(of: process)
            isWaiting = waiting.isStillBusy(after: Self.glanceInMilliseconds)
        }
        if finding != nil { waiting.cancelHandle()?.send() }
        while let result = waiting.nextResult() { _ = consume result }
        return finding
    }

    private func holders(of process: String) throws(PGError) -> Finding? {
        try watcher.send(
            """
            SELECT DISTINCT b.pid, coalesce(pg_catalog.pg_get_userbyid(a.usesysid), ''), \
            coalesce(w.relation::pg_catalog.regclass::text, '') \
            FROM pg_catalog.unnest(pg_catalog.pg_blocking_pids(\(process))) AS b(pid) \
            LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = b.pid \
            LEFT JOIN pg_catalog.pg_locks w ON w.pid = \(process) AND NOT w.granted ORDER BY 1
            """)
        // A pooler may have no second connection to give.
        while watcher.isStillBusy(after: Self.glanceInMilliseconds) {
            guard waiting.isStillBusy(after: 0) else { return nil }
        }
        guard let result = watcher.nextResult(), result.error == nil else { return nil }
        while let rest = watcher.nextResult() { _ = consume rest }
        guard result.rowCount > 0 else { return nil }
        var finding = Finding(relation: result.text(row: 0, column: 2) ?? "", holders: [], processes: [])
        for row in 0..<result.rowCount {
            let (process, role) = (result.text(row: row, column: 0) ?? "", result.text(row: row, column: 1) ?? "")
            if process == "0" {
                finding.holders.append("a prepared transaction")
            } else {
                finding.holders.append("process \(process)" + (role.isEmpty ? "" : " of role \"\(role)\""))
                finding.processes.append(process)
            }
        }
        return finding
    }
}
