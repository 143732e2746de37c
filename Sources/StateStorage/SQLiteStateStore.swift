internal import Foundation
internal import SQLDatabases
package import SyncCore

/// The state in one SQLite file (`docs/state.md`). One connection on its own thread reads and writes; every call is
/// one transaction. A file that another program has locked is waited for up to 30 s.
package actor SQLiteStateStore: StateStore {
    private nonisolated let executor = DatabaseExecutor(label: "headrace.state")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

    let connection: SQLiteConnection
    nonisolated let path: String
    /// By the number of each plan in delivery: whether a sealed body was among those read of it. What was not read by
    /// this process has no outcome of it either.
    var readsSealedBodies: [Int64: Bool] = [:]
    /// Blocks for that long.
    nonisolated let pause: @Sendable (Duration) -> Void
    nonisolated let witness: StateWitness?
    nonisolated let marks: SendMarks?
    /// Of the state, once the witness was asked.
    var installID: String?
    /// The witness knows of later steps than the state's, and is to keep them until one of ours goes past them.
    var isDoubted = false

    /// Opens the state, and makes file (0600) and folder (0700) when missing. `pause` blocks for the given time; it
    /// is called while another program holds the lock. Throws `.unusable` for a file that is no state of ours or of
    /// a newer Headrace, `.storage` for one that cannot be written. Without `marks` the whole open window of a killed
    /// run counts as sent. `vfs` is SQLite's name of another way to the disk.
    package init(
        path: String, vfs: String? = nil, witness: StateWitness? = nil, marks: SendMarks? = nil,
        pause: @escaping @Sendable (Duration) -> Void = SQLiteStateStore.block
    ) throws(StateFailure) {
        try self.init(path: path, mode: .create, vfs: vfs, witness: witness, marks: marks, pause: pause)
    }

    /// Opens the state for commands that only read; nil when there is none yet. Makes no file and writes nothing
    /// but what SQLite itself must: the rollback of a writer that was killed.
    package static func openForReading(
        path: String, witness: StateWitness? = nil,
        pause: @escaping @Sendable (Duration) -> Void = SQLiteStateStore.block
    ) throws(StateFailure) -> SQLiteStateStore? {
        do {
            guard try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0 > 0 else { return nil }
        } catch CocoaError.fileReadNoSuchFile, CocoaError.fileNoSuchFile {
            return nil
        } catch {
            // Nobody can say that there is none: SQLite says why it cannot be opened.
        }
        return try SQLiteStateStore(path: path, mode: .readWrite, witness: witness, marks: nil, pause: pause)
    }

    private init(
        path: String, mode: SQLiteConnection.Mode, vfs: String? = nil, witness: StateWitness?, marks: SendMarks?,
        pause: @escaping @Sendable (Duration) -> Void
    ) throws(StateFailure) {
        self.path = path
        self.pause = pause
        self.witness = witness
        self.marks = marks
        connection = try Self.failing(path) {
            if case .create = mode { try Self.makeFolder(of: path) }
            let connection = try SQLiteConnection(path: path, mode: mode, vfs: vfs)
            connection.onBusy { attempt in
                guard let wait = Self.pause(beforeAttempt: attempt) else { return false }
                pause(wait)
                return true
            }
            try RowChecks.register(on: connection)
            try SQLiteStateMigrator(connection: connection, path: path).migrate(isWriter: mode == .create)
            // What is deleted may have become personal, whichever process noticed.
            try connection.execute("PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000; PRAGMA secure_delete = ON")
            try connection.execute(mode == .create ? Self.temporaryTables : "PRAGMA query_only = 1")
            return connection
        }
    }

    /// In memory, for statements that work on a set of rows at a time.
    private static let temporaryTables = """
        CREATE TEMP TABLE moving (
            serial INTEGER PRIMARY KEY, id INTEGER, key_hash BLOB, user_id INTEGER, is_removed INTEGER
        );
        CREATE TEMP TABLE kept_users (key_hash BLOB PRIMARY KEY) WITHOUT ROWID;
        """

    /// Blocks the calling thread, which is the state's own.
    package static let block: @Sendable (Duration) -> Void = { time in
        Thread.sleep(forTimeInterval: time / .seconds(1))
    }

    /// Doubling from 5 ms to 250 ms; nil once the waits add up to 30 s.
    static func pause(beforeAttempt attempt: Int) -> Duration? {
        let total = (0..<attempt).reduce(Duration.zero) { sum, attempt in sum + length(ofPause: attempt) }
        return total < .seconds(30) ? length(ofPause: attempt) : nil
    }

    private static func length(ofPause attempt: Int) -> Duration {
        .milliseconds(min(250, 5 << min(attempt, 6)))
    }

    private static func makeFolder(of path: String) throws {
        let folder = (path as NSString).deletingLastPathComponent
        guard !FileManager.default.fileExists(atPath: folder) else { return }
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw StateFailure(
                .storage, .error("state_storage", "cannot make the folder \(folder): \(error.localizedDescription)"))
        }
    }
}

extension SQLiteStateStore {
    /// One transaction that may write. It takes the write lock at once, so that it cannot fail for want of it later.
    func write<Result>(_ body: (SQLiteConnection) throws -> Result) throws(StateFailure) -> Result {
        try Self.failing(path) {
            try connection.execute("BEGIN IMMEDIATE")
            do {
                let result = try body(connection)
                try connection.execute("COMMIT")
                return result
            } catch {
                // SQLite may have rolled back by itself; a second error would hide the first.
                if connection.isInTransaction { try? connection.execute("ROLLBACK") }
                throw error
            }
        }
    }

    /// Reads; several statements see one state of the file.
    func read<Result>(_ body: (SQLiteConnection) throws -> Result) throws(StateFailure) -> Result {
        try Self.failing(path) {
            try connection.execute("BEGIN")
            defer { if connection.isInTransaction { try? connection.execute("ROLLBACK") } }
            return try body(connection)
        }
    }

    /// Turns what SQLite says into what the caller does next.
    static func failing<Result>(_ path: String, _ body: () throws -> Result) throws(StateFailure) -> Result {
        do {
            return try body()
        } catch let failure as StateFailure {
            throw failure
        } catch let error as SQLiteError {
            throw failure(error, path: path)
        } catch {
            throw StateFailure(.inconsistent, .error("state_inconsistent", "state \(path): \(error)"))
        }
    }

    private static func failure(_ error: SQLiteError, path: String) -> StateFailure {
        switch error.meaning {
        case .busy:
            StateFailure(
                .busy,
                .error(
                    "state_busy", "another program has locked the state \(path) for 30 s",
                    hint: "close what has the file open, a SQLite shell for example"))
        case .storage:
            StateFailure(
                .storage,
                .error(
                    "state_storage", "the state \(path) cannot be read or written: \(error.message)",
                    hint: error.isWithoutRoom
                        ? "free some space there, or move state.url elsewhere with the file; nothing of it is lost"
                        : nil))
        case .notADatabase:
            StateFailure(
                .unusable, .error("state_not_ours", "\(path) is not a state of Headrace: \(error.message)"))
        case .damaged:
            StateFailure(
                .storage,
                .error(
                    "state_damaged", "the state \(path) is damaged: \(error.message)",
                    hint: "put back a copy of it, or move it away: without it every user is sent again"))
        case .interrupted, .denied, .other:
            StateFailure(.inconsistent, .error("state_inconsistent", "state \(path): \(error.message)"))
        }
    }

    static func inconsistent(_ message: String) -> StateFailure {
        StateFailure(.inconsistent, .error("state_inconsistent", message))
    }
}
