internal import SQLDatabases
internal import SyncCore

/// Writes outcomes and moves the snapshot with them, a set at a time, inside the caller's transaction.
///
/// A confirmed user's place in the snapshot is somewhere in its index, so that a small commit would write a page a user.
/// Therefore each commit only notes who was confirmed, and the snapshot moves for many at once: for as many as it has
/// users, so that what is written of the index stays in proportion to the users sent, however many there are.
struct OutcomeWriter {
    /// Operations among which users are confirmed and wait for their place in a small snapshot, and at most.
    static let fewestToMove: Int64 = 16_384
    private static let mostToMove: Int64 = 262_144

    let connection: SQLiteConnection
    let plan: SQLiteStateStore.StoredPlan
    let run: RunID

    /// `hasSealedBodies` is false where certainly none of the bodies must go with its outcome.
    func write(_ outcomes: [OutcomeRecord], hasSealedBodies: Bool) throws {
        guard !outcomes.isEmpty else { return }
        try record(outcomes)
        try RejectionWriter(connection: connection, plan: plan).count(outcomes, run: run)
        if hasSealedBodies { try deleteSealedBodies(of: outcomes) }
        if try isFull() { try moveSnapshot() }
        for outcome in outcomes where outcome.outcome != .confirmed && outcome.mayHaveBeenApplied {
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

    private func record(_ outcomes: [OutcomeRecord]) throws {
        let last = try lastSequence()
        let insertion = try connection.cached(
            "INSERT INTO outcomes (id, outcome, attempts, last_answer) VALUES (?1, ?2, ?3, ?4)"
                + " ON CONFLICT (id) DO UPDATE SET outcome = excluded.outcome,"
                + " attempts = attempts + excluded.attempts, last_answer = excluded.last_answer")
        var confirmed: [Int64] = []
        for outcome in outcomes {
            guard (1...last).contains(outcome.sequence) else {
                throw SQLiteStateStore.inconsistent("there is no operation \(outcome.sequence) in the plan")
            }
            let id = SQLiteStateStore.id(plan.number, outcome.sequence)
            insertion.bind(id, at: 1)
            insertion.bind(outcome.outcome.rawValue, at: 2)
            insertion.bind(outcome.attempts, at: 3)
            insertion.bind(outcome.lastAnswer, at: 4)
            try insertion.run()
            guard outcome.outcome == .confirmed else { continue }
            confirmed.append(id)
        }
        try note(confirmed: confirmed.sorted())
    }

    /// One row for operations that follow one another, as most do.
    private func note(confirmed ids: [Int64]) throws {
        let confirmation = try connection.cached("INSERT INTO confirmations (id, last_id) VALUES (?1, ?2)")
        var first = 0
        while first < ids.count {
            var last = first
            while last + 1 < ids.count, ids[last + 1] == ids[last] + 1 { last += 1 }
            confirmation.bind(ids[first], at: 1)
            confirmation.bind(ids[last], at: 2)
            try confirmation.run()
            first = last + 1
        }
    }

    private func deleteSealedBodies(of outcomes: [OutcomeRecord]) throws {
        let deletion = try connection.cached(
            "UPDATE operations_data SET body = x'' WHERE id = ?1 AND typeof(body) = 'blob'")
        for outcome in outcomes {
            deletion.bind(SQLiteStateStore.id(plan.number, outcome.sequence), at: 1)
            try deletion.run()
        }
    }

    private func lastSequence() throws -> Int {
        let none = SQLiteStateStore.id(plan.number, 0)
        let last = try connection.first(
            "SELECT max(id) FROM operations_data WHERE id > ?1 AND id < ?2", SQLiteStateStore.range(of: plan.number)
        ) {
            $0.isNull(at: 0) ? none : $0.integer(at: 0)
        }
        return Int((last ?? none) - none)
    }

    /// By the span of those that wait, which two looks into the table's ends tell.
    private func isFull() throws -> Bool {
        let range = SQLiteStateStore.range(of: plan.number)
        let ends = ["min(id)", "max(id)"].map { "(SELECT \($0) FROM confirmations WHERE id > ?1 AND id < ?2)" }
        let span = try connection.first("SELECT coalesce(\(ends[1]) - \(ends[0]) + 1, 0)", range) { $0.integer(at: 0) }
        let users =
            try SQLiteStateStore.lastUserID(of: plan.scope, on: connection)
            - plan.scope << SQLiteStateSchema.scopeShift
        return span ?? 0 >= min(Self.mostToMove, max(Self.fewestToMove, users))
    }

    /// Moves the snapshot for everyone who was confirmed since it last moved. New users get their ids in the order of
    /// the plan, which is the source's and mostly the next read's too; they are written in the order of the index.
    func moveSnapshot() throws {
        let plan = SQLiteStateStore.range(of: plan.number)
        // The kind comes first, so that every row is checked once; the plus keeps SQLite from checking it as if its kind
        // were the one compared with.
        func collect(_ kind: String) throws {
            try connection.run("DELETE FROM moving")
            try connection.run(
                "INSERT INTO moving (id, key_hash) SELECT o.id, o.key_hash FROM confirmations c"
                    + " CROSS JOIN operations_data o ON o.id BETWEEN c.id AND c.last_id"
                    + " WHERE c.id > ?1 AND c.id < ?2 AND +o.kind \(kind) AND \(RowChecks.isSoundOperation)"
                    + " ORDER BY c.id, o.id", plan)
        }
        try collect("IS NOT 'removed'")
        try writeMoving()
        let rejections = RejectionWriter(connection: connection, plan: self.plan)
        try rejections.forgetMoving()
        try collect("IS 'removed'")
        FailPoint.snapshotMoving.pass()
        try removeMoving()
        try rejections.forgetMoving()
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

    /// The users of operations. The condition is about rows `o`.
    private func markDirty(sequences: ClosedRange<Int>, where condition: String) throws {
        try SQLiteStateStore.markDirty(
            "SELECT o.key_hash, o.user_uid, o.primary_key FROM operations_data o"
                + " WHERE o.id >= ?3 AND o.id <= ?4 AND \(condition) AND \(RowChecks.isSoundOperation)",
            in: plan.scope, on: connection
        ) {
            $0.bind(SQLiteStateStore.id(plan.number, sequences.lowerBound), at: 3)
            $0.bind(SQLiteStateStore.id(plan.number, sequences.upperBound), at: 4)
        }
    }
}
