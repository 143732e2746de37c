internal import SQLDatabases
internal import SyncCore

/// Writes outcomes and moves the snapshot with them, a set at a time, inside the caller's transaction.
///
/// A confirmed user's place in the snapshot is somewhere in its index, so that a small commit would write a page a user.
/// Therefore each commit only notes who was confirmed, and the snapshot moves for many at once.
struct OutcomeWriter {
    /// Confirmed users that wait for their place in the snapshot, at most.
    static let waitingConfirmations = 4096

    let connection: SQLiteConnection
    let plan: SQLiteStateStore.StoredPlan
    let run: RunID

    func write(_ outcomes: [OutcomeRecord]) throws {
        guard !outcomes.isEmpty else { return }
        try record(outcomes)
        let dirty = outcomes.filter { $0.outcome != .confirmed && $0.mayHaveBeenApplied }
        // What was confirmed before must not undo a later mark.
        if try !dirty.isEmpty || isFull() { try moveSnapshot() }
        for outcome in dirty {
            try markDirty(sequences: outcome.sequence...outcome.sequence, where: "true")
        }
    }

    /// Operations without an outcome get this one; of those through a sequence number, or all.
    func close(as outcome: OperationOutcome, through sequence: Int?) throws {
        let last = sequence.map { SQLiteStateStore.id(plan.number, $0) } ?? SQLiteStateStore.id(plan.number + 1, 0) - 1
        let range: (SQLiteStatement) -> Void = {
            $0.bind(SQLiteStateStore.id(plan.number, 0), at: 1)
            $0.bind(last, at: 2)
        }
        let open =
            "FROM operations_data o WHERE o.id > ?1 AND o.id <= ?2"
            + " AND NOT EXISTS (SELECT 1 FROM outcomes x WHERE x.id = o.id)"
        guard try connection.first("SELECT 1 \(open) LIMIT 1", range, read: { _ in true }) != nil else { return }
        try connection.run(
            "UPDATE operations_data AS o SET body = x'' WHERE o.id > ?1 AND o.id <= ?2 AND typeof(o.body) = 'blob'"
                + " AND NOT EXISTS (SELECT 1 FROM outcomes x WHERE x.id = o.id)", range)
        try connection.run(
            "INSERT INTO outcomes (id, outcome, attempts) SELECT o.id, ?3, 0 \(open)"
        ) {
            range($0)
            $0.bind(outcome.rawValue, at: 3)
        }
    }

    /// Whoever is in the plan's open window and has no outcome becomes dirty.
    func markWindowDirty() throws {
        guard plan.openThrough > 0 else { return }
        try markDirty(
            sequences: 1...plan.openThrough, where: "NOT EXISTS (SELECT 1 FROM outcomes x WHERE x.id = o.id)")
    }

    /// The plan's operations by outcome; `planned` counts them all.
    func counts() throws -> OperationCounts { try Self.counts(of: plan.number, on: connection) }

    static func counts(of plan: Int64, on connection: SQLiteConnection) throws -> OperationCounts {
        var counts = OperationCounts()
        let range = SQLiteStateStore.range(of: plan)
        counts.planned =
            try connection.first("SELECT count(*) FROM operations_data WHERE id > ?1 AND id < ?2", range) {
                $0.number(at: 0)
            } ?? 0
        let byOutcome = try connection.rows(
            "SELECT outcome, count(*) FROM outcomes WHERE id > ?1 AND id < ?2 GROUP BY outcome", range
        ) {
            (try $0.word(at: 0, as: OperationOutcome.self), $0.number(at: 1))
        }
        for (outcome, count) in byOutcome { counts[outcome] = count }
        return counts
    }

    /// Outcomes, who was confirmed, and the end of bodies that must not be kept.
    private func record(_ outcomes: [OutcomeRecord]) throws {
        let insertion = try connection.cached(
            "INSERT INTO outcomes (id, outcome, attempts, last_answer) SELECT ?1, ?2, ?3, ?4 FROM operations_data"
                + " WHERE id = ?1 ON CONFLICT (id) DO UPDATE SET outcome = excluded.outcome,"
                + " attempts = attempts + excluded.attempts, last_answer = excluded.last_answer")
        let confirmation = try connection.cached("INSERT INTO confirmations (id) VALUES (?1)")
        let deletion = try connection.cached(
            "UPDATE operations_data SET body = x'' WHERE id = ?1 AND typeof(body) = 'blob'")
        for outcome in outcomes {
            let id = SQLiteStateStore.id(plan.number, outcome.sequence)
            insertion.bind(id, at: 1)
            insertion.bind(outcome.outcome.rawValue, at: 2)
            insertion.bind(outcome.attempts, at: 3)
            insertion.bind(outcome.lastAnswer, at: 4)
            try insertion.run()
            guard connection.changes == 1 else {
                throw SQLiteStateStore.inconsistent("there is no operation \(outcome.sequence) in the plan")
            }
            deletion.bind(id, at: 1)
            try deletion.run()
            guard outcome.outcome == .confirmed else { continue }
            confirmation.bind(id, at: 1)
            try confirmation.run()
        }
    }

    /// Counted over all plans, which SQLite does without looking at the rows.
    private func isFull() throws -> Bool {
        let waiting = try connection.first("SELECT count(*) FROM confirmations") { $0.number(at: 0) }
        return waiting ?? 0 >= Self.waitingConfirmations
    }

    /// Moves the snapshot for everyone who was confirmed since it last moved. New users get their ids in the order of
    /// the plan, which is the source's and mostly the next read's too; they are written in the order of the index.
    func moveSnapshot() throws {
        let plan = SQLiteStateStore.range(of: plan.number)
        let confirmed =
            "FROM confirmations c CROSS JOIN operations_data o ON o.id = c.id WHERE c.id > ?1 AND c.id < ?2"
            + " AND \(RowChecks.isSoundOperation)"
        try connection.run("DELETE FROM moving")
        try connection.run(
            "INSERT INTO moving (id, key_hash) SELECT o.id, o.key_hash \(confirmed) AND o.kind <> 'removed'"
                + " ORDER BY c.id", plan)
        try writeMoving()
        try connection.run("DELETE FROM moving")
        // The plus keeps SQLite from checking rows of other kinds as if theirs were this one.
        try connection.run(
            "INSERT INTO moving (id, key_hash) SELECT o.id, o.key_hash \(confirmed) AND +o.kind = 'removed'", plan)
        try removeMoving()
        try connection.run("DELETE FROM confirmations WHERE id > ?1 AND id < ?2", plan)
    }

    private func writeMoving() throws {
        let last = try SQLiteStateStore.lastUserID(of: plan.scope, on: connection)
        let moving = "FROM moving m CROSS JOIN operations_data o ON o.id = m.id"
        try connection.run(
            "INSERT INTO snapshot_users (id, scope_id, key_hash, fingerprint, flags, checksum)"
                + " SELECT ?2 + m.serial, ?1, m.key_hash, o.fingerprint, 1,"
                + " \(RowChecks.ofUser(id: "?2 + m.serial", "m.key_hash", "o.fingerprint", flags: "1"))"
                + " \(moving) WHERE true ORDER BY m.key_hash"
                + " ON CONFLICT (scope_id, key_hash) DO UPDATE SET fingerprint = excluded.fingerprint, flags = 1,"
                + " checksum = \(RowChecks.ofUser("excluded.key_hash", "excluded.fingerprint", flags: "1"))"
        ) {
            $0.bind(plan.scope, at: 1)
            $0.bind(last, at: 2)
        }
        try connection.run(
            "INSERT OR REPLACE INTO snapshot_values (id, user_uid, primary_key, values_json, run_no, checksum)"
                + " SELECT u.id, o.user_uid, o.primary_key, o.snapshot_values,"
                + " (SELECT run_no FROM runs_data WHERE run_id = ?2),"
                + " \(RowChecks.ofValues(id: "u.id", "o.user_uid", "o.primary_key", "o.snapshot_values")) \(moving)"
                + " CROSS JOIN snapshot_users u ON u.scope_id = ?1 AND u.key_hash = m.key_hash"
        ) {
            $0.bind(plan.scope, at: 1)
            $0.bind(run.text, at: 2)
        }
    }

    private func removeMoving() throws {
        guard try connection.first("SELECT 1 FROM moving LIMIT 1", read: { _ in true }) != nil else { return }
        let users =
            "SELECT u.id FROM moving m CROSS JOIN snapshot_users u ON u.scope_id = ?1 AND u.key_hash = m.key_hash"
        for table in ["snapshot_values", "snapshot_users"] {
            try connection.run("DELETE FROM \(table) WHERE id IN (\(users))") { $0.bind(plan.scope, at: 1) }
        }
    }

    /// Users of operations: those in the snapshot keep what was confirmed, others get an entry that was never
    /// confirmed. The condition is about rows `o`.
    private func markDirty(sequences: ClosedRange<Int>, where condition: String) throws {
        let last = try SQLiteStateStore.lastUserID(of: plan.scope, on: connection)
        let operations = "o.id >= ?1 AND o.id <= ?2 AND \(condition)"
        let bind: (SQLiteStatement) -> Void = {
            $0.bind(SQLiteStateStore.id(plan.number, sequences.lowerBound), at: 1)
            $0.bind(SQLiteStateStore.id(plan.number, sequences.upperBound), at: 2)
            $0.bind(plan.scope, at: 3)
        }
        let flag = SQLiteStateStore.dirtyFlag
        try connection.run(
            "INSERT INTO snapshot_users (id, scope_id, key_hash, fingerprint, flags, checksum)"
                + " SELECT n.id, ?3, n.key_hash, zeroblob(16), \(flag),"
                + " \(RowChecks.ofUser(id: "n.id", "n.key_hash", "zeroblob(16)", flags: "\(flag)"))"
                + " FROM (SELECT ?4 + row_number() OVER () AS id, o.key_hash FROM operations_data o"
                + " WHERE \(operations)) AS n WHERE true"
                + " ON CONFLICT (scope_id, key_hash) DO UPDATE SET flags = flags | \(flag),"
                + " checksum = \(RowChecks.ofUserKeeping(flags: "flags | \(flag)"))"
        ) {
            bind($0)
            $0.bind(last, at: 4)
        }
        try connection.run(
            "INSERT OR IGNORE INTO snapshot_values (id, user_uid, primary_key, values_json, checksum)"
                + " SELECT u.id, o.user_uid, o.primary_key, '{}',"
                + " \(RowChecks.ofValues(id: "u.id", "o.user_uid", "o.primary_key", "'{}'")) FROM operations_data o"
                + " JOIN snapshot_users u ON u.scope_id = ?3 AND u.key_hash = o.key_hash WHERE \(operations)", bind)
    }
}
