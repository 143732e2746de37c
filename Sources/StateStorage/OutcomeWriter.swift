internal import SQLDatabases
internal import SyncCore

/// Writes outcomes and moves the snapshot with them, a set at a time, inside the caller's transaction.
///
/// A confirmed user's place in the snapshot is somewhere in its index, so that a small commit would write a page a user.
/// Therefore each commit only notes who was confirmed, and the snapshot moves for many at once: for as many as it has
/// users, so that what is written of the index stays in proportion to the users sent, however many there are.
struct OutcomeWriter {
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
            guard outcome.mayStillArrive else { continue }
            let id = SQLiteStateStore.id(plan.number, outcome.sequence)
            try SQLiteStateStore.noteLate(id...id, on: connection)
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

    /// The users of operations. The condition is about rows `o`.
    private func markDirty(sequences: ClosedRange<Int>, where condition: String) throws {
        try SQLiteStateStore.markDirty(
            "SELECT o.key_hash, o.user_uid, o.primary_key FROM operations_data o"
                + " WHERE o.id >= ?3 AND o.id <= ?4 AND CASE WHEN \(condition) THEN \(RowChecks.isSoundOperation) END",
            in: plan.scope, on: connection
        ) {
            $0.bind(SQLiteStateStore.id(plan.number, sequences.lowerBound), at: 3)
            $0.bind(SQLiteStateStore.id(plan.number, sequences.upperBound), at: 4)
        }
    }
}
