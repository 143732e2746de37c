internal import SQLDatabases
package import SyncCore

extension SQLiteStateStore {
    package func protect(_ names: Set<String>, of sync: String) throws(StateFailure) {
        try write { connection in
            let known = try Self.protectedNames(of: sync, on: connection)
            let isMore = !names.isSubset(of: known)
            // They hold in clear what was recorded before. First, since a kill in between must not leave them.
            if isMore, try Self.isRecorded(sync, on: connection) { try StateBackup.removeAll(of: self.path) }
            try Self.forgetPlans(of: sync, thatShowAnyOf: names, ifUnknown: known, on: connection)
            if isMore { try Self.forgetHistory(of: sync, on: connection) }
            FailPoint.protecting.pass()
            if known != names { try Self.setProtectedNames(names, of: sync, on: connection) }
        }
    }

    private static func isRecorded(_ sync: String, on connection: SQLiteConnection) throws -> Bool {
        try connection.first(
            "SELECT EXISTS (SELECT 1 FROM syncs WHERE name = ?1) OR EXISTS (SELECT 1 FROM plans_data WHERE sync = ?1)"
        ) {
            $0.bind(sync, at: 1)
        } read: {
            $0.flag(at: 0)
        } ?? false
    }

    private static func protectedNames(of sync: String, on connection: SQLiteConnection) throws -> Set<String> {
        Set(
            try connection.rows("SELECT j.value FROM syncs s, json_each(s.protected) j WHERE s.name = ?1") {
                $0.bind(sync, at: 1)
            } read: {
                try $0.word(at: 0)
            })
    }

    private static func setProtectedNames(
        _ names: Set<String>, of sync: String, on connection: SQLiteConnection
    ) throws {
        try connection.run(
            "INSERT INTO syncs (name, protected) VALUES (?1, json_array(\(placeholders(names.count))))"
                + " ON CONFLICT (name) DO UPDATE SET protected = excluded.protected"
        ) { statement in
            statement.bind(sync, at: 1)
            for (index, name) in names.sorted().enumerated() { statement.bind(name, at: Int32(index) + 2) }
        }
    }

    private static func placeholders(_ count: Int) -> String {
        (0..<count).map { "?\($0 + 2)" }.joined(separator: ", ")
    }

    /// Of plans that were made when less was personal, by whatever definitions; `known` is what older rows go by.
    private static func forgetPlans(
        of sync: String, thatShowAnyOf names: Set<String>, ifUnknown known: Set<String>,
        on connection: SQLiteConnection
    ) throws {
        let plans = try connection.rows(
            "SELECT plan_no, status, protected FROM plans_data WHERE sync = ?1"
                + " AND status NOT IN ('building', 'delivering') AND NOT \(isOfOpenRun)"
        ) {
            $0.bind(sync, at: 1)
        } read: {
            (
                number: $0.integer(at: 0), status: try $0.word(at: 1, as: PlanStatus.self),
                protected: try $0.text(at: 2).map(StateJSON.names).map { Set($0) } ?? known
            )
        }
        for plan in plans where !names.isSubset(of: plan.protected) {
            if plan.status != .finished { try supersede(plan.number, on: connection) }
            for table in ["operations_data", "outcomes", "invalid_rows_data"] {
                try connection.run("DELETE FROM \(table) WHERE id > ?1 AND id < ?2", range(of: plan.number))
            }
            try connection.run("UPDATE plans_data SET protected = ?2 WHERE plan_no = ?1") {
                $0.bind(plan.number, at: 1)
                $0.bind(utf8: StateJSON.bytes(of: names.union(plan.protected).sorted()), at: 2)
            }
        }
    }

    private static func forgetHistory(of sync: String, on connection: SQLiteConnection) throws {
        // These are sent once more: nothing else names them.
        try useUpLateWrites(of: sync, on: connection)
        _ = try release(nil, of: sync, on: connection)
        // The sample that a run's row carries.
        try connection.run("UPDATE runs_data SET invalid_sample = '[]' WHERE sync = ?1") { $0.bind(sync, at: 1) }
    }
}
