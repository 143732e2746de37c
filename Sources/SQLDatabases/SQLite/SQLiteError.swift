internal import CSQLite

/// What SQLite answered to one call. Holds copies only. While a statement runs its message may quote a value.
package struct SQLiteError: Error, Sendable, Equatable {
    /// What the code asks the caller to do.
    package enum Meaning: Sendable, Equatable {
        /// Another connection holds the lock.
        case busy
        /// Disk full, an I/O error, a file or folder that cannot be written.
        case storage
        /// The file is no database.
        case notADatabase
        /// It is one, and its pages contradict each other.
        case damaged
        case interrupted
        case denied
        case other
    }

    /// https://www.sqlite.org/rescode.html
    package var extendedCode: Int32
    package var message: String
    /// Byte of the statement at which the bad token starts, where SQLite knows.
    package var offsetInBytes: Int?

    init(_ connection: OpaquePointer?, code: Int32) {
        let extended = connection.map { sqlite3_extended_errcode($0) } ?? code
        // A misuse or a missing handle leaves the connection's own code at OK.
        extendedCode = extended & 0xFF == code & 0xFF ? extended : code
        if let connection, let text = sqlite3_errmsg(connection) {
            message = String(cString: text)
            let offset = sqlite3_error_offset(connection)
            offsetInBytes = offset >= 0 ? Int(offset) : nil
        } else {
            message = String(cString: sqlite3_errstr(code))
        }
    }

    /// SQLite's own words for the code, which quote nothing.
    package var codeName: String { String(cString: sqlite3_errstr(extendedCode)) }

    /// A text or blob above the connection's limit.
    var isTooBig: Bool { primaryCode == SQLITE_TOOBIG }

    package var primaryCode: Int32 { extendedCode & 0xFF }

    /// A journal or a log whose writer is gone, which only a connection that writes can bring to an end:
    /// SQLITE_READONLY_RECOVERY, _ROLLBACK and _CANTINIT, macros that the importer does not carry over.
    var isLeftByAWriter: Bool { [1, 3, 5].contains { extendedCode == SQLITE_READONLY | $0 << 8 } }

    /// A file could not grow.
    package var isWithoutRoom: Bool { primaryCode == SQLITE_FULL || extendedCode == Self.failedWrite }

    /// SQLITE_IOERR_WRITE, a macro that the importer does not carry over.
    private static let failedWrite = SQLITE_IOERR | 3 << 8

    package var meaning: Meaning {
        switch primaryCode {
        case SQLITE_BUSY, SQLITE_LOCKED: .busy
        case SQLITE_FULL, SQLITE_IOERR, SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_NOMEM: .storage
        case SQLITE_NOTADB: .notADatabase
        case SQLITE_CORRUPT: .damaged
        case SQLITE_INTERRUPT: .interrupted
        case SQLITE_AUTH: .denied
        default: .other
        }
    }
}
