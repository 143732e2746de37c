internal import Foundation
internal import SQLDatabases
package import SyncCore

extension SQLiteStateStore: StateUpkeep {
    /// On a connection of its own: the store's keeps temporary tables in memory, and the copy, which may be larger than
    /// memory, would be made there too.
    package func compact() throws(StateFailure) {
        try Self.failing(path) {
            let own = try SQLiteConnection(path: path, mode: .readWrite)
            own.onBusy { attempt in
                guard let wait = Self.pause(beforeAttempt: attempt) else { return false }
                self.pause(wait)
                return true
            }
            try SQLiteStateMigrator(connection: own, path: path).migrate(isWriter: true)
            try own.execute("VACUUM")
        }
    }

    package func usage() throws(StateFailure) -> StateUsage {
        try read { connection in
            func number(_ sql: String) throws -> Int { try connection.first(sql) { $0.number(at: 0) } ?? 0 }
            let page = try number("PRAGMA page_size")
            let pruned = try connection.first("SELECT value FROM meta WHERE name = 'pruned_at'") { $0.time(at: 0) }
            return StateUsage(
                sizeInBytes: try number("PRAGMA page_count") * page,
                freeInBytes: try number("PRAGMA freelist_count") * page,
                parts: try Self.parts(on: connection), prunedAt: pruned ?? nil)
        }
    }

    /// Reads every page. A library may be built without the table that counts them.
    private static func parts(on connection: SQLiteConnection) throws -> [StateUsage.Part: Int]? {
        guard (try? connection.prepare("SELECT name FROM dbstat")) != nil else { return nil }
        var parts = Dictionary(uniqueKeysWithValues: StateUsage.Part.allCases.map { ($0, 0) })
        let tables = try connection.rows(
            "SELECT coalesce(s.tbl_name, d.name), sum(d.pgsize) FROM dbstat d LEFT JOIN sqlite_schema s"
                + " ON s.name = d.name WHERE d.aggregate = TRUE GROUP BY 1"
        ) {
            (try $0.word(at: 0), $0.number(at: 1))
        }
        for (table, size) in tables { parts[owners[table] ?? .other, default: 0] += size }
        return parts
    }

    private static let owners: [String: StateUsage.Part] = [
        "snapshot_users": .snapshot, "snapshot_values": .snapshot, "scopes": .snapshot, "confirmations": .snapshot,
        "cursors_data": .snapshot, "quarantine_data": .snapshot, "late_writes": .snapshot,
        "plans_data": .plans, "operations_data": .plans, "outcomes": .plans, "settlements": .plans,
        "withdrawals": .plans, "invalid_rows_data": .plans,
        "runs_data": .runs, "attempts_data": .runs,
    ]

    package func damage() throws(StateFailure) -> [String] {
        try read { connection in
            let pages = try connection.rows("PRAGMA quick_check(100)") { try $0.word(at: 0) }.filter { $0 != "ok" }
            // A file whose pages are broken may fail at any row.
            return pages.isEmpty ? try Self.damagedRows(on: connection) : pages
        }
    }

    /// Rows that are not what was written, though SQLite can read them.
    private static func damagedRows(on connection: SQLiteConnection) throws -> [String] {
        let users = RowChecks.ofUser("key_hash", "fingerprint", flags: "flags")
        let values = RowChecks.ofValues(id: "id", "user_uid", "primary_key", "values_json")
        // Those of plans that can still be sent, or are to be closed.
        let operations =
            "plans_data p CROSS JOIN operations_data o ON o.id > p.plan_no << \(SQLiteStateSchema.planShift)"
            + " AND o.id < p.plan_no + 1 << \(SQLiteStateSchema.planShift)"
            + " WHERE p.status IN ('ready', 'blocked', 'delivering') AND NOT (\(RowChecks.operationIsSound))"
        return try [
            ("snapshot_users", "snapshot_users WHERE checksum <> \(users)"),
            ("snapshot_values", "snapshot_values WHERE checksum <> \(values)"),
            ("operations_data", operations),
        ].compactMap { table, rows in
            let count = try connection.first("SELECT count(*) FROM \(rows)") { $0.number(at: 0) }
            guard let count, count > 0 else { return nil }
            return "\(count) row(s) of \(table) are not what was written"
        }
    }

    package func forget(
        _ sync: String, at destinations: [DestinationIdentity], run: RunID
    ) throws(StateFailure) -> [ForgottenSnapshot] {
        try step(isMilestone: true) { connection in
            try Self.refuseFenced(run, on: connection)
            let forgotten = try destinations.compactMap { try Self.forget(sync, at: $0, on: connection) }
            FailPoint.resetting.pass()
            return forgotten
        }
    }

    private static func forget(
        _ sync: String, at identity: DestinationIdentity, on connection: SQLiteConnection
    ) throws -> ForgottenSnapshot? {
        let scope = try connection.first(
            "SELECT id FROM scopes WHERE sync = ?1 AND project_uid = ?2 AND edge_host = ?3"
        ) {
            $0.bind(sync, at: 1)
            $0.bind(identity.projectUID, at: 2)
            $0.bind(identity.edgeHost, at: 3)
        } read: {
            $0.integer(at: 0)
        }
        guard let scope else { return nil }
        var forgotten = ForgottenSnapshot(identity)
        forgotten.plans = try endPlans(of: scope, on: connection)
        func delete(_ sql: String) throws -> Int {
            try connection.run(sql) { $0.bind(scope, at: 1) }
            return connection.changes
        }
        let shift = SQLiteStateSchema.scopeShift
        let range = "id > ?1 << \(shift) AND id < (?1 + 1) << \(shift)"
        _ = try delete("DELETE FROM snapshot_values WHERE \(range)")
        forgotten.users = try delete("DELETE FROM snapshot_users WHERE \(range)")
        forgotten.hadCursor = try delete("DELETE FROM cursors_data WHERE scope_id = ?1") > 0
        // Those of a run that this very command took over stay: what it sent may arrive after the next run's requests.
        _ = try delete("DELETE FROM late_writes WHERE scope_id = ?1 AND is_overtaken")
        // Nobody is left to doubt.
        try connection.run("UPDATE scopes SET restored_at = NULL WHERE id = ?1") { $0.bind(scope, at: 1) }
        forgotten.quarantined = try delete("DELETE FROM quarantine_data WHERE scope_id = ?1")
        return forgotten
    }

    /// Their diff is against what is forgotten now. One that a `plan` command is still building goes altogether.
    private static func endPlans(of scope: Int64, on connection: SQLiteConnection) throws -> Int {
        let plans = try connection.rows(
            "SELECT plan_no, status = 'building' FROM plans_data WHERE scope_id = ?1"
                + " AND status IN ('building', 'ready', 'blocked')"
        ) {
            $0.bind(scope, at: 1)
        } read: {
            (number: $0.integer(at: 0), isBuilding: $0.flag(at: 1))
        }
        for plan in plans {
            if plan.isBuilding {
                try delete(plan.number, on: connection)
            } else {
                try supersede(plan.number, on: connection)
            }
        }
        return plans.count
    }
}
