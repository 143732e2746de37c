internal import CSQLite
internal import Foundation
internal import SyncCore

/// Turns what SQLite answered about a model's statement into words for its author.
struct SQLiteSourceFailures {
    let source: String
    let path: String
    let statement: SQLStatement

    /// A finding at a byte of the statement.
    func finding(_ code: String, _ message: String, atByte offset: Int, hint: String? = nil) -> SourceFailure {
        let before = statement.text.utf8.prefix(offset)
        let scalars = String(decoding: before, as: UTF8.self).unicodeScalars.count
        let place = statement.position(ofScalar: scalars)
        return SourceFailure(
            .statement,
            Diagnostic(.error, code, message, at: place.position, hint: hint, sourceLine: place.sourceLine))
    }

    /// `base` is where the prepared part starts in the statement.
    func preparing(_ error: SQLiteError, base: Int, denial: SQLiteReadControl.Denial?) -> SourceFailure {
        // A refused function has SQLite's code for any mistake; the gate itself knows what it refused.
        if denial != nil || error.meaning == .denied { return denied(denial, base: base) }
        guard error.primaryCode == SQLITE_ERROR else { return running(error, stop: nil, timeout: nil) }
        // SQLite has one code for every mistake in a statement, so its fixed openings tell them apart; whatever else
        // it says is shown as a mistake of the statement too.
        let openings = [
            ("no such table: ", "unknown_table"), ("no such column: ", "unknown_source_column"),
        ]
        for (opening, code) in openings where error.message.hasPrefix(opening) {
            let name = String(error.message.dropFirst(opening.count))
            let offset = error.offsetInBytes.map { base + $0 } ?? self.offset(ofName: name) ?? base
            return finding(code, "\(opening)\(name)", atByte: offset)
        }
        let offset = error.offsetInBytes.map { base + $0 } ?? endOffset
        return finding("sql_syntax", error.message, atByte: offset)
    }

    /// Something went wrong while rows flowed, or before the statement was even looked at.
    func running(_ error: SQLiteError, stop: SQLiteReadControl.Stop?, timeout: Duration?) -> SourceFailure {
        switch (error.meaning, stop) {
        case (.interrupted, .timedOut):
            let limit = timeout.map { " of \($0)" } ?? ""
            return SourceFailure(
                .timedOut,
                .error(
                    "statement_timeout", "the statement ran longer than its limit\(limit) on source \(source)",
                    at: statement.start))
        case (.interrupted, _):
            return SourceFailure(.cancelled, .error("cancelled", "the read of source \(source) was cancelled"))
        case (.busy, _):
            return unavailable(
                "database_locked", "another program holds the lock",
                hint: "let it finish, or raise sources.\(source).lock_timeout")
        case (.notADatabase, _):
            return unavailable("not_a_database", error.message)
        case (.damaged, _):
            return unavailable("database_damaged", error.message)
        case (.storage, _) where error.isWithoutRoom:
            // A connection that only reads writes nothing but these.
            return SourceFailure(
                .unavailable,
                .error(
                    "temporary_space",
                    "source \(source): SQLite cannot write its temporary files: \(error.codeName)",
                    at: statement.start,
                    hint: "what the model sorts or groups does not fit there: free some space, or name a folder with "
                        + "more in the environment variable SQLITE_TMPDIR"))
        case (.storage, _) where error.isLeftByAWriter:
            // SQLite's own words are those for a write.
            return unavailable(
                "database_unreadable", "a program died while it wrote, and what it left must be tidied up by a writer",
                hint: "open the file once with sqlite3, or with the program that writes it, and read a table")
        case (.storage, _) where error.primaryCode == SQLITE_CANTOPEN && hasWriteAheadLog:
            return unavailable(
                "database_unreadable", error.message,
                hint: "the file is in WAL mode, which has a -shm and a -wal file beside it that readers open too: let "
                    + "this user write in its folder, or read a copy (`sqlite3 FILE 'VACUUM INTO …'`) without WAL")
        case (.storage, _):
            return unavailable("database_unreadable", error.message)
        case (.denied, _):
            return SourceFailure(.statement, .error("writes", "the statement may only read"))
        case (.other, _):
            return SourceFailure(
                .unavailable,
                .error(
                    "read_failed",
                    "source \(source) failed on a row: \(error.codeName) (code \(error.extendedCode))",
                    at: statement.start,
                    hint: "SQLite's message may quote a row, so it is not shown: run the model in sqlite3 to see it"))
        }
    }

    func rowTooLarge(_ row: Int, column: String?) -> SourceFailure {
        RowLimit.failure(source: source, row: row, column: column, at: statement.start, dialect: .sqlite)
    }

    func missing() -> SourceFailure {
        unavailable(
            "database_missing", "there is no such file", hint: "make the database, or correct sources.\(source).path")
    }

    /// As the file's own header says (https://www.sqlite.org/fileformat.html).
    private var hasWriteAheadLog: Bool {
        guard let file = FileHandle(forReadingAtPath: path) else { return false }
        defer { try? file.close() }
        return (try? file.read(upToCount: 20)).map { $0.count == 20 && $0.last == 2 } ?? false
    }

    private func unavailable(_ code: String, _ reason: String, hint: String? = nil) -> SourceFailure {
        SourceFailure(.unavailable, .error(code, "source \(source): cannot read \(path): \(reason)", hint: hint))
    }

    private func denied(_ denial: SQLiteReadControl.Denial?, base: Int) -> SourceFailure {
        switch denial?.action {
        case SQLITE_FUNCTION:
            let name = denial?.subject ?? ""
            return finding(
                "forbidden_function", "a model may not call \(name)()", atByte: offset(ofName: name) ?? base)
        case SQLITE_READ:
            let name = denial?.subject ?? ""
            return finding(
                "forbidden_function", "a model may not read \(name)()", atByte: offset(ofName: name) ?? base,
                hint: "a pragma sees the connection, not the one snapshot that a model reads")
        case SQLITE_PRAGMA, SQLITE_TRANSACTION, SQLITE_SAVEPOINT:
            return finding("not_a_select", "a model is one SELECT (or WITH … SELECT)", atByte: base)
        default:
            return finding("writes", "a model may only read: this statement writes", atByte: base)
        }
    }

    /// Where the statement names something, quotes and comments considered.
    private func offset(ofName name: String) -> Int? {
        let wanted = (name.split(separator: ".").last.map(String.init) ?? name).lowercased()
        let tokens = SQLiteTokens(Array(statement.text.utf8))
        return tokens.first { tokens.name(of: $0) == wanted }?.range.lowerBound
    }

    /// Where the statement stops short: behind its last token.
    private var endOffset: Int {
        var end = 0
        for token in SQLiteTokens(Array(statement.text.utf8)) { end = token.range.upperBound }
        return end
    }
}
