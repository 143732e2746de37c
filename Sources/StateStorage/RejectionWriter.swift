internal import SQLDatabases
internal import SyncCore

/// Keeps count of the users that the destination rejects, and withholds those whose turn has not come, inside the
/// caller's transaction. A scope in which nobody was rejected costs one look at an empty range.
struct RejectionWriter {
    let connection: SQLiteConnection
    let plan: SQLiteStateStore.StoredPlan

    /// A user that was rejected before and has an operation in the plan.
    private struct Planned {
        var operation: Int64
        var keyHash: KeyHash
        var hasSameValues: Bool
        var isDirty: Bool
        var ageing: Ageing
        var lastAnswer: String?

        /// Nil when it is sent.
        func outcome(in delivery: Int, quarantineAfterRuns limit: Int) -> OperationOutcome? {
            guard hasSameValues, !isDirty else { return nil }
            return ageing.outcome(in: delivery, quarantineAfterRuns: limit)
        }
    }

    /// Counts the delivery and gives every operation that it withholds its outcome.
    func beginDelivery(quarantineAfterRuns limit: Int) throws -> WithheldCounts {
        try connection.run(
            "UPDATE scopes SET deliveries = deliveries + 1, quarantine_after_runs = ?2 WHERE id = ?1"
        ) {
            $0.bind(plan.scope, at: 1)
            $0.bind(limit, at: 2)
        }
        if try hasRejectedUsers() {
            let delivery = try delivery()
            for user in try plannedUsers() {
                try note(user, delivery)
                guard let outcome = user.outcome(in: delivery, quarantineAfterRuns: limit) else { continue }
                try withhold(user, as: outcome)
            }
        }
        return try withheld()
    }

    /// The same, without doing it.
    func preview(quarantineAfterRuns limit: Int) throws -> WithheldCounts {
        var counts = WithheldCounts()
        guard try hasRejectedUsers() else { return counts }
        let delivery = try delivery() + 1
        for user in try plannedUsers() {
            switch user.outcome(in: delivery, quarantineAfterRuns: limit) {
            case .deferred: counts.ageing += 1
            case .quarantined: counts.quarantined += 1
            default: break
            }
        }
        return counts
    }

    /// Counts the rejected among operations that got their outcome.
    func count(_ outcomes: [OutcomeRecord], run: RunID) throws {
        let rejected = outcomes.filter { $0.outcome == .rejected }
        guard !rejected.isEmpty else { return }
        let delivery = try delivery()
        for outcome in rejected {
            let id = SQLiteStateStore.id(plan.number, outcome.sequence)
            let ageing = Ageing.rejected(in: delivery, after: try earlierRejections(of: id))
            try connection.run(
                "INSERT OR REPLACE INTO quarantine_data (scope_id, key_hash, user_uid, primary_key, fingerprint,"
                    + " rejected_runs, last_delivery, planned_delivery, last_answer, since) SELECT ?1, o.key_hash,"
                    + " o.user_uid, o.primary_key, \(Self.values), ?3, ?4, ?5, ?6,"
                    + " (SELECT started_at FROM runs_data WHERE run_id = ?7) FROM operations_data o WHERE o.id = ?2"
            ) {
                $0.bind(plan.scope, at: 1)
                $0.bind(id, at: 2)
                $0.bind(ageing.rejectedRuns, at: 3)
                $0.bind(ageing.lastDelivery, at: 4)
                $0.bind(delivery, at: 5)
                $0.bind(outcome.lastAnswer, at: 6)
                $0.bind(run.text, at: 7)
            }
        }
    }

    /// Forgets the rejections of users that the destination has confirmed, who stand in `moving`.
    func forgetMoving() throws {
        guard try hasRejectedUsers() else { return }
        try connection.run(
            "DELETE FROM quarantine_data WHERE scope_id = ?1 AND key_hash IN (SELECT key_hash FROM moving)"
        ) {
            $0.bind(plan.scope, at: 1)
        }
    }

    /// Whoever has no operation in a whole plan has left the model, or has values that need no request.
    func finishDelivery() throws {
        guard try hasRejectedUsers() else { return }
        let delivery = try delivery()
        try connection.run(
            "DELETE FROM quarantine_data WHERE scope_id = ?1 AND planned_delivery < ?2"
                + " AND (SELECT is_whole FROM plans_data WHERE plan_no = ?3)"
        ) {
            $0.bind(plan.scope, at: 1)
            $0.bind(delivery, at: 2)
            $0.bind(plan.number, at: 3)
        }
    }

    /// The number of the scope's last delivery.
    private func delivery() throws -> Int {
        let number = try connection.first("SELECT deliveries FROM scopes WHERE id = ?1") {
            $0.bind(plan.scope, at: 1)
        } read: {
            $0.number(at: 0)
        }
        guard let number else { throw SQLiteStateStore.inconsistent("a plan has a scope that is not there") }
        return number
    }

    private func hasRejectedUsers() throws -> Bool {
        try connection.first("SELECT 1 FROM quarantine_data WHERE scope_id = ?1 LIMIT 1") {
            $0.bind(plan.scope, at: 1)
        } read: { _ in
            true
        } ?? false
    }

    /// The part of a fingerprint that is of the values: the rest is of the cells they came of.
    private static let values = "substr(o.fingerprint, 1, 16)"

    private static func ageing(_ row: SQLiteStatement, from first: Int32) -> Ageing {
        Ageing(rejectedRuns: row.number(at: first), lastDelivery: row.number(at: first + 1))
    }

    private func plannedUsers() throws -> [Planned] {
        try connection.rows(
            "SELECT o.id, o.key_hash, \(Self.values) IS q.fingerprint, o.reason = 'dirty' OR EXISTS (SELECT 1"
                + " FROM snapshot_users u WHERE u.scope_id = ?3 AND u.key_hash = o.key_hash"
                + " AND u.flags & \(SQLiteStateStore.dirtyFlag)), q.rejected_runs, q.last_delivery, q.last_answer"
                + " FROM operations_data o CROSS JOIN quarantine_data q ON q.scope_id = ?3 AND q.key_hash = o.key_hash"
                + " WHERE o.id > ?1 AND o.id < ?2"
        ) {
            SQLiteStateStore.range(of: plan.number)($0)
            $0.bind(plan.scope, at: 3)
        } read: {
            Planned(
                operation: $0.integer(at: 0), keyHash: try $0.keyHash(at: 1), hasSameValues: $0.flag(at: 2),
                isDirty: $0.flag(at: 3), ageing: Self.ageing($0, from: 4), lastAnswer: $0.text(at: 6))
        }
    }

    /// Of the same values as the operation's.
    private func earlierRejections(of operation: Int64) throws -> Ageing? {
        try connection.first(
            "SELECT q.rejected_runs, q.last_delivery FROM operations_data o JOIN quarantine_data q"
                + " ON q.scope_id = ?2 AND q.key_hash = o.key_hash AND q.fingerprint IS \(Self.values) WHERE o.id = ?1"
        ) {
            $0.bind(operation, at: 1)
            $0.bind(plan.scope, at: 2)
        } read: {
            Self.ageing($0, from: 0)
        }
    }

    private func note(_ user: Planned, _ delivery: Int) throws {
        let change =
            user.hasSameValues ? "UPDATE quarantine_data SET planned_delivery = ?3" : "DELETE FROM quarantine_data"
        try connection.run("\(change) WHERE scope_id = ?1 AND key_hash = ?2") {
            $0.bind(plan.scope, at: 1)
            $0.bind(user.keyHash, at: 2)
            if user.hasSameValues { $0.bind(delivery, at: 3) }
        }
    }

    /// Of a plan that is delivered again some operations have their outcome, and keep it.
    private func withhold(_ user: Planned, as outcome: OperationOutcome) throws {
        try connection.run(
            "INSERT OR IGNORE INTO outcomes (id, outcome, attempts, last_answer) VALUES (?1, ?2, 0, ?3)"
        ) {
            $0.bind(user.operation, at: 1)
            $0.bind(outcome.rawValue, at: 2)
            $0.bind(outcome == .quarantined ? user.lastAnswer : Ageing.answer, at: 3)
        }
        try connection.run("UPDATE operations_data SET body = x'' WHERE id = ?1 AND typeof(body) = 'blob'") {
            $0.bind(user.operation, at: 1)
        }
    }

    private func withheld() throws -> WithheldCounts {
        try connection.first(
            "SELECT count(*) FILTER (WHERE outcome = 'deferred' AND last_answer = ?3),"
                + " count(*) FILTER (WHERE outcome = 'quarantined') FROM outcomes WHERE id > ?1 AND id < ?2"
        ) {
            SQLiteStateStore.range(of: plan.number)($0)
            $0.bind(Ageing.answer, at: 3)
        } read: {
            WithheldCounts(ageing: $0.number(at: 0), quarantined: $0.number(at: 1))
        } ?? WithheldCounts()
    }
}
