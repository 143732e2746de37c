internal import SQLDatabases
package import SyncCore

/// Requests that nobody waits for and that may still be applied: of a run that was killed, or lost its locks while it
/// lived, or had no answer in time. They may arrive after those of a later run, and undo them. Their users are dirty at
/// first; a run that confirms the same values proves that they do no harm, one that confirms others is overtaken by
/// them, so that their users are dirty once more in the run after it.
extension SQLiteStateStore {
    package func beginSendMark(of run: RunID, step: Int) -> (any SendMark)? { marks?.begin(run, step: step) }

    package func noteLateWrites(_ sequences: [Int], plan: PlanID, run: RunID) throws(StateFailure) {
        try step(isMilestone: true) { connection in
            // A run that has its locks is closed like a killed one, with all that may have left of its window.
            guard try Self.isFenced(run, on: connection) else { return }
            guard let number = try Self.planNumber(plan, on: connection) else {
                return try Self.noteLateWritesToEveryone(of: run, on: connection)
            }
            for sequence in sequences {
                let id = Self.id(number, sequence)
                let isThere = try connection.first("SELECT 1 FROM operations_data WHERE id = ?1") {
                    $0.bind(id, at: 1)
                } read: { _ in
                    true
                }
                // Pruned, or forgotten for what became personal: it may have been anyone.
                guard isThere != nil else { return try Self.noteLateWritesToEveryone(of: run, on: connection) }
                try Self.noteLate(id...id, isOvertaken: Self.isClean, on: connection)
            }
        }
    }

    /// Of the run's sync.
    private static func noteLateWritesToEveryone(of run: RunID, on connection: SQLiteConnection) throws {
        try connection.run(
            "INSERT INTO late_writes (scope_id, key_hash, user_uid, primary_key, is_overtaken, fingerprint)"
                + " SELECT u.scope_id, u.key_hash, '', '', NOT u.flags & \(dirtyFlag), x'' FROM runs_data r"
                + " CROSS JOIN scopes s ON s.sync = r.sync CROSS JOIN snapshot_users u ON u.scope_id = s.id"
                + " WHERE r.run_id = ?1"
                + " ON CONFLICT (scope_id, key_hash) DO UPDATE SET is_overtaken = excluded.is_overtaken,"
                + " fingerprint = x'', noted_at = NULL"
        ) {
            $0.bind(run.text, at: 1)
        }
    }

    /// Of a row `o` of plan `p`: whoever took over has confirmed the user already.
    private static let isClean =
        "NOT EXISTS (SELECT 1 FROM snapshot_users u WHERE u.scope_id = p.scope_id AND u.key_hash = o.key_hash"
        + " AND u.flags & \(dirtyFlag))"

    /// The open window of a delivery that another run closes, or takes the locks of though its run may still live; nothing
    /// has left of it after `sentThrough`, where that is known.
    static func noteOpenWindow(of plan: StoredPlan, sentThrough: Int?, on connection: SQLiteConnection) throws {
        let last = min(plan.openThrough, sentThrough ?? .max)
        guard last > 0 else { return }
        try noteLate(
            id(plan.number, 1)...id(plan.number, last),
            where: "NOT EXISTS (SELECT 1 FROM outcomes x WHERE x.id = o.id)", on: connection)
    }

    /// Of operations whose users are dirty, unless `isOvertaken` says otherwise. Both texts are SQL of rows `o` and `p`.
    /// Of two notes that differ no confirmation has the same values.
    static func noteLate(
        _ ids: ClosedRange<Int64>, where condition: String = "true", isOvertaken: String = "0",
        on connection: SQLiteConnection
    ) throws {
        try connection.run(
            "INSERT INTO late_writes (scope_id, key_hash, user_uid, primary_key, is_overtaken, fingerprint)"
                + " SELECT p.scope_id, o.key_hash, o.user_uid, o.primary_key, \(isOvertaken), \(valuesFingerprint)"
                + " FROM operations_data o CROSS JOIN plans_data p ON p.plan_no = o.id >> \(SQLiteStateSchema.planShift)"
                + " WHERE o.id >= ?1 AND o.id <= ?2"
                // In this order: most rows of a window are settled.
                + " AND CASE WHEN \(condition) THEN \(RowChecks.isSoundOperation) END"
                + " ON CONFLICT (scope_id, key_hash) DO UPDATE SET user_uid = excluded.user_uid,"
                + " primary_key = excluded.primary_key, is_overtaken = excluded.is_overtaken, noted_at = NULL,"
                + " fingerprint = CASE WHEN fingerprint IS excluded.fingerprint THEN fingerprint ELSE x'' END"
        ) {
            $0.bind(ids.lowerBound, at: 1)
            $0.bind(ids.upperBound, at: 2)
        }
    }

    /// Of a row `o`; of a removal, which has none, a text.
    private static let valuesFingerprint = "coalesce(substr(o.fingerprint, 1, 16), o.kind)"

    /// Whoever stands in `moving` was confirmed.
    static func compareLateWritesWithMoving(in scope: Int64, on connection: SQLiteConnection) throws {
        guard try isAnyNoted("scope_id = ?1", in: scope, on: connection) else { return }
        let noted =
            "FROM moving m CROSS JOIN late_writes l ON l.scope_id = ?1 AND l.key_hash = m.key_hash"
            + " CROSS JOIN operations_data o ON o.id = m.id"
        try connection.run(
            "DELETE FROM late_writes WHERE scope_id = ?1 AND key_hash IN (SELECT l.key_hash \(noted)"
                + " AND l.fingerprint IS \(valuesFingerprint))"
        ) {
            $0.bind(scope, at: 1)
        }
        // With the user's name: a removal has just taken it out of the snapshot.
        try connection.run(
            "INSERT INTO late_writes (scope_id, key_hash, user_uid, primary_key, is_overtaken)"
                + " SELECT ?1, l.key_hash, o.user_uid, o.primary_key, 1 \(noted) WHERE true"
                + " ON CONFLICT (scope_id, key_hash) DO UPDATE SET is_overtaken = 1,"
                + " user_uid = excluded.user_uid, primary_key = excluded.primary_key"
        ) {
            $0.bind(scope, at: 1)
        }
    }

    /// No request is on its way for longer: its note goes. Most users of such notes are gone for good, or nothing is sent
    /// of them.
    private static let longestOnItsWay: Int64 = 24 * 3600 * 1_000_000

    static func expireLateWrites(of sync: String, at now: WallTime, on connection: SQLiteConnection) throws {
        let isOfSync = "scope_id IN (SELECT id FROM scopes WHERE sync = ?1)"
        try connection.run("DELETE FROM late_writes WHERE \(isOfSync) AND noted_at < ?2") {
            $0.bind(sync, at: 1)
            $0.bind(now.microseconds - longestOnItsWay, at: 2)
        }
        try connection.run("UPDATE late_writes SET noted_at = ?2 WHERE \(isOfSync) AND noted_at IS NULL") {
            $0.bind(sync, at: 1)
            $0.bind(now.microseconds, at: 2)
        }
    }

    private static func isAnyNoted(
        _ condition: String, in scope: Int64, on connection: SQLiteConnection
    ) throws -> Bool {
        try connection.first("SELECT 1 FROM late_writes WHERE \(condition) LIMIT 1") {
            $0.bind(scope, at: 1)
        } read: { _ in
            true
        } != nil
    }

    /// Turns notes of overtaken writes into dirty users. The others wait: their users are dirty until a run confirms them.
    static func markLateWritesDirty(of sync: String, on connection: SQLiteConnection) throws {
        for scope in try scopesWithLateWrites(of: sync, on: connection) {
            let isDue = "late_writes.scope_id = ?1 AND late_writes.is_overtaken"
            try markLateWritesDirty(isDue, in: scope, on: connection)
            try connection.run("DELETE FROM late_writes WHERE \(isDue)") { $0.bind(scope, at: 1) }
        }
    }

    /// Of all notes. Those that wait lose what names their users, whom the snapshot knows now.
    static func useUpLateWrites(of sync: String, on connection: SQLiteConnection) throws {
        for scope in try scopesWithLateWrites(of: sync, on: connection) {
            try markLateWritesDirty("late_writes.scope_id = ?1", in: scope, on: connection)
            try connection.run("DELETE FROM late_writes WHERE scope_id = ?1 AND is_overtaken") {
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
        let named =
            condition + " AND (late_writes.user_uid <> '' OR EXISTS (SELECT 1 FROM snapshot_users u"
            + " WHERE u.scope_id = ?1 AND u.key_hash = late_writes.key_hash))"
        guard try isAnyNoted(named, in: scope, on: connection) else { return }
        try markDirty(
            "SELECT key_hash, user_uid, primary_key FROM late_writes WHERE \(named)", in: scope, on: connection
        ) { _ in }
        for plan in try plans(in: scope, withoutAllOf: named, on: connection) {
            try supersede(plan, on: connection)
        }
    }

    /// Plans to be applied that were made before these notes: they hold such users as confirmed ones, with what has
    /// changed of their values, if at all.
    private static func plans(
        in scope: Int64, withoutAllOf notes: String, on connection: SQLiteConnection
    ) throws -> [Int64] {
        let planned =
            "SELECT count(*) FROM operations_data o CROSS JOIN late_writes ON late_writes.scope_id = ?1"
            + " AND late_writes.key_hash = o.key_hash WHERE o.id > plan_no << \(SQLiteStateSchema.planShift)"
            + " AND o.id < plan_no + 1 << \(SQLiteStateSchema.planShift) AND o.reason = 'dirty' AND \(notes)"
        return try connection.rows(
            "SELECT plan_no FROM plans_data WHERE scope_id = ?1 AND status IN ('ready', 'blocked') AND NOT \(isOfOpenRun)"
                + " AND (\(planned)) < (SELECT count(*) FROM late_writes WHERE \(notes))"
        ) {
            $0.bind(scope, at: 1)
        } read: {
            $0.integer(at: 0)
        }
    }
}
