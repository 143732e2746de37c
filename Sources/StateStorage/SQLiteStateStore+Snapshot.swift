internal import SQLDatabases
package import SyncCore

extension SQLiteStateStore {
    /// Bits of `snapshot_users.flags`.
    static let confirmedFlag: Int64 = 1
    static let dirtyFlag: Int64 = 2

    package func scope(sync: String, identity: DestinationIdentity) throws(StateFailure) -> ScopeRecord {
        let known = try read { connection in
            try Self.scopeID(sync, identity, on: connection).map { try Self.record($0, sync, on: connection) }
        }
        if let known { return known }
        return try write { connection in
            try connection.run(
                "INSERT INTO scopes (sync, project_uid, edge_host, is_loopback) VALUES (?1, ?2, ?3, ?4)"
                    + " ON CONFLICT DO UPDATE SET is_loopback = excluded.is_loopback"
            ) {
                $0.bind(sync, at: 1)
                $0.bind(identity.projectUID, at: 2)
                $0.bind(identity.edgeHost, at: 3)
                $0.bind(identity.isLoopback, at: 4)
            }
            guard let id = try Self.scopeID(sync, identity, on: connection) else {
                throw Self.inconsistent("a scope that was just made is not there")
            }
            return try Self.record(id, sync, on: connection)
        }
    }

    package func confirmedUsers(of scope: Int64) throws(StateFailure) -> Int {
        try read { connection in
            try connection.first(
                "SELECT count(*) FROM snapshot_users WHERE id > ?1 AND id < ?2 AND flags & \(Self.confirmedFlag)"
            ) {
                $0.bind(scope << SQLiteStateSchema.scopeShift, at: 1)
                $0.bind((scope + 1) << SQLiteStateSchema.scopeShift, at: 2)
            } read: {
                $0.number(at: 0)
            } ?? 0
        }
    }

    package func snapshotIndex(scope: Int64, after cursor: Int64, limit: Int) throws(StateFailure)
        -> (entries: [SnapshotIndexEntry], next: Int64?)
    {
        try read { connection in
            let statement = try connection.cached(
                "SELECT id, key_hash, fingerprint, flags, checksum FROM snapshot_users WHERE id > ?1 AND id < ?2 ORDER BY id"
                    + " LIMIT ?3")
            defer { statement.reset() }
            let first = scope << SQLiteStateSchema.scopeShift
            statement.bind(max(cursor, first), at: 1)
            statement.bind(first + 1 << SQLiteStateSchema.scopeShift, at: 2)
            statement.bind(limit, at: 3)
            var entries: [SnapshotIndexEntry] = []
            entries.reserveCapacity(limit)
            var last = cursor
            while try statement.step() {
                last = statement.integer(at: 0)
                entries.append(try Self.entry(statement))
            }
            return (entries, entries.count < limit ? nil : last)
        }
    }

    package func snapshotUsers(scope: Int64, keyHashes: [KeyHash]) throws(StateFailure) -> [SnapshotUser] {
        try read { connection in
            try keyHashes.compactMap { hash in
                try connection.first(
                    "SELECT u.id, u.key_hash, u.fingerprint, u.flags, u.checksum,"
                        + " v.user_uid, v.primary_key, v.values_json, v.checksum"
                        + " FROM snapshot_users u JOIN snapshot_values v ON v.id = u.id"
                        + " WHERE u.scope_id = ?1 AND u.key_hash = ?2"
                ) {
                    $0.bind(scope, at: 1)
                    $0.bind(hash, at: 2)
                } read: {
                    let entry = try Self.entry($0)
                    try RowChecks.checkValues($0, id: 0, from: 5)
                    return SnapshotUser(
                        entry: entry, userUID: $0.protectedText(at: 5), primaryKey: $0.protectedText(at: 6),
                        values: $0.bytes(at: 7))
                }
            }
        }
    }

    package func openWindow(of scope: Int64) throws(StateFailure) -> [KeyHash] {
        try read { connection in
            try connection.rows(
                "SELECT o.key_hash FROM plans_data p CROSS JOIN operations_data o"
                    + " ON o.id > p.plan_no << \(SQLiteStateSchema.planShift)"
                    + " AND o.id <= p.plan_no << \(SQLiteStateSchema.planShift) | p.open_through"
                    + " WHERE p.status = 'delivering' AND p.scope_id = ?1 AND \(RowChecks.isSoundOperation)"
                    + " AND NOT EXISTS (SELECT 1 FROM outcomes x WHERE x.id = o.id)"
                    + " UNION SELECT o.key_hash FROM plans_data p"
                    + " CROSS JOIN confirmations c ON c.id > p.plan_no << \(SQLiteStateSchema.planShift)"
                    + " AND c.id < p.plan_no + 1 << \(SQLiteStateSchema.planShift)"
                    + " CROSS JOIN operations_data o ON o.id BETWEEN c.id AND c.last_id"
                    + " WHERE p.status = 'delivering' AND p.scope_id = ?1 AND \(RowChecks.isSoundOperation)"
                    + " UNION SELECT key_hash FROM late_writes WHERE scope_id = ?1"
            ) {
                $0.bind(scope, at: 1)
            } read: {
                try $0.keyHash(at: 0)
            }
        }
    }

    /// Those in the snapshot keep what was confirmed, others get an entry that was never confirmed, and that tells the
    /// primary key of the row that was sent last. `users` is a query of
    /// key_hash, user_uid and primary_key; its ?1 is the scope, and `bind` binds what it has from ?3 on.
    static func markDirty(
        _ users: String, in scope: Int64, on connection: SQLiteConnection, bind: (SQLiteStatement) -> Void
    ) throws {
        let last = try lastUserID(of: scope, on: connection)
        try connection.run(
            "INSERT INTO snapshot_users (id, scope_id, key_hash, fingerprint, flags, checksum)"
                + " SELECT n.id, ?1, n.key_hash, zeroblob(16), \(dirtyFlag),"
                + " \(RowChecks.ofUser(id: "n.id", "n.key_hash", "zeroblob(16)", flags: "\(dirtyFlag)"))"
                + " FROM (SELECT ?2 + row_number() OVER (ORDER BY \(isInSnapshot("d.key_hash", scope: "?1"))) AS id,"
                + " d.key_hash FROM (\(users)) AS d) AS n WHERE true"
                + " ON CONFLICT (scope_id, key_hash) DO UPDATE SET flags = flags | \(dirtyFlag),"
                + " checksum = \(RowChecks.ofUserKeeping(flags: "flags | \(dirtyFlag)"))"
        ) {
            $0.bind(scope, at: 1)
            $0.bind(last, at: 2)
            bind($0)
        }
        try connection.run(
            "INSERT INTO snapshot_values (id, user_uid, primary_key, values_json, checksum)"
                + " SELECT u.id, n.user_uid, n.primary_key, '{}',"
                + " \(RowChecks.ofValues(id: "u.id", "n.user_uid", "n.primary_key", "'{}'")) FROM (\(users)) AS n"
                + " JOIN snapshot_users u ON u.scope_id = ?1 AND u.key_hash = n.key_hash WHERE true"
                + " ON CONFLICT (id) DO UPDATE SET user_uid = excluded.user_uid, primary_key = excluded.primary_key,"
                + " checksum = \(RowChecks.ofValues(id: "id", "excluded.user_uid", "excluded.primary_key", "values_json"))"
                + " WHERE excluded.user_uid <> '' AND NOT EXISTS (SELECT 1 FROM snapshot_users u"
                + " WHERE u.id = snapshot_values.id AND u.flags & \(confirmedFlag))"
        ) {
            $0.bind(scope, at: 1)
            bind($0)
        }
    }

    /// New users come first where one counts ids in this order: whoever has one uses none up.
    static func isInSnapshot(_ keyHash: String, scope: String) -> String {
        "EXISTS (SELECT 1 FROM snapshot_users x WHERE x.scope_id = \(scope) AND x.key_hash = \(keyHash))"
    }

    /// The id behind which new users of the scope get theirs.
    static func lastUserID(of scope: Int64, on connection: SQLiteConnection) throws -> Int64 {
        let first = scope << SQLiteStateSchema.scopeShift
        return try connection.first("SELECT max(id) FROM snapshot_users WHERE id >= ?1 AND id < ?2") {
            $0.bind(first, at: 1)
            $0.bind((scope + 1) << SQLiteStateSchema.scopeShift, at: 2)
        } read: {
            $0.isNull(at: 0) ? first : $0.integer(at: 0)
        } ?? first
    }

    /// From id, key_hash, fingerprint, flags and checksum.
    private static func entry(_ row: SQLiteStatement) throws -> SnapshotIndexEntry {
        let flags = row.integer(at: 3)
        guard let fingerprint = row.fingerprint(at: 2) else {
            throw inconsistent("the snapshot holds a fingerprint that is neither 16 nor 32 bytes")
        }
        let entry = SnapshotIndexEntry(
            keyHash: try row.keyHash(at: 1), fingerprint: fingerprint, isDirty: flags & dirtyFlag != 0,
            isConfirmed: flags & confirmedFlag != 0)
        try RowChecks.check(entry, flags: flags, row, checksum: 4)
        return entry
    }

    private static func scopeID(
        _ sync: String, _ identity: DestinationIdentity, on connection: SQLiteConnection
    ) throws -> Int64? {
        try connection.first(
            "SELECT id FROM scopes WHERE sync = ?1 AND project_uid = ?2 AND edge_host = ?3 AND is_loopback = ?4"
        ) {
            $0.bind(sync, at: 1)
            $0.bind(identity.projectUID, at: 2)
            $0.bind(identity.edgeHost, at: 3)
            $0.bind(identity.isLoopback, at: 4)
        } read: {
            $0.integer(at: 0)
        }
    }

    private static func record(_ id: Int64, _ sync: String, on connection: SQLiteConnection) throws -> ScopeRecord {
        let lastUser = try lastUserID(of: id, on: connection)
        let last = try connection.first(
            "SELECT s.project_uid, s.edge_host, s.is_loopback FROM syncs y JOIN scopes s ON s.id = y.last_scope"
                + " WHERE y.name = ?1"
        ) {
            $0.bind(sync, at: 1)
        } read: {
            DestinationIdentity(
                projectUID: try $0.word(at: 0), edgeHost: try $0.word(at: 1), isLoopback: $0.flag(at: 2))
        }
        let hadRows = try connection.first("SELECT had_rows FROM syncs WHERE name = ?1") {
            $0.bind(sync, at: 1)
        } read: {
            $0.flag(at: 0)
        }
        var record = ScopeRecord(
            id: id, expectedUsers: Int(lastUser - id << SQLiteStateSchema.scopeShift), lastIdentity: last,
            hadRows: hadRows ?? false)
        record.restoredAt =
            try connection.first("SELECT restored_at FROM scopes WHERE id = ?1") {
                $0.bind(id, at: 1)
            } read: {
                $0.time(at: 0)
            } ?? nil
        return record
    }
}
