internal import SQLDatabases
internal import SyncCore

/// Brings a file to this version's schema, and refuses one that is not ours or newer than we are.
struct SQLiteStateMigrator {
    let connection: SQLiteConnection
    let path: String

    /// `isWriter` is false for a connection that only reads, and so leaves the journal as it is.
    func migrate(isWriter: Bool) throws {
        let version = try checkedVersion()
        // Outside of a transaction, as both pragmas demand; only the write-ahead log is remembered by the file.
        let mode = Self.isWriteAheadLogSound(version: SQLiteConnection.libraryVersion) ? "WAL" : "TRUNCATE"
        if isWriter || version < SQLiteStateSchema.version {
            try connection.execute("PRAGMA journal_mode = \(mode)")
        }
        try connection.execute("PRAGMA synchronous = FULL")
        guard version < SQLiteStateSchema.version else { return }
        try connection.execute("BEGIN IMMEDIATE")
        do {
            // Another process may have been faster.
            let reached = try checkedVersion()
            // Under the lock, so that nothing is written between the copy and the change.
            let hasBackup = reached > 0 && reached < SQLiteStateSchema.version
            if hasBackup { try StateBackup.make(of: path, beforeSchema: SQLiteStateSchema.version) }
            for (index, step) in SQLiteStateSchema.migrations.enumerated().dropFirst(reached) {
                try connection.execute(step + "; PRAGMA user_version = \(index + 1)")
            }
            try connection.execute("PRAGMA application_id = \(SQLiteStateSchema.applicationID); COMMIT")
            if hasBackup { StateBackup.removeOldest(of: path) }
        } catch {
            if connection.isInTransaction { try? connection.execute("ROLLBACK") }
            throw error
        }
    }

    /// The write-ahead log of SQLite 3.7.0 to 3.51.2 can corrupt a database that two connections write or checkpoint
    /// at once; the fix was carried back to three lines. https://www.sqlite.org/wal.html
    static func isWriteAheadLogSound(version: Int) -> Bool {
        switch version {
        case 3_051_003..., 3_050_007..<3_051_000, 3_044_006..<3_045_000: true
        default: false
        }
    }

    private func checkedVersion() throws -> Int {
        let version = try number("PRAGMA user_version")
        let application = try number("PRAGMA application_id")
        let isEmpty = try number("SELECT count(*) FROM sqlite_schema") == 0
        guard application == SQLiteStateSchema.applicationID || isEmpty else {
            throw StateFailure(
                .unusable,
                .error(
                    "state_not_ours", "\(path) is a SQLite database, but not a state of Headrace",
                    hint: "let state.url name a file of its own"))
        }
        guard version <= SQLiteStateSchema.version else {
            throw StateFailure(
                .unusable,
                .error(
                    "state_newer",
                    "the state \(path) was written by a newer Headrace (schema \(version), this one knows "
                        + "\(SQLiteStateSchema.version))",
                    hint: "use that version or a newer one"))
        }
        return Int(version)
    }

    private func number(_ sql: String) throws -> Int64 {
        let statement = try connection.prepare(sql)
        return try statement.step() ? statement.integer(at: 0) : 0
    }
}
