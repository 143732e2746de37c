internal import SQLDatabases
package import SyncCore

extension SQLiteStateStore {
    package func protect(_ names: Set<String>, of sync: String) throws(StateFailure) {
        let isMore = try write { connection in
            let isKnown = try connection.first("SELECT 1 FROM syncs WHERE name = ?1") {
                $0.bind(sync, at: 1)
            } read: { _ in
                true
            }
            let known = try connection.rows(
                "SELECT j.value FROM syncs s, json_each(s.protected) j WHERE s.name = ?1"
            ) {
                $0.bind(sync, at: 1)
            } read: {
                try $0.word(at: 0)
            }
            guard Set(known) != names else { return false }
            let isMore = !names.subtracting(known).isEmpty
            if isMore { try Self.forgetHistory(of: sync, on: connection) }
            try connection.run(
                "INSERT INTO syncs (name, protected) VALUES (?1, json_array(\(Self.placeholders(names.count))))"
                    + " ON CONFLICT (name) DO UPDATE SET protected = excluded.protected"
            ) { statement in
                statement.bind(sync, at: 1)
                for (index, name) in names.sorted().enumerated() { statement.bind(name, at: Int32(index) + 2) }
            }
            return isMore && isKnown != nil
        }
        // They hold in clear what was recorded before.
        if isMore { StateBackup.removeAll(of: path) }
    }

    private static func placeholders(_ count: Int) -> String {
        (0..<count).map { "?\($0 + 2)" }.joined(separator: ", ")
    }

    private static func forgetHistory(of sync: String, on connection: SQLiteConnection) throws {
        let plans = try connection.rows(
            "SELECT plan_no, status FROM plans_data WHERE sync = ?1 AND status NOT IN ('building', 'delivering')"
                + " AND NOT \(isOfOpenRun)"
        ) {
            $0.bind(sync, at: 1)
        } read: {
            (number: $0.integer(at: 0), status: try $0.word(at: 1, as: PlanStatus.self))
        }
        // For as long as this connection lives, since the snapshot is rewritten at the end of its run: what is deleted
        // is overwritten too.
        try connection.execute("PRAGMA secure_delete = ON")
        for plan in plans {
            if plan.status != .finished { try supersede(plan.number, on: connection) }
            for table in ["operations_data", "outcomes", "invalid_rows_data"] {
                try connection.run("DELETE FROM \(table) WHERE id > ?1 AND id < ?2", range(of: plan.number))
            }
        }
        // These are sent once more: nothing else names them.
        try useUpLateWrites(of: sync, on: connection)
        _ = try release(nil, of: sync, on: connection)
        // The sample that a run's row carries.
        try connection.run("UPDATE runs_data SET invalid_sample = '[]' WHERE sync = ?1") { $0.bind(sync, at: 1) }
    }
}
