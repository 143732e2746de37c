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
                let isThere = try connection.first("SELECT 1 FROM operations_data WHERE id = ?1") {
                    $0.bind(id, at: 1)
                } read: { _ in
                    true
                }
                // Pruned, or forgotten for what became personal: it may have been anyone.
                guard isThere != nil else { return try Self.markEveryoneDirty(plan: number, on: connection) }
                try Self.noteLate("o.id = ?1 AND o.id = ?2", from: id, through: id, during: nil, on: connection)
            }
        }
    }

    private static func markEveryoneDirty(plan: Int64, on connection: SQLiteConnection) throws {
        try connection.run(
            "UPDATE snapshot_users SET checksum = \(RowChecks.ofUserKeeping(flags: "flags | \(dirtyFlag)")),"
                + " flags = flags | \(dirtyFlag)"
                + " WHERE scope_id = (SELECT scope_id FROM plans_data WHERE plan_no = ?1) AND flags & \(dirtyFlag) = 0"
        ) {
            $0.bind(plan, at: 1)
        }
    }

    /// The whole open window of a run whose locks another takes over though it may still live.
    static func noteOpenWindow(of run: RunID, during successor: RunID, on connection: SQLiteConnection) throws {
        for plan in try delivering(by: run, on: connection) where plan.openThrough > 0 {
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
                + " JOIN plans_data p ON p.plan_no = o.id >> \(SQLiteStateSchema.planShift)"
                + " WHERE \(condition) AND \(RowChecks.isSoundOperation)"
        ) {
            $0.bind(first, at: 1)
            $0.bind(last, at: 2)
            $0.bind(run?.text, at: 3)
        }
    }

    /// The notes that were made when this run took over are used up by the next: now its own writes may come first.
    static func beginDelivery(afterLateWritesOf scope: Int64, run: RunID, on connection: SQLiteConnection) throws {
        try connection.run("UPDATE late_writes SET during_run = NULL WHERE scope_id = ?1 AND during_run = ?2") {
            $0.bind(scope, at: 1)
            $0.bind(run.text, at: 2)
        }
    }

    /// Turns notes into dirty users. Those of a takeover wait until a run that delivers has begun, and the rest of them
    /// wait for `current` to be that run.
    static func markLateWritesDirty(of sync: String, except current: RunID, on connection: SQLiteConnection) throws {
        for scope in try scopesWithLateWrites(of: sync, on: connection) {
            let isDue = "scope_id = ?1 AND during_run IS NULL"
            try markLateWritesDirty(isDue, in: scope, on: connection)
            try connection.run("DELETE FROM late_writes WHERE \(isDue)") { $0.bind(scope, at: 1) }
            try connection.run("UPDATE late_writes SET during_run = ?2 WHERE scope_id = ?1") {
                $0.bind(scope, at: 1)
                $0.bind(current.text, at: 2)
            }
        }
    }

    /// Of all notes. Those that wait lose what names their users, whom the snapshot knows now.
    static func useUpLateWrites(of sync: String, on connection: SQLiteConnection) throws {
        for scope in try scopesWithLateWrites(of: sync, on: connection) {
            try markLateWritesDirty("scope_id = ?1", in: scope, on: connection)
            try connection.run("DELETE FROM late_writes WHERE scope_id = ?1 AND during_run IS NULL") {
                $0.bind(scope, at: 1)
            }
            try connection.run("UPDATE late_writes SET user_uid = '', primary_key = '' WHERE scope_id = ?1") {
                $0.bind(scope, at: 1)
            }
        }
    }

    private static func scopesWithLateWrites(of sync: String, on connection: SQLiteConnection) throws -> [Int64] {
        try connection.rows(
            "SELECT DISTINCT l.scope_id FROM late_writes l JOIN scopes s ON s.id = l.scope_id WHERE s.sync = ?1"
        ) {
            $0.bind(sync, at: 1)
        } read: {
            $0.integer(at: 0)
        }
    }

    private static func markLateWritesDirty(
        _ condition: String, in scope: Int64, on connection: SQLiteConnection
    ) throws {
        let isNamed =
            "(user_uid <> '' OR EXISTS (SELECT 1 FROM snapshot_users u"
            + " WHERE u.scope_id = ?1 AND u.key_hash = late_writes.key_hash))"
        try markDirty(
            "SELECT key_hash, user_uid, primary_key FROM late_writes WHERE \(condition) AND \(isNamed)", in: scope,
            on: connection
        ) { _ in }
        // They were made from a snapshot that called these users confirmed, and may hold only part of their values.
        let plans = try connection.rows(
            "SELECT plan_no FROM plans_data WHERE scope_id = ?1 AND status IN ('ready', 'blocked') AND NOT \(isOfOpenRun)"
        ) {
            $0.bind(scope, at: 1)
        } read: {
            $0.integer(at: 0)
        }
        for plan in plans { try supersede(plan, on: connection) }
    }
}
