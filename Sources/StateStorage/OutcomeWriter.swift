internal import SQLDatabases
internal import SyncCore

/// Writes outcomes and moves the snapshot with them, a set at a time, inside the caller's transaction.
struct OutcomeWriter {
    let connection: SQLiteConnection
    let plan: SQLiteStateStore.StoredPlan
    let run: RunID

    func write(_ outcomes: [OutcomeRecord]) throws {
        guard !outcomes.isEmpty else { return }
        try connection.run("DELETE FROM batch")
        try gather(outcomes)
        try connection.run(
            "INSERT INTO outcomes (id, outcome, attempts, last_answer)"
                + " SELECT id, outcome, attempts, last_answer FROM batch WHERE true ON CONFLICT (id) DO UPDATE SET"
                + " outcome = excluded.outcome, attempts = attempts + excluded.attempts,"
                + " last_answer = excluded.last_answer")
        if outcomes.contains(where: { $0.outcome == .confirmed }) { try confirm() }
        if outcomes.contains(where: { $0.outcome != .confirmed && $0.mayHaveBeenApplied }) {
            try markDirty(from: "batch", where: "b.outcome <> 'confirmed' AND b.may_be_applied")
        }
        let hasSealed = try connection.first("SELECT 1 FROM batch WHERE is_sealed LIMIT 1") { _ in true }
        if hasSealed != nil {
            try connection.run(
                "UPDATE operations_data SET body = x'' WHERE id IN (SELECT id FROM batch WHERE is_sealed)")
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
            from: "operations_data",
            where: "b.id > \(SQLiteStateStore.id(plan.number, 0))"
                + " AND b.id <= \(SQLiteStateStore.id(plan.number, plan.openThrough))"
                + " AND NOT EXISTS (SELECT 1 FROM outcomes x WHERE x.id = b.id)")
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

    /// Puts the outcomes beside what the snapshot needs of their operations.
    private func gather(_ outcomes: [OutcomeRecord]) throws {
        let statement = try connection.cached(
            "INSERT INTO batch (id, outcome, attempts, last_answer, may_be_applied, kind, key_hash, is_sealed)"
                + " SELECT id, ?2, ?3, ?4, ?5, kind, key_hash, typeof(body) = 'blob' FROM operations_data WHERE id = ?1"
        )
        for outcome in outcomes {
            statement.bind(SQLiteStateStore.id(plan.number, outcome.sequence), at: 1)
            statement.bind(outcome.outcome.rawValue, at: 2)
            statement.bind(outcome.attempts, at: 3)
            statement.bind(outcome.lastAnswer, at: 4)
            statement.bind(outcome.mayHaveBeenApplied, at: 5)
            try statement.run()
            guard connection.changes == 1 else {
                throw SQLiteStateStore.inconsistent("there is no operation \(outcome.sequence) in the plan")
            }
        }
    }

    private func confirm() throws {
        let last = try SQLiteStateStore.lastUserID(of: plan.scope, on: connection)
        let bind: (SQLiteStatement) -> Void = {
            $0.bind(plan.scope, at: 1)
            $0.bind(last, at: 2)
        }
        try connection.run(
            "INSERT INTO snapshot_users (id, scope_id, key_hash, fingerprint, flags)"
                + " SELECT ?2 + row_number() OVER (), ?1, o.key_hash, o.fingerprint, 1"
                + " FROM batch b JOIN operations_data o ON o.id = b.id"
                + " WHERE b.outcome = 'confirmed' AND b.kind <> 'removed'"
                + " ON CONFLICT (scope_id, key_hash) DO UPDATE SET fingerprint = excluded.fingerprint, flags = 1", bind)
        try connection.run(
            "INSERT OR REPLACE INTO snapshot_values (id, user_uid, primary_key, values_json, run_no)"
                + " SELECT u.id, o.user_uid, o.primary_key, o.snapshot_values,"
                + " (SELECT run_no FROM runs_data WHERE run_id = ?2) FROM batch b"
                + " JOIN operations_data o ON o.id = b.id"
                + " JOIN snapshot_users u ON u.scope_id = ?1 AND u.key_hash = b.key_hash"
                + " WHERE b.outcome = 'confirmed' AND b.kind <> 'removed'"
        ) {
            $0.bind(plan.scope, at: 1)
            $0.bind(run.text, at: 2)
        }
        let removed = try connection.first(
            "SELECT 1 FROM batch WHERE kind = 'removed' AND outcome = 'confirmed' LIMIT 1"
        ) { _ in true }
        guard removed != nil else { return }
        let users =
            "SELECT u.id FROM batch b JOIN snapshot_users u ON u.scope_id = ?1 AND u.key_hash = b.key_hash"
            + " WHERE b.kind = 'removed' AND b.outcome = 'confirmed'"
        for table in ["snapshot_values", "snapshot_users"] {
            try connection.run("DELETE FROM \(table) WHERE id IN (\(users))") { $0.bind(plan.scope, at: 1) }
        }
    }

    /// Users of operations: those in the snapshot keep what was confirmed, others get an entry that was never
    /// confirmed. The operations are rows `b` of a table with id and key hash.
    private func markDirty(from table: String, where condition: String) throws {
        let last = try SQLiteStateStore.lastUserID(of: plan.scope, on: connection)
        try connection.run(
            "INSERT INTO snapshot_users (id, scope_id, key_hash, fingerprint, flags)"
                + " SELECT ?2 + row_number() OVER (), ?1, b.key_hash, zeroblob(16), \(SQLiteStateStore.dirtyFlag)"
                + " FROM \(table) b WHERE \(condition)"
                + " ON CONFLICT (scope_id, key_hash) DO UPDATE SET flags = flags | \(SQLiteStateStore.dirtyFlag)"
        ) {
            $0.bind(plan.scope, at: 1)
            $0.bind(last, at: 2)
        }
        try connection.run(
            "INSERT OR IGNORE INTO snapshot_values (id, user_uid, primary_key, values_json)"
                + " SELECT u.id, o.user_uid, o.primary_key, '{}' FROM \(table) b JOIN operations_data o ON o.id = b.id"
                + " JOIN snapshot_users u ON u.scope_id = ?1 AND u.key_hash = b.key_hash WHERE \(condition)"
        ) {
            $0.bind(plan.scope, at: 1)
        }
    }
}
