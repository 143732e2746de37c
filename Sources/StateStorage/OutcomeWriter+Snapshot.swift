internal import SQLDatabases
internal import SyncCore

extension OutcomeWriter {
    /// Operations among which users are confirmed and wait for their place in a small snapshot, and at most.
    static let fewestToMove: Int64 = 65_536
    private static let mostToMove: Int64 = 262_144

    /// By the span of those that wait, which two looks into the table's ends tell.
    func isFull() throws -> Bool {
        let range = SQLiteStateStore.range(of: plan.number)
        let ends = ["min(id)", "max(id)"].map { "(SELECT \($0) FROM confirmations WHERE id > ?1 AND id < ?2)" }
        let span = try connection.first("SELECT coalesce(\(ends[1]) - \(ends[0]) + 1, 0)", range) { $0.integer(at: 0) }
        return span ?? 0 >= min(Self.mostToMove, max(Self.fewestToMove, try usersOfScope()))
    }

    /// Moves the snapshot for everyone who was confirmed since it last moved. New users get their ids in the order of
    /// the plan, which is the source's and mostly the next read's too.
    func moveSnapshot() throws {
        try collectMoving()
        try writeMoving()
        FailPoint.snapshotMoving.pass()
        for table in ["snapshot_values", "snapshot_users"] {
            try connection.run("DELETE FROM \(table) WHERE id IN (SELECT user_id FROM moving WHERE is_removed)")
        }
        try RejectionWriter(connection: connection, plan: plan).forgetMoving()
        try SQLiteStateStore.compareLateWritesWithMoving(in: plan.scope, on: connection)
        try connection.run(
            "DELETE FROM confirmations WHERE id > ?1 AND id < ?2", SQLiteStateStore.range(of: plan.number))
    }

    private func collectMoving() throws {
        try collectMoving(orderedBy: "c.id, o.id")
        let hasBoth = try connection.first("SELECT count(user_id) BETWEEN 1 AND count(*) - 1 FROM moving") {
            $0.flag(at: 0)
        }
        // New users first, or ids would be used up by the others: the last one tells how many users there are.
        if hasBoth == true { try collectMoving(orderedBy: "u.id IS NOT NULL, c.id, o.id") }
    }

    private func collectMoving(orderedBy order: String) throws {
        try connection.run("DELETE FROM moving")
        try connection.run(
            "INSERT INTO moving (id, key_hash, user_id, is_removed)"
                + " SELECT o.id, o.key_hash, u.id, o.kind IS 'removed' FROM confirmations c"
                + " CROSS JOIN operations_data o ON o.id BETWEEN c.id AND c.last_id"
                + " LEFT JOIN snapshot_users u ON u.scope_id = ?3 AND u.key_hash = o.key_hash"
                + " WHERE c.id > ?1 AND c.id < ?2 AND \(RowChecks.isSoundOperation) ORDER BY \(order)"
        ) {
            SQLiteStateStore.range(of: plan.number)($0)
            $0.bind(plan.scope, at: 3)
        }
    }

    private func writeMoving() throws {
        let last = try SQLiteStateStore.lastUserID(of: plan.scope, on: connection)
        let moving = "FROM moving m CROSS JOIN operations_data o ON o.id = m.id WHERE NOT m.is_removed"
        // Not in the order of the index: to sort costs more, at any size, than it saves in pages.
        try connection.run(
            "INSERT INTO snapshot_users (id, scope_id, key_hash, fingerprint, flags, checksum)"
                + " SELECT ?2 + m.serial, ?1, m.key_hash, o.fingerprint, 1,"
                + " \(RowChecks.ofUser(id: "?2 + m.serial", "m.key_hash", "o.fingerprint", flags: "1"))"
                + " \(moving)"
                + " ON CONFLICT (scope_id, key_hash) DO UPDATE SET fingerprint = excluded.fingerprint, flags = 1,"
                + " checksum = \(RowChecks.ofUser("excluded.key_hash", "excluded.fingerprint", flags: "1"))"
        ) {
            $0.bind(plan.scope, at: 1)
            $0.bind(last, at: 2)
        }
        let id = "coalesce(m.user_id, ?1 + m.serial)"
        try connection.run(
            "INSERT OR REPLACE INTO snapshot_values (id, user_uid, primary_key, values_json, run_no, checksum)"
                + " SELECT \(id), o.user_uid, o.primary_key, o.snapshot_values,"
                + " (SELECT run_no FROM runs_data WHERE run_id = ?2),"
                + " \(RowChecks.ofValues(id: id, "o.user_uid", "o.primary_key", "o.snapshot_values")) \(moving)"
        ) {
            $0.bind(last, at: 1)
            $0.bind(run.text, at: 2)
        }
    }

    /// Or some more, where users have left.
    private func usersOfScope() throws -> Int64 {
        try SQLiteStateStore.lastUserID(of: plan.scope, on: connection)
            - plan.scope << SQLiteStateSchema.scopeShift
    }
}
