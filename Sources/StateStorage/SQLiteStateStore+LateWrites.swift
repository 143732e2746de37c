internal import SQLDatabases
package import SyncCore

/// Requests of a run that lost its locks while it lived: they may arrive after those of the run that took over, and undo
/// them. Their users are dirty once more when that run has ended, whatever it confirmed.
extension SQLiteStateStore {
    package func noteLateWrites(_ sequences: [Int], plan: PlanID, run: RunID) throws(StateFailure) {
        try step(isMilestone: true) { connection in
            // A run that has its locks is closed like a killed one, which marks its whole window.
            guard try Self.isFenced(run, on: connection), let number = try Self.planNumber(plan, on: connection) else {
                return
            }
            for sequence in sequences {
                let id = Self.id(number, sequence)
                try Self.noteLate("o.id = ?1 AND o.id = ?2", from: id, through: id, during: nil, on: connection)
            }
        }
    }

    /// The whole open window of a run whose locks another takes over though it may still live.
    static func noteOpenWindow(of run: RunID, during successor: RunID, on connection: SQLiteConnection) throws {
        let plans = try connection.rows(
            "SELECT \(storedPlanColumns) FROM plans_data"
                + " WHERE run_id = ?1 AND status = 'delivering' AND open_through > 0"
        ) {
            $0.bind(run.text, at: 1)
        } read: {
            try storedPlan($0)
        }
        for plan in plans {
            try noteLate(
                "o.id >= ?1 AND o.id <= ?2 AND NOT EXISTS (SELECT 1 FROM outcomes x WHERE x.id = o.id)",
                from: id(plan.number, 1), through: id(plan.number, plan.openThrough), during: successor, on: connection)
        }
    }

    /// A note that is there already keeps the run that it was made in.
    private static func noteLate(
        _ condition: String, from first: Int64, through last: Int64, during run: RunID?, on connection: SQLiteConnection
    ) throws {
        try connection.run(
            "INSERT OR IGNORE INTO late_writes (scope_id, key_hash, user_uid, primary_key, during_run)"
                + " SELECT p.scope_id, o.key_hash, o.user_uid, o.primary_key, ?3 FROM operations_data o"
                + " JOIN plans_data p ON p.plan_no = o.id >> \(SQLiteStateSchema.planShift) WHERE \(condition)"
        ) {
            $0.bind(first, at: 1)
            $0.bind(last, at: 2)
            $0.bind(run?.text, at: 3)
        }
    }

    /// Turns the notes of earlier runs into dirty users; those made when `current` took over wait for the next.
    static func markLateWritesDirty(of sync: String, except current: RunID, on connection: SQLiteConnection) throws {
        let scopes = try connection.rows(
            "SELECT DISTINCT l.scope_id FROM late_writes l JOIN scopes s ON s.id = l.scope_id"
                + " WHERE s.sync = ?1 AND l.during_run IS NOT ?2"
        ) {
            $0.bind(sync, at: 1)
            $0.bind(current.text, at: 2)
        } read: {
            $0.integer(at: 0)
        }
        for scope in scopes { try markLateWritesDirty(in: scope, except: current, on: connection) }
    }

    private static func markLateWritesDirty(
        in scope: Int64, except current: RunID, on connection: SQLiteConnection
    ) throws {
        let last = try lastUserID(of: scope, on: connection)
        let notes = "late_writes l WHERE l.scope_id = ?1 AND l.during_run IS NOT ?2"
        let bind: (SQLiteStatement) -> Void = {
            $0.bind(scope, at: 1)
            $0.bind(current.text, at: 2)
        }
        try connection.run(
            "INSERT INTO snapshot_users (id, scope_id, key_hash, fingerprint, flags, checksum)"
                + " SELECT n.id, ?1, n.key_hash, zeroblob(16), \(dirtyFlag),"
                + " \(RowChecks.ofUser(id: "n.id", "n.key_hash", "zeroblob(16)", flags: "\(dirtyFlag)"))"
                + " FROM (SELECT ?3 + row_number() OVER () AS id, l.key_hash FROM \(notes)) AS n WHERE true"
                + " ON CONFLICT (scope_id, key_hash) DO UPDATE SET flags = flags | \(dirtyFlag),"
                + " checksum = \(RowChecks.ofUserKeeping(flags: "flags | \(dirtyFlag)"))"
        ) {
            bind($0)
            $0.bind(last, at: 3)
        }
        try connection.run(
            "INSERT OR IGNORE INTO snapshot_values (id, user_uid, primary_key, values_json, checksum)"
                + " SELECT u.id, l.user_uid, l.primary_key, '{}',"
                + " \(RowChecks.ofValues(id: "u.id", "l.user_uid", "l.primary_key", "'{}'"))"
                + " FROM snapshot_users u JOIN late_writes l"
                + " ON l.scope_id = u.scope_id AND l.key_hash = u.key_hash"
                + " WHERE l.scope_id = ?1 AND l.during_run IS NOT ?2", bind)
        try connection.run("DELETE FROM late_writes AS l WHERE l.scope_id = ?1 AND l.during_run IS NOT ?2", bind)
    }
}
