internal import CSQLite

extension SQLiteConnection {
    /// Copies the whole database, as one moment of it, over that of another connection. Another connection may hold the
    /// write lock meanwhile.
    package func copy(to target: SQLiteConnection) throws(SQLiteError) {
        guard let backup = sqlite3_backup_init(target.handle, "main", handle, "main") else {
            throw SQLiteError(target.handle, code: sqlite3_errcode(target.handle))
        }
        let code = sqlite3_backup_step(backup, -1)
        let end = sqlite3_backup_finish(backup)
        guard code == SQLITE_DONE, end == SQLITE_OK else {
            throw SQLiteError(target.handle, code: code == SQLITE_DONE ? end : code)
        }
    }
}
