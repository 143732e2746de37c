internal import SQLDatabases
package import SyncCore

extension SQLiteStateStore: StateInspection {
    package func knownSyncs() throws(StateFailure) -> [String] {
        try read {
            try $0.rows("SELECT sync FROM runs_data UNION SELECT sync FROM scopes ORDER BY 1") { try $0.word(at: 0) }
        }
    }

    package func snapshots() throws(StateFailure) -> [SnapshotRecord] {
        try read { connection in
            let confirmed =
                "SELECT count(*) FROM snapshot_users u WHERE u.id > s.id << \(SQLiteStateSchema.scopeShift)"
                + " AND u.id < (s.id + 1) << \(SQLiteStateSchema.scopeShift) AND u.flags & \(Self.confirmedFlag)"
            return try connection.rows(
                "SELECT s.sync, s.project_uid, s.edge_host, s.is_loopback, coalesce(y.last_scope = s.id, 0),"
                    + " (\(confirmed)), s.restored_at IS NOT NULL, \(Self.cursorColumns) FROM scopes s LEFT JOIN syncs y ON y.name = s.sync"
                    + " LEFT JOIN cursors_data c ON c.scope_id = s.id ORDER BY s.sync, s.id"
            ) {
                var record = SnapshotRecord(
                    sync: try $0.word(at: 0),
                    identity: DestinationIdentity(
                        projectUID: try $0.word(at: 1), edgeHost: try $0.word(at: 2), isLoopback: $0.flag(at: 3)),
                    isLast: $0.flag(at: 4), users: $0.number(at: 5), cursor: try Self.cursorRecord($0, from: 7))
                record.isRestored = $0.flag(at: 6)
                return record
            }
        }
    }

    package func runs(beginningWith prefix: String, limit: Int) throws(StateFailure) -> [RunID] {
        try identifiers("SELECT run_id FROM runs_data WHERE run_id >= ?1 AND run_id < ?2", prefix, limit: limit)
    }

    package func plans(beginningWith prefix: String, limit: Int) throws(StateFailure) -> [PlanID] {
        try identifiers(
            "SELECT plan_id FROM plans_data WHERE plan_id >= ?1 AND plan_id < ?2 AND status <> 'building'", prefix,
            limit: limit)
    }

    private func identifiers(_ query: String, _ prefix: String, limit: Int) throws(StateFailure) -> [ULID] {
        guard let prefix = IdentifierPrefix(prefix) else { return [] }
        return try read { connection in
            try connection.rows("\(query) ORDER BY 1 DESC LIMIT ?3") {
                $0.bind(prefix.lowest, at: 1)
                $0.bind(prefix.end, at: 2)
                $0.bind(limit, at: 3)
            } read: {
                try $0.identifier(at: 0)
            }
        }
    }

    /// One statement: a run that ends saves its row before it gives its locks back, so that no run that lives is seen
    /// without them.
    package func openRuns() throws(StateFailure) -> [OpenRun] {
        try read { connection in
            try connection.rows(
                "SELECT r.run_id, l.host, l.boot_id, l.process_id, l.start_time, max(l.renewed_at) FROM runs_data r"
                    + " LEFT JOIN leases l ON l.run_id = r.run_id WHERE r.status IN (\(Self.openStatuses))"
                    + " GROUP BY r.run_id"
            ) { row in
                let run = try row.identifier(at: 0)
                guard !row.isNull(at: 1) else { return OpenRun(run: run, holder: nil, renewedAt: nil) }
                let holder = LeaseHolder(
                    host: try row.word(at: 1), bootID: try row.word(at: 2),
                    processID: Int32(truncatingIfNeeded: row.integer(at: 3)),
                    startTime: UInt64(bitPattern: row.integer(at: 4)))
                return OpenRun(run: run, holder: holder, renewedAt: row.time(at: 5))
            }
        }
    }

    package func answers(of run: RunID) throws(StateFailure) -> [AnswerCount] {
        try read { connection in
            let plan = try connection.first(
                "SELECT p.plan_no FROM runs_data r JOIN plans_data p ON p.plan_id = r.plan_id AND p.run_id = r.run_id"
                    + " WHERE r.run_id = ?1"
            ) {
                $0.bind(run.text, at: 1)
            } read: {
                $0.integer(at: 0)
            }
            guard let plan else { return [] }
            var answers = try connection.rows(
                "SELECT outcome, last_answer, count(*) FROM outcomes WHERE id > ?1 AND id < ?2"
                    + " AND outcome <> 'confirmed' GROUP BY outcome, last_answer ORDER BY 3 DESC, 1, 2",
                Self.range(of: plan)
            ) {
                AnswerCount(
                    outcome: try $0.word(at: 0, as: OperationOutcome.self), answer: $0.text(at: 1),
                    count: $0.number(at: 2), keys: [])
            }
            for index in answers.indices {
                answers[index].keys = try Self.firstKeys(of: answers[index], plan: plan, on: connection)
            }
            return answers
        }
    }

    private static func firstKeys(
        of answer: AnswerCount, plan: Int64, on connection: SQLiteConnection
    ) throws -> [ProtectedText] {
        try connection.rows(
            "SELECT o.primary_key FROM outcomes x JOIN operations_data o ON o.id = x.id WHERE x.id > ?1 AND x.id < ?2"
                + " AND x.outcome = ?3 AND x.last_answer IS ?4 ORDER BY x.id LIMIT 3"
        ) {
            range(of: plan)($0)
            $0.bind(answer.outcome.rawValue, at: 3)
            $0.bind(answer.answer, at: 4)
        } read: {
            $0.protectedText(at: 0)
        }
    }
}
