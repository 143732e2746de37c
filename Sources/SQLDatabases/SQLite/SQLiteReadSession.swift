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
    /// In batches that were handed on.
    private var rowsRead = 0
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
        let columns = try opened.describe(prepared, of: failures.statement)
        connection = opened
        statement = prepared
        return columns
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
        var isTooLarge = false
        do throws(SQLiteError) {
            while !isComplete, !isTooLarge, batch.rowCount < Self.rowsPerBatch, batch.bytes.count < Self.bytesPerBatch {
                if try statement.step() {
                    let start = batch.bytes.count
                    statement.appendRow(to: &batch)
                    isTooLarge = batch.bytes.count - start > RowLimit.bytes
                } else {
                    isComplete = true
                }
            }
        } catch {
            self.statement = nil
            // A single value above the limit: SQLite says so before it loads it.
            if error.isTooBig { throw failures.rowTooLarge(rowsRead + batch.rowCount + 1, column: nil) }
            throw failures.running(error, stop: control.stop, timeout: timeout)
        }
        if isTooLarge {
            let column = batch.largestColumn.flatMap { statement.columnName(at: $0) }
            self.statement = nil
            throw failures.rowTooLarge(rowsRead + batch.rowCount, column: column)
        }
        rowsRead += batch.rowCount
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
        // Truncation is caught by the row's size.
        return ByteSlice(
            offset: UInt32(truncatingIfNeeded: offset),
            count: UInt32(truncatingIfNeeded: batch.bytes.count - offset))
    }
}
