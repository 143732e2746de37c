internal import CSQLite
internal import Glibc

/// One connection to a SQLite file. Owns its handle and closes it exactly once; belongs to one actor.
package final class SQLiteConnection {
    package enum Mode: Sendable {
        /// The file must exist and is never written.
        case readOnly
        /// The file must exist.
        case readWrite
        /// Made when missing, for its owner only (0600); the journals inherit that.
        case create
    }

    /// Run-time version as SQLite numbers it: 3.40.1 is 3_040_001.
    package static var libraryVersion: Int { Int(sqlite3_libversion_number()) }
    package static var libraryVersionText: String { String(cString: sqlite3_libversion()) }

    let handle: OpaquePointer
    private var statements: [String: SQLiteStatement] = [:]
    /// Objects that C callbacks point at: they live as long as the connection.
    private var callbackOwners: [AnyObject] = []

    /// `path` is absolute: SQLite would read a relative one against the process's folder. `vfs` names a registered
    /// way to the disk; nil is the system's.
    package init(path: String, mode: Mode, vfs: String? = nil) throws(SQLiteError) {
        let flags =
            switch mode {
            case .readOnly: SQLITE_OPEN_READONLY
            case .readWrite, .create: SQLITE_OPEN_READWRITE
            }
        if case .create = mode {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw SQLiteError(nil, code: SQLITE_CANTOPEN) }
            close(descriptor)
        }
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(path, &opened, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs)
        guard code == SQLITE_OK, let opened else {
            let error = SQLiteError(opened, code: code)
            sqlite3_close_v2(opened)
            throw error
        }
        handle = opened
    }

    deinit {
        statements.removeAll()
        // The forgiving call: a statement that is still referenced finalises later.
        sqlite3_close_v2(handle)
    }

    /// Prepares one statement; what follows it in the text is ignored.
    package func prepare(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
        try SQLiteStatement(handle, sql: sql)
    }

    /// The statement of this text, prepared once a connection and reset.
    package func cached(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
        if let statement = statements[sql] {
            statement.reset()
            return statement
        }
        let statement = try prepare(sql)
        statements[sql] = statement
        return statement
    }

    /// The texts of all statements that were prepared once.
    package var cachedTexts: [String] { statements.keys.sorted() }

    /// Runs all statements of a script and drops their rows.
    package func execute(_ script: String) throws(SQLiteError) {
        let code = sqlite3_exec(handle, script, nil, nil, nil)
        guard code == SQLITE_OK else { throw SQLiteError(handle, code: code) }
    }

    /// Rows that the last INSERT, UPDATE or DELETE changed.
    package var changes: Int { Int(sqlite3_changes64(handle)) }
    package var lastInsertedID: Int64 { sqlite3_last_insert_rowid(handle) }
    package var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// What to do while another connection holds the lock: `wait` blocks this connection's thread for a moment and
    /// says whether to try again. Without it a lock is an error at once.
    package func onBusy(_ wait: @escaping (_ attempt: Int) -> Bool) {
        let owner = BusyWaiter(wait)
        callbackOwners.append(owner)
        sqlite3_busy_handler(
            handle,
            { context, attempt in
                guard let context else { return 0 }
                return Unmanaged<BusyWaiter>.fromOpaque(context).takeUnretainedValue().wait(Int(attempt)) ? 1 : 0
            }, Unmanaged.passUnretained(owner).toOpaque())
    }

    /// Keeps an object that a C callback of this connection points at.
    func keep(_ owner: AnyObject) {
        callbackOwners.append(owner)
    }

    private final class BusyWaiter {
        let wait: (Int) -> Bool
        init(_ wait: @escaping (Int) -> Bool) { self.wait = wait }
    }
}

// Never leaves the actor that owns it.
@available(*, unavailable)
extension SQLiteConnection: Sendable {}
