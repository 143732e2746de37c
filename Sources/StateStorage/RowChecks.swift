internal import SQLDatabases
internal import SyncCore

/// The checksums of rows that decide what is sent: SQLite notices broken pages, not a changed bit in a value.
///
/// An operation has two in one number, because its body goes with its outcome: below of what is sent (id, uid, body), above
/// of what the snapshot takes over. Rows without one were written by an older Headrace, and pass.
enum RowChecks {
    static func register(on connection: SQLiteConnection) throws { try connection.defineRowChecks() }

    // MARK: In SQL

    /// For the parameters of an insertion into `operations_data`, in the order of its columns.
    static let ofNewOperation =
        "row_checksum(?1, ?2, ?3, ?4, ?5, ?9, ?10) << 32 | row_checksum(?1, ?3, coalesce(?7, ?10))"

    /// Fails the statement at a row `o` of `operations_data` that is damaged; its body may be gone.
    static let isSoundOperation = "sound(\(operationIsSound))"

    /// The same as a condition.
    static let operationIsSound =
        "o.checksum IS NULL OR o.checksum >> 32 & 4294967295 = row_checksum(o.id, o.key_hash, o.user_uid,"
        + " o.primary_key, o.kind, o.fingerprint, o.snapshot_values)"

    static func ofUser(
        id: String = "snapshot_users.id", _ keyHash: String, _ fingerprint: String, flags: String
    ) -> String {
        "row_checksum(\(id), \(keyHash), \(fingerprint), \(flags))"
    }

    /// For a row of `snapshot_users` that keeps part of what it has, and must therefore be sound.
    static func ofUserKeeping(fingerprint: String = "snapshot_users.fingerprint", flags: String) -> String {
        let old = ofUser("snapshot_users.key_hash", "snapshot_users.fingerprint", flags: "snapshot_users.flags")
        let new = ofUser("snapshot_users.key_hash", fingerprint, flags: flags)
        return "CASE WHEN sound(snapshot_users.checksum IS NULL OR snapshot_users.checksum = \(old)) THEN \(new) END"
    }

    static func ofValues(id: String, _ userUID: String, _ primaryKey: String, _ values: String) -> String {
        "row_checksum(\(id), \(userUID), \(primaryKey), \(values))"
    }

    // MARK: Of rows that are read

    /// Of id, uid, body and checksum.
    static func checkWrite(_ row: SQLiteStatement, of plan: PlanID) throws {
        guard !row.isNull(at: 3) else { return }
        var checksum = RowChecksum()
        for column in Int32(0)...2 { row.add(column, to: &checksum) }
        guard UInt32(truncatingIfNeeded: row.integer(at: 3)) == checksum.value else {
            let sequence = row.integer(at: 0) & 0xFFFF_FFFF
            throw StateFailure(
                .storage,
                .error(
                    "state_damaged",
                    "operation \(sequence) of plan \(plan) is not what was planned: its row in the state is damaged",
                    hint: "run again, which makes a new plan; and look after the disk that the state is on"))
        }
    }

    /// Of the row's id and the entry that was read from it.
    static func check(
        _ entry: SnapshotIndexEntry, flags: Int64, _ row: SQLiteStatement, checksum column: Int32
    ) throws {
        guard !row.isNull(at: column) else { return }
        var checksum = RowChecksum()
        checksum.add(row.integer(at: 0))
        checksum.add(blob: entry.keyHash.high, entry.keyHash.low)
        let values = entry.fingerprint.values
        if let digest = entry.fingerprint.row {
            checksum.add(blob: values.high, values.low, digest.rules, digest.cells)
        } else {
            checksum.add(blob: values.high, values.low)
        }
        checksum.add(flags)
        guard row.integer(at: column) == Int64(checksum.value) else { throw damagedSnapshot(row.integer(at: 0)) }
    }

    /// Of uid, primary key, values and checksum, from a column on.
    static func checkValues(_ row: SQLiteStatement, id: Int32, from first: Int32) throws {
        guard !row.isNull(at: first + 3) else { return }
        var checksum = RowChecksum()
        for column in [id, first, first + 1, first + 2] { row.add(column, to: &checksum) }
        guard row.integer(at: first + 3) == Int64(checksum.value) else {
            throw damagedSnapshot(row.integer(at: id))
        }
    }

    private static func damagedSnapshot(_ id: Int64) -> StateFailure {
        StateFailure(
            .storage,
            .error(
                "state_damaged",
                "the snapshot's row \(id) is not what was written: the state is damaged, and nothing was sent",
                hint: "put back a copy of it, or move it away: without it every user is sent again"))
    }
}
