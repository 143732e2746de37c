package import SyncCore

/// A SQLite file that models run on. Every call opens its own read-only connection on its own thread.
package struct SQLiteSource: Source {
    package let name: String
    package let path: String
    package let statementTimeout: Duration?
    private let lockTimeout: Duration

    package static let standardLockTimeout = Duration.seconds(5)

    /// `path` is absolute. `statementTimeout` limits the time that SQLite works on one statement, the reader's own
    /// pauses not counted; nil is no limit. `lockTimeout` is how long a locked file is waited for.
    package init(
        name: String, path: String, statementTimeout: Duration? = nil,
        lockTimeout: Duration = standardLockTimeout
    ) {
        self.name = name
        self.path = path
        self.statementTimeout = statementTimeout
        self.lockTimeout = lockTimeout
    }

    package var dialect: SQLDialect { .sqlite }

    package var identity: String { path }

    package func describe(_ statement: SQLStatement) async throws(SourceFailure) -> [ColumnDescription] {
        let session = session(for: statement)
        let columns = try await session.open()
        await session.close()
        return columns
    }

    package func read(_ statement: SQLStatement) async throws(SourceFailure) -> any RowReader {
        let session = session(for: statement)
        return SQLiteRowReader(columns: try await session.open(), session: session)
    }

    package func probe() async throws(SourceFailure) -> String {
        let session = session(for: SQLStatement(text: "SELECT 1", file: path))
        _ = try await session.open()
        await session.close()
        return "\(path), SQLite \(SQLiteConnection.libraryVersionText)"
    }

    private func session(for statement: SQLStatement) -> SQLiteReadSession {
        SQLiteReadSession(
            failures: SQLiteSourceFailures(source: name, path: path, statement: statement),
            timeout: statementTimeout, lockTimeout: lockTimeout)
    }
}

/// Rows of one model, from one transaction.
struct SQLiteRowReader: RowReader {
    let columns: [ColumnDescription]
    let session: SQLiteReadSession

    func next(reusing batch: consuming RowBatch) async throws(SourceFailure) -> RowBatch? {
        let control = session.control
        let filled: Result<RowBatch?, SourceFailure> = await withTaskCancellationHandler {
            [batch = consume batch] in
            do throws(SourceFailure) {
                return .success(try await session.fill(batch))
            } catch {
                return .failure(error)
            }
        } onCancel: {
            control.cancel()
        }
        return try filled.get()
    }

    func close() async { await session.close() }
}
