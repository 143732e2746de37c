import SyncCore
import Synchronization

/// The tables of a history, read in one snapshot each; a read may break off after rows have come.
struct HistorySource: Source {
    let process: HistoryProcess
    var dialect: SQLDialect { .sqlite }
    var identity: String { "history" }

    func describe(_ statement: SQLStatement) async throws(SourceFailure) -> [ColumnDescription] { HistoryShape.columns }
    func probe() async throws(SourceFailure) -> String { "" }

    func read(_ statement: SQLStatement) async throws(SourceFailure) -> any RowReader {
        let version = process.readBegins()
        // What others do now is not seen by this read.
        await process.interlude(nil)
        return HistoryReader(process: process, version: version)
    }
}

private final class HistoryReader: RowReader {
    private let process: HistoryProcess
    private let version: Int
    private let rows: [HistoryRow]
    private let taken = Mutex(0)
    var columns: [ColumnDescription] { HistoryShape.columns }

    init(process: HistoryProcess, version: Int) {
        self.process = process
        self.version = version
        rows = process.history.table(process.sync.name, version: version).rows
    }

    func next(reusing batch: consuming RowBatch) async throws(SourceFailure) -> RowBatch? {
        if process.isDead || Task.isCancelled { throw Self.failure(.cancelled) }
        let start = taken.withLock { $0 }
        if let kind = process.readFails(after: start) { throw Self.failure(kind) }
        guard start < rows.count else {
            process.wasRead(version)
            return nil
        }
        batch.removeAll()
        let end = min(rows.count, start + process.history.shape.batchSize)
        for row in rows[start..<end] { row.append(to: &batch) }
        taken.withLock { $0 = end }
        return batch
    }

    func close() async {}

    private static func failure(_ kind: SourceFailure.Kind) -> SourceFailure {
        SourceFailure(kind, .error("source_failed", "the read broke off"))
    }
}
