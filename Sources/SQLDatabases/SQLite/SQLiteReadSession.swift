internal import CSQLite
internal import SyncCore

/// The thread on which one read happens: opens, prepares, steps, closes.
actor SQLiteReadSession {
    /// A batch ends with the row that reaches either.
    private static let rowsPerBatch = 1000
    private static let bytesPerBatch = 1 << 20

    nonisolated let control = SQLiteReadControl()
    private nonisolated let executor = DatabaseExecutor(label: "headrace.sqlite.source")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let failures: SQLiteSourceFailures
    private let timeout: Duration?
    private let lockTimeout: Duration
    private var remaining: Duration?
    private var connection: SQLiteReadConnection?
    private var statement: SQLiteStatement?
    /// SQLite said that there are no more rows; one more step would run the statement again.
    private var isComplete = false

    init(failures: SQLiteSourceFailures, timeout: Duration?, lockTimeout: Duration) {
        self.failures = failures
        self.timeout = timeout
        self.lockTimeout = lockTimeout
        remaining = timeout
    }

    /// Opens the file and prepares the statement; nothing stays open when it throws.
    func open() throws(SourceFailure) -> [ColumnDescription] {
        let opened = try SQLiteReadConnection(failures: failures, control: control, lockTimeout: lockTimeout)
        let prepared = try opened.prepare(failures.statement)
        connection = opened
        statement = prepared
        return opened.describe(prepared, of: failures.statement)
    }

    /// Up to a batch of rows; nil after SQLite said that there are no more.
    func fill(_ batch: consuming RowBatch) throws(SourceFailure) -> RowBatch? {
        guard let statement, !Task.isCancelled else {
            throw SourceFailure(.cancelled, .error("cancelled", "the read of source \(failures.source) was cancelled"))
        }
        let started = ContinuousClock.now
        control.setDeadline(remaining.map { started + $0 })
        defer { remaining = remaining.map { $0 - (ContinuousClock.now - started) } }
        batch.removeAll()
        do throws(SQLiteError) {
            while !isComplete, batch.rowCount < Self.rowsPerBatch, batch.bytes.count < Self.bytesPerBatch {
                if try statement.step() {
                    statement.appendRow(to: &batch)
                } else {
                    isComplete = true
                }
            }
        } catch {
            self.statement = nil
            throw failures.running(error, stop: control.stop, timeout: timeout)
        }
        guard batch.bytes.count <= Int(UInt32.max) else {
            self.statement = nil
            throw SourceFailure(
                .unavailable, .error("row_too_large", "source \(failures.source) gave a row of more than 4 GB"))
        }
        return batch.rowCount == 0 ? nil : batch
    }

    /// Ends the transaction and closes the file; safe to call twice.
    func close() {
        statement = nil
        connection = nil
    }
}

extension SQLiteStatement {
    /// The hot path: one switch a cell, bytes copied once into the batch's buffer, no object a cell.
    fileprivate func appendRow(to batch: inout RowBatch) {
        for column in 0..<Int32(batch.columnCount) {
            switch sqlite3_column_type(handle, column) {
            case SQLITE_INTEGER: batch.cells.append(.integer(sqlite3_column_int64(handle, column)))
            case SQLITE_FLOAT: batch.cells.append(.double(sqlite3_column_double(handle, column)))
            case SQLITE_TEXT: batch.cells.append(.text(appendBytes(at: column, to: &batch)))
            case SQLITE_BLOB: batch.cells.append(.bytes(appendBytes(at: column, to: &batch)))
            default: batch.cells.append(.null)
            }
        }
    }

    private func appendBytes(at column: Int32, to batch: inout RowBatch) -> ByteSlice {
        let offset = batch.bytes.count
        withBytes(at: column) { batch.bytes.append(contentsOf: $0) }
        // Truncation is caught once a batch, by its size.
        return ByteSlice(
            offset: UInt32(truncatingIfNeeded: offset),
            count: UInt32(truncatingIfNeeded: batch.bytes.count - offset))
    }
}
