internal import SQLDatabases
package import SyncCore

extension SQLiteStateStore {
    package func withheld(of plan: PlanID, quarantineAfterRuns: Int) throws(StateFailure) -> WithheldCounts {
        try read { connection in
            let stored = try Self.plan(plan, in: Set(PlanStatus.allCases), on: connection)
            return try RejectionWriter(connection: connection, plan: stored)
                .preview(quarantineAfterRuns: quarantineAfterRuns)
        }
    }

    package func rejectedUsers(of sync: String) throws(StateFailure) -> [RejectedUser] {
        try read { connection in
            try connection.rows(
                "SELECT q.key_hash, q.user_uid, q.primary_key, q.rejected_runs FROM scopes s"
                    + " JOIN quarantine_data q ON q.scope_id = s.id WHERE s.sync = ?1"
            ) {
                $0.bind(sync, at: 1)
            } read: {
                RejectedUser(
                    keyHash: try $0.keyHash(at: 0), userUID: $0.protectedText(at: 1),
                    primaryKey: $0.protectedText(at: 2), rejectedRuns: $0.number(at: 3))
            }
        }
    }

    package func release(_ users: [KeyHash]?, of sync: String) throws(StateFailure) -> WithheldCounts {
        guard try !rejectedUsers(of: sync).isEmpty else { return WithheldCounts() }
        return try step(isMilestone: true) { connection in
            guard let users else { return try Self.release(nil, of: sync, on: connection) }
            var released = WithheldCounts()
            for user in users {
                let one = try Self.release(user, of: sync, on: connection)
                released.ageing += one.ageing
                released.quarantined += one.quarantined
            }
            return released
        }
    }

    /// One user, or all of the sync.
    static func release(
        _ user: KeyHash?, of sync: String, on connection: SQLiteConnection
    ) throws -> WithheldCounts {
        let condition = user == nil ? "" : " AND key_hash = ?2"
        let bind: (SQLiteStatement) -> Void = {
            $0.bind(sync, at: 1)
            if let user { $0.bind(user, at: 2) }
        }
        let released = try connection.first(
            "SELECT count(*) FILTER (WHERE q.rejected_runs < s.quarantine_after_runs),"
                + " count(*) FILTER (WHERE q.rejected_runs >= s.quarantine_after_runs) FROM scopes s"
                + " JOIN quarantine_data q ON q.scope_id = s.id WHERE s.sync = ?1\(condition)", bind
        ) {
            WithheldCounts(ageing: $0.number(at: 0), quarantined: $0.number(at: 1))
        }
        try connection.run(
            "DELETE FROM quarantine_data WHERE scope_id IN (SELECT id FROM scopes WHERE sync = ?1)\(condition)", bind)
        return released ?? WithheldCounts()
    }
}
