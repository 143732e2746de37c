import Foundation
import SQLDatabases
import SyncCore
import TestKit
import Testing

/// A shop file and a source over it.
private func withShop<Result>(
    _ script: String = "CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, name TEXT, total REAL)",
    timeout: Duration? = nil, _ body: (SQLiteSource, String) async throws -> Result
) async throws -> Result {
    try await withScratchFolder { folder async throws in
        let path = folder + "/shop.db"
        try SQLiteConnection(path: path, mode: .create).execute(script)
        let source = SQLiteSource(
            name: "shop", path: path, statementTimeout: timeout, lockTimeout: .zero)
        return try await body(source, path)
    }
}

private func statement(_ text: String) -> SQLStatement { SQLStatement(text: text, file: "models/m.sql") }

/// All rows, as batches' cells with their bytes as text.
private func rows(_ reader: any RowReader) async throws -> [[String]] {
    var rows: [[String]] = []
    var batch = RowBatch(columnCount: reader.columns.count)
    while let filled = try await reader.next(reusing: batch) {
        for row in 0..<filled.rowCount {
            rows.append(
                (0..<filled.columnCount).map { column in
                    switch filled.cell(row: row, column: column) {
                    case .null: "null"
                    case .integer(let value): "integer \(value)"
                    case .double(let value): "double \(value)"
                    case .text(let slice): "text \(Array(filled.slice(slice)))"
                    case .bytes(let slice): "bytes \(Array(filled.slice(slice)))"
                    default: "unexpected"
                    }
                })
        }
        batch = filled
    }
    await reader.close()
    return rows
}

@Suite struct SQLiteSourceTests {
    @Test func readsEveryStorageClass() async throws {
        try await withShop { source, _ async throws in
            let sql = "SELECT 9223372036854775807, -1.5, 'é' || char(0) || 'x', x'00ff', NULL, '', x''"
            let read = try await rows(try await source.read(statement(sql)))
            #expect(
                read == [
                    [
                        "integer 9223372036854775807", "double -1.5", "text [195, 169, 0, 120]", "bytes [0, 255]",
                        "null",
                        "text []", "bytes []",
                    ]
                ])
        }
    }

    @Test func readsTextOfAUTF16FileAsUTF8() async throws {
        try await withShop("PRAGMA encoding = 'UTF-16le'; CREATE TABLE t (a); INSERT INTO t VALUES ('é')") {
            source, _ async throws in
            #expect(try await rows(try await source.read(statement("SELECT a FROM t"))) == [["text [195, 169]"]])
        }
    }

    @Test func aColumnMayHoldDifferentTypes() async throws {
        try await withShop("CREATE TABLE t (a); INSERT INTO t VALUES (1), ('a'), (2.5), (NULL)") {
            source, _ async throws in
            let read = try await rows(try await source.read(statement("SELECT a FROM t ORDER BY rowid")))
            #expect(read == [["integer 1"], ["text [97]"], ["double 2.5"], ["null"]])
        }
    }

    @Test func readsMoreThanABatchAndEndsOnce() async throws {
        try await withShop { source, _ async throws in
            let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) SELECT i FROM n"
            let reader = try await source.read(statement(sql))
            let read = try await rows(reader)
            #expect(read.count == 2500 && read.last == ["integer 2500"])
            await reader.close()
        }
    }

    @Test func describesDeclaredTypesAndCertainNotNull() async throws {
        try await withShop { source, _ async throws in
            let columns = try await source.describe(statement("SELECT id, name, total + 1 AS next FROM t;\n-- end\n"))
            #expect(columns.map(\.name) == ["id", "name", "next"])
            #expect(columns.map(\.typeName) == ["INTEGER", "TEXT", ""])
            #expect(columns.allSatisfy { $0.type == .dynamic })
            #expect(columns.map(\.isNullable) == [false, nil, nil])
            let outer = try await source.describe(statement("SELECT b.id FROM t a LEFT JOIN t b ON b.id = a.id + 1"))
            #expect(outer.map(\.isNullable) == [nil])
        }
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        var sql: String, code: String, line: Int, column: Int
        var testDescription: String { "\(code): \(sql)" }
        init(_ sql: String, _ code: String, _ line: Int, _ column: Int) {
            (self.sql, self.code, self.line, self.column) = (sql, code, line, column)
        }
    }

    @Test(arguments: [
        Refusal("SELECT id\nFROM t WHRE id = 1", "sql_syntax", 2, 13),
        Refusal("SELECT 'ä', id FRM\nt", "sql_syntax", 2, 1),
        Refusal("SELECT id FROM", "sql_syntax", 1, 15),
        Refusal("SELECT 'open", "sql_syntax", 1, 8),
        Refusal("SELECT id,\n  nme FROM t", "unknown_source_column", 2, 3),
        Refusal("/* ü */ SELECT nme FROM t", "unknown_source_column", 1, 16),
        Refusal("-- missing\nSELECT id\n  FROM missing", "unknown_table", 3, 8),
        Refusal("SELECT id FROM t; SELECT 2", "two_statements", 1, 19),
        Refusal("SELECT id FROM t;\n-- more\n DROP TABLE t", "two_statements", 3, 2),
        Refusal("", "empty_model", 1, 1),
        Refusal("-- nothing\n/* here */ ;", "empty_model", 1, 1),
        Refusal("/*/ SELECT 1; */ /**/ SELECT nme FROM t", "unknown_source_column", 1, 30),
        Refusal("\nDELETE FROM t", "writes", 2, 1),
        Refusal("INSERT INTO t VALUES (1, 'a', 2) RETURNING id", "writes", 1, 1),
        Refusal("UPDATE t SET name = 1", "writes", 1, 1),
        Refusal("DROP TABLE t", "writes", 1, 1),
        Refusal("ATTACH 'x.db' AS x", "writes", 1, 1),
        Refusal("PRAGMA journal_mode = DELETE", "not_a_select", 1, 1),
        Refusal("COMMIT", "not_a_select", 1, 1),
        Refusal("EXPLAIN SELECT id FROM t", "not_a_select", 1, 1),
        Refusal("SELECT id, load_extension('x') FROM t", "forbidden_function", 1, 12),
        Refusal("SELECT id FROM t WHERE id = ?1", "sql_parameter", 1, 29),
        Refusal("SELECT id,\n \"teir\" FROM t", "unknown_source_column", 2, 2),
        Refusal("SELECT id FROM t WHERE name = \"ada\"", "unknown_source_column", 1, 31),
        Refusal("SELECT name FROM pragma_table_info('t')", "forbidden_function", 1, 18),
        Refusal("SELECT id\u{0} FROM t", "sql_syntax", 1, 10),
    ])
    func refusesWhatIsNotOneSelect(refusal: Refusal) async throws {
        try await withShop { source, _ async throws in
            let failure = await #expect(throws: SourceFailure.self) {
                try await source.describe(statement(refusal.sql))
            }
            #expect(failure?.kind == .statement)
            #expect(failure?.diagnostic.code == refusal.code)
            let expected = Diagnostic.Position("models/m.sql", line: refusal.line, column: refusal.column)
            #expect(failure?.diagnostic.position == expected)
            #expect(failure?.diagnostic.sourceLine != nil)
        }
    }

    @Test func showsNothingOfARowThatFails() async throws {
        try await withShop("CREATE TABLE t (a); INSERT INTO t VALUES ('$.ok'), ('secret')") { source, _ async throws in
            let reader = try await source.read(statement("SELECT json_extract('{}', a) FROM t"))
            let failure = await #expect(throws: SourceFailure.self) {
                _ = try await reader.next(reusing: RowBatch(columnCount: 1))
            }
            #expect(failure?.kind == .unavailable && failure?.diagnostic.code == "read_failed")
            #expect(failure?.diagnostic.rendered().contains("secret") == false)
            await reader.close()
        }
    }

    @Test func namesAMissingFile() async throws {
        let source = SQLiteSource(name: "shop", path: "/nowhere/shop.db")
        let failure = await #expect(throws: SourceFailure.self) { try await source.probe() }
        #expect(failure?.kind == .unavailable && failure?.diagnostic.code == "database_missing")
        #expect(failure?.diagnostic.message.contains("/nowhere/shop.db") == true)
    }

    @Test func refusesAFileThatIsNoDatabase() async throws {
        try await withScratchFolder { folder async throws in
            let path = folder + "/shop.db"
            try String(repeating: "text ", count: 500).write(toFile: path, atomically: true, encoding: .utf8)
            let failure = await #expect(throws: SourceFailure.self) {
                try await SQLiteSource(name: "shop", path: path).probe()
            }
            #expect(failure?.kind == .unavailable && failure?.diagnostic.code == "not_a_database")
        }
    }

    @Test func saysWhatToDoAfterAWriterThatDied() async throws {
        try await withShop("CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob(300000))") { _, path async throws in
            let writer = try SQLiteConnection(path: path, mode: .create)
            try writer.execute("PRAGMA cache_size = 1; BEGIN; UPDATE t SET a = zeroblob(400000)")
            // As if the writer had been killed now: its files without its locks.
            let files = FileManager.default
            let copy = path + ".copy"
            for suffix in ["", "-journal"] { try files.copyItem(atPath: path + suffix, toPath: copy + suffix) }
            try writer.execute("ROLLBACK")
            let source = SQLiteSource(name: "shop", path: copy)
            let failure = await #expect(throws: SourceFailure.self) { try await source.probe() }
            #expect(failure?.kind == .unavailable && failure?.diagnostic.code == "database_unreadable")
            #expect(try #require(failure?.diagnostic.hint).contains("open the file once with sqlite3"))
            // The hint is right.
            try SQLiteConnection(path: copy, mode: .create).execute("SELECT count(*) FROM t")
            #expect(try await source.probe().contains(copy))
        }
    }

    @Test func saysWhatWALNeeds() async throws {
        try await withShop("PRAGMA journal_mode = WAL; CREATE TABLE t (a)") { source, path async throws in
            #expect(try await source.probe().contains(path))
            for file in ["-shm", "-wal"] { try? FileManager.default.removeItem(atPath: path + file) }
            // SQLite follows no link there, so this is a file that cannot be made, for root too.
            try FileManager.default.createSymbolicLink(atPath: path + "-shm", withDestinationPath: "/nowhere/shm")
            let failure = await #expect(throws: SourceFailure.self) { try await source.probe() }
            #expect(failure?.kind == .unavailable && failure?.diagnostic.code == "database_unreadable")
            #expect(try #require(failure?.diagnostic.hint).contains("WAL mode"))
        }
    }

    @Test func saysWhenAnotherProgramHoldsTheLock() async throws {
        try await withShop { source, path async throws in
            let other = try SQLiteConnection(path: path, mode: .readWrite)
            try other.execute("BEGIN EXCLUSIVE")
            let failure = await #expect(throws: SourceFailure.self) { try await source.probe() }
            #expect(failure?.kind == .unavailable && failure?.diagnostic.code == "database_locked")
            try other.execute("ROLLBACK")
            #expect(try await source.probe().contains("SQLite 3."))
        }
    }

    static let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"

    @Test func stopsAtItsTimeLimit() async throws {
        try await withShop(timeout: .milliseconds(30)) { source, _ async throws in
            let reader = try await source.read(statement(Self.endless))
            let failure = await #expect(throws: SourceFailure.self) {
                _ = try await reader.next(reusing: RowBatch(columnCount: 1))
            }
            #expect(failure?.kind == .timedOut && failure?.diagnostic.code == "statement_timeout")
            await reader.close()
        }
    }

    @Test(.timeLimit(.minutes(1))) func stopsWhenItsTaskIsCancelled() async throws {
        try await withShop { source, _ async throws in
            let reader = try await source.read(statement(Self.endless))
            let kind = await withTaskGroup(of: SourceFailure.Kind?.self) { group in
                group.addTask {
                    do throws(SourceFailure) {
                        _ = try await reader.next(reusing: RowBatch(columnCount: 1))
                        return nil
                    } catch {
                        return error.kind
                    }
                }
                group.cancelAll()
                return await group.next() ?? nil
            }
            #expect(kind == .cancelled)
            await reader.close()
        }
    }

    @Test func aReadSeesOneStateOfTheFileWhileOthersWrite() async throws {
        let script = "PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)"
        try await withShop(script) { source, path async throws in
            // Held open, so that the write-ahead log stays.
            let other = try SQLiteConnection(path: path, mode: .readWrite)
            try other.execute("SELECT * FROM t")
            let reader = try await source.read(statement("SELECT a FROM t ORDER BY a"))
            try other.execute("INSERT INTO t VALUES (3); UPDATE t SET a = 20 WHERE a = 2")
            #expect(try await rows(reader) == [["integer 1"], ["integer 2"]])
            let after = try await rows(try await source.read(statement("SELECT a FROM t ORDER BY a")))
            #expect(after == [["integer 1"], ["integer 3"], ["integer 20"]])
        }
    }
}
