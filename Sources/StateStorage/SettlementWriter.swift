internal import SQLDatabases
internal import SyncCore

/// What users of the snapshot become without a request, inside the caller's transaction. In the table one without values
/// forgets, one without a fingerprint protects.
struct SettlementWriter {
    let connection: SQLiteConnection
    let plan: SQLiteStateStore.StoredPlan
    let run: RunID

    /// When the delivery begins.
    func protect() throws {
        let range = SQLiteStateStore.range(of: plan.number)
        guard
            try connection.first(
                "SELECT 1 FROM settlements s WHERE id > ?1 AND id < ?2 AND \(Self.protects) LIMIT 1", range,
                read: { _ in true }) != nil
        else { return }
        // In this order of tables, whatever SQLite expects of them: any other reads one for every row of another.
        let users =
            "FROM settlements s CROSS JOIN snapshot_users u ON u.scope_id = ?3 AND u.key_hash = s.key_hash"
        let condition = "WHERE s.id > ?1 AND s.id < ?2 AND \(Self.protects)"
        let bind: (SQLiteStatement) -> Void = {
            range($0)
            $0.bind(plan.scope, at: 3)
        }
        try connection.run(
            "INSERT OR REPLACE INTO snapshot_values (id, user_uid, primary_key, values_json, run_no, checksum)"
                + " SELECT u.id, s.user_uid, s.primary_key, s.values_json, v.run_no,"
                + " \(RowChecks.ofValues(id: "u.id", "s.user_uid", "s.primary_key", "s.values_json")) \(users)"
                + " CROSS JOIN snapshot_values v ON v.id = u.id \(condition)", bind)
        try connection.run(
            "UPDATE snapshot_users SET fingerprint = zeroblob(16),"
                + " checksum = \(RowChecks.ofUserKeeping(fingerprint: "zeroblob(16)", flags: "flags"))"
                + " WHERE id IN (SELECT u.id \(users) \(condition))", bind)
        try connection.run("DELETE FROM settlements AS s WHERE id > ?1 AND id < ?2 AND \(Self.protects)", range)
    }

    private static let protects = "s.fingerprint IS NULL AND s.values_json IS NOT NULL"

    /// At the end of the run.
    func apply() throws {
        let range = SQLiteStateStore.range(of: plan.number)
        guard
            try connection.first(
                "SELECT 1 FROM settlements WHERE id > ?1 AND id < ?2 LIMIT 1", range, read: { _ in true }) != nil
        else { return }
        try forget()
        try set()
        try connection.run("DELETE FROM settlements WHERE id > ?1 AND id < ?2", range)
    }

    private func forget() throws {
        let users =
            "SELECT u.id FROM settlements s CROSS JOIN snapshot_users u ON u.scope_id = ?3 AND u.key_hash = s.key_hash"
            + " WHERE s.id > ?1 AND s.id < ?2 AND s.values_json IS NULL"
        for table in ["snapshot_values", "snapshot_users"] {
            try connection.run("DELETE FROM \(table) WHERE id IN (\(users))") {
                SQLiteStateStore.range(of: plan.number)($0)
                $0.bind(plan.scope, at: 3)
            }
        }
        // Nothing is left that a late request could undo.
        try connection.run(
            "DELETE FROM late_writes WHERE scope_id = ?3 AND key_hash IN (SELECT s.key_hash FROM settlements s"
                + " WHERE s.id > ?1 AND s.id < ?2 AND s.values_json IS NULL)"
        ) {
            SQLiteStateStore.range(of: plan.number)($0)
            $0.bind(plan.scope, at: 3)
        }
    }

    private func set() throws {
        let last = try SQLiteStateStore.lastUserID(of: plan.scope, on: connection)
        let confirmed = SQLiteStateStore.confirmedFlag
        try connection.run(
            "INSERT INTO snapshot_users (id, scope_id, key_hash, fingerprint, flags, checksum)"
                + " SELECT n.id, ?3, n.key_hash, n.fingerprint, \(confirmed),"
                + " \(RowChecks.ofUser(id: "n.id", "n.key_hash", "n.fingerprint", flags: "\(confirmed)"))"
                + " FROM (SELECT ?4 + row_number() OVER"
                + " (ORDER BY \(SQLiteStateStore.isInSnapshot("s.key_hash", scope: "?3"))) AS id,"
                + " s.key_hash, s.fingerprint FROM settlements s"
                + " WHERE s.id > ?1 AND s.id < ?2 AND s.values_json IS NOT NULL) AS n WHERE true"
                + " ON CONFLICT (scope_id, key_hash) DO UPDATE SET fingerprint = excluded.fingerprint,"
                + " flags = flags | \(confirmed), checksum ="
                + " \(RowChecks.ofUserKeeping(fingerprint: "excluded.fingerprint", flags: "flags | \(confirmed)"))"
        ) {
            SQLiteStateStore.range(of: plan.number)($0)
            $0.bind(plan.scope, at: 3)
            $0.bind(last, at: 4)
        }
        try connection.run(
            "INSERT OR REPLACE INTO snapshot_values (id, user_uid, primary_key, values_json, run_no, checksum)"
                + " SELECT u.id, s.user_uid, s.primary_key, s.values_json,"
                + " (SELECT run_no FROM runs_data WHERE run_id = ?4),"
                + " \(RowChecks.ofValues(id: "u.id", "s.user_uid", "s.primary_key", "s.values_json")) FROM settlements s"
                + " CROSS JOIN snapshot_users u ON u.scope_id = ?3 AND u.key_hash = s.key_hash"
                + " WHERE s.id > ?1 AND s.id < ?2 AND s.values_json IS NOT NULL"
        ) {
            SQLiteStateStore.range(of: plan.number)($0)
            $0.bind(plan.scope, at: 3)
            $0.bind(run.text, at: 4)
        }
    }
}
