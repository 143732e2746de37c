import SQLDatabases
import SyncCore
import TestKit
import Testing

extension PostgresDatabase {
    /// A source that reads as the least-privilege role.
    func source(statementTimeout: Duration? = nil) -> PostgresSource {
        PostgresSource(
            name: "warehouse", url: Secret(readerURL), allowSuperuser: false, statementTimeout: statementTimeout)
    }

    /// Connections to this database that hold a transaction open, other than the asking one.
    func openTransactions() async throws -> String {
        try await server.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = '\(name)' AND xact_start IS NOT NULL",
            database: "postgres")
    }
}

extension SQLStatement {
    static func model(_ text: String) -> SQLStatement { SQLStatement(text: text, file: "models/m.sql") }
}

extension Source {
    /// All rows of a statement, as cells, with the bytes they point into.
    func rows(_ text: String) async throws(SourceFailure) -> [[Value]] { try await rows(.model(text)) }

    func rows(_ statement: SQLStatement) async throws(SourceFailure) -> [[Value]] {
        let reader = try await read(statement)
        var batch = RowBatch(columnCount: reader.columns.count)
        var rows: [[Value]] = []
        while let filled = try await reader.next(reusing: batch) {
            for row in 0..<filled.rowCount {
                rows.append((0..<filled.columnCount).map { Value(filled.cell(row: row, column: $0), in: filled) })
            }
            batch = filled
        }
        return rows
    }

    func failure(of text: String) async -> SourceFailure? { await failure(of: .model(text)) }

    func failure(of statement: SQLStatement) async -> SourceFailure? {
        do throws(SourceFailure) {
            _ = try await rows(statement)
            return nil
        } catch { return error }
    }

    func describeFailure(of text: String) async -> SourceFailure? {
        do throws(SourceFailure) {
            _ = try await describe(.model(text))
            return nil
        } catch { return error }
    }
}

/// A cell that owns its bytes.
enum Value: Equatable {
    case cell(Cell)
    case text(String)
    case bytes([UInt8])
    case list([String?])

    init(_ cell: Cell, in batch: RowBatch) {
        switch cell {
        case .text(let slice), .bigDecimal(let slice), .json(let slice), .other(let slice):
            self = .text(String(decoding: batch.slice(slice), as: UTF8.self))
        case .uuid(let slice), .bytes(let slice): self = .bytes(Array(batch.slice(slice)))
        case .textList(let slice): self = .list(Self.items(Array(batch.slice(slice))))
        default: self = .cell(cell)
        }
    }

    private static func items(_ bytes: [UInt8]) -> [String?] {
        var (items, rest) = ([String?](), bytes[...])
        while rest.count >= 4 {
            let length = rest.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            rest = rest.dropFirst(4)
            if length == .max {
                items.append(nil)
            } else {
                items.append(String(decoding: rest.prefix(Int(length)), as: UTF8.self))
                rest = rest.dropFirst(Int(length))
            }
        }
        return items
    }
}
