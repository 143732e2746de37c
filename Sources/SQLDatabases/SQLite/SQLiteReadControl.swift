internal import CSQLite
internal import Synchronization

/// What may stop a running statement, and what the statement asked for: the target of a read connection's callbacks.
/// Only `cancel()` is called from another thread.
final class SQLiteReadControl: Sendable {
    enum Stop: Sendable, Equatable { case cancelled, timedOut }

    /// Something that the gate refused, in SQLite's own words.
    struct Denial: Sendable, Equatable {
        var action: Int32
        var subject: String?
    }

    private struct State {
        var deadline: ContinuousClock.Instant?
        var stop: Stop?
        var denial: Denial?
        var readsView = false
    }

    private let isCancelled = Atomic(false)
    private let state = Mutex(State())

    func cancel() { isCancelled.store(true, ordering: .relaxed) }

    var stop: Stop? { state.withLock { $0.stop } }
    var denial: Denial? { state.withLock { $0.denial } }
    var readsView: Bool { state.withLock { $0.readsView } }

    func setDeadline(_ deadline: ContinuousClock.Instant?) {
        state.withLock { $0.deadline = deadline }
    }

    /// Called every few thousand steps of SQLite's machine; true ends the statement.
    private func shouldStop() -> Bool {
        state.withLock { state in
            if isCancelled.load(ordering: .relaxed) {
                state.stop = .cancelled
            } else if let deadline = state.deadline, ContinuousClock.now >= deadline {
                state.stop = .timedOut
            }
            return state.stop != nil
        }
    }

    private func permits(_ action: Int32, _ subject: String?, insideView: Bool) -> Bool {
        let isPermitted =
            switch action {
            case SQLITE_SELECT, SQLITE_RECURSIVE: true
            // A pragma as a table: what it runs inside would be refused only while rows flow.
            case SQLITE_READ: subject?.lowercased().hasPrefix("pragma_") != true
            // Preparing a table-valued function (`json_each`) declares its columns through the parser, which asks for
            // this; a statement that really wants to is refused by SQLite itself.
            case SQLITE_UPDATE: subject == "sqlite_master"
            case SQLITE_FUNCTION: !Self.refusedFunctions.contains((subject ?? "").lowercased())
            default: false
            }
        state.withLock { state in
            if insideView { state.readsView = true }
            if !isPermitted, state.denial == nil { state.denial = Denial(action: action, subject: subject) }
        }
        return isPermitted
    }

    /// They load code or touch files. Most exist only in SQLite's shell, but a build may carry them.
    private static let refusedFunctions: Set<String> = [
        "load_extension", "readfile", "writefile", "edit", "fts3_tokenizer", "fsdir", "zipfile", "lsdir",
    ]

    /// Installs the callbacks: from now on the connection can only read.
    func install(on connection: SQLiteConnection) {
        connection.keep(self)
        let context = Unmanaged.passUnretained(self).toOpaque()
        sqlite3_progress_handler(
            connection.handle, 2000,
            { context in
                guard let context else { return 1 }
                return Unmanaged<SQLiteReadControl>.fromOpaque(context).takeUnretainedValue().shouldStop() ? 1 : 0
            }, context)
        sqlite3_set_authorizer(
            connection.handle,
            { context, action, first, second, _, trigger in
                guard let context else { return SQLITE_DENY }
                let control = Unmanaged<SQLiteReadControl>.fromOpaque(context).takeUnretainedValue()
                // The name of a function is the second argument, of anything else the first.
                let subject = action == SQLITE_FUNCTION ? second : first
                let permitted = control.permits(
                    action, subject.map { String(cString: $0) }, insideView: trigger != nil)
                return permitted ? SQLITE_OK : SQLITE_DENY
            }, context)
    }
}
