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
                "SELECT id, key_hash, fingerprint, flags FROM snapshot_users WHERE id > ?1 AND id < ?2 ORDER BY id"
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
                entries.append(try Self.entry(statement, from: 1))
            }
            return (entries, entries.count < limit ? nil : last)
        }
    }

    package func snapshotUsers(scope: Int64, keyHashes: [KeyHash]) throws(StateFailure) -> [SnapshotUser] {
        try read { connection in
            try keyHashes.compactMap { hash in
                try connection.first(
                    "SELECT u.key_hash, u.fingerprint, u.flags, v.user_uid, v.primary_key, v.values_json"
                        + " FROM snapshot_users u JOIN snapshot_values v ON v.id = u.id"
                        + " WHERE u.scope_id = ?1 AND u.key_hash = ?2"
                ) {
                    $0.bind(scope, at: 1)
                    $0.bind(hash, at: 2)
                } read: {
                    SnapshotUser(
                        entry: try Self.entry($0, from: 0), userUID: $0.protectedText(at: 3),
                        primaryKey: $0.protectedText(at: 4), values: $0.bytes(at: 5))
                }
            }
        }
    }

    package func openWindow(of scope: Int64) throws(StateFailure) -> [KeyHash] {
        try read { connection in
            try connection.rows(
                "SELECT o.key_hash FROM plans_data p JOIN operations_data o"
                    + " ON o.id > p.plan_no << \(SQLiteStateSchema.planShift)"
                    + " AND o.id <= p.plan_no << \(SQLiteStateSchema.planShift) | p.open_through"
                    + " WHERE p.status = 'delivering' AND p.scope_id = ?1"
                    + " AND NOT EXISTS (SELECT 1 FROM outcomes x WHERE x.id = o.id)"
                    + " UNION SELECT o.key_hash FROM plans_data p"
                    + " JOIN confirmations c ON c.id > p.plan_no << \(SQLiteStateSchema.planShift)"
                    + " AND c.id < p.plan_no + 1 << \(SQLiteStateSchema.planShift)"
                    + " JOIN operations_data o ON o.id BETWEEN c.id AND c.last_id"
                    + " WHERE p.status = 'delivering' AND p.scope_id = ?1"
                    + " UNION SELECT key_hash FROM late_writes WHERE scope_id = ?1"
            ) {
                $0.bind(scope, at: 1)
            } read: {
                try $0.keyHash(at: 0)
            }
        }
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

    /// Key hash, fingerprint and flags, from a column on.
    private static func entry(_ row: SQLiteStatement, from first: Int32) throws -> SnapshotIndexEntry {
        let flags = row.integer(at: first + 2)
        guard let fingerprint = row.fingerprint(at: first + 1) else {
            throw inconsistent("the snapshot holds a fingerprint that is neither 16 nor 32 bytes")
        }
        return SnapshotIndexEntry(
            keyHash: try row.keyHash(at: first), fingerprint: fingerprint, isDirty: flags & dirtyFlag != 0,
            isConfirmed: flags & confirmedFlag != 0)
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
        return ScopeRecord(
            id: id, expectedUsers: Int(lastUser - id << SQLiteStateSchema.scopeShift), lastIdentity: last,
            hadRows: hadRows ?? false)
    }
}
