internal import CSQLite
internal import Glibc
internal import SyncCore

/// A connection that runs one model: read-only four times over (open flag, `query_only`, authorizer, gate), inside one
/// transaction, so that the whole read sees one state of the file.
final class SQLiteReadConnection {
    let connection: SQLiteConnection
    let control: SQLiteReadControl
    let failures: SQLiteSourceFailures

    init(
        failures: SQLiteSourceFailures, control: SQLiteReadControl, lockTimeout: Duration
    ) throws(SourceFailure) {
        self.failures = failures
        self.control = control
        if access(failures.path, F_OK) != 0, errno == ENOENT || errno == ENOTDIR { throw failures.missing() }
        do throws(SQLiteError) {
            connection = try SQLiteConnection(path: failures.path, mode: .readOnly)
            sqlite3_busy_timeout(connection.handle, lockTimeout.clampedMilliseconds)
            sqlite3_limit(connection.handle, SQLITE_LIMIT_LENGTH, Int32(RowLimit.bytes))
            // Views and virtual tables of the file may not call anything with side effects either.
            _ = headrace_sqlite3_db_config_flag(connection.handle, SQLITE_DBCONFIG_DEFENSIVE, 1)
            _ = headrace_sqlite3_db_config_flag(connection.handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
            // A mistyped column in double quotes would otherwise be a text, the same for every row.
            _ = headrace_sqlite3_db_config_flag(connection.handle, SQLITE_DBCONFIG_DQS_DML, 0)
            try connection.execute("PRAGMA query_only = 1; BEGIN; SELECT count(*) FROM sqlite_schema;")
        } catch {
            throw failures.running(error, stop: nil, timeout: nil)
        }
        control.install(on: connection)
    }

    /// The gate: exactly one statement, which has result columns and reads.
    func prepare(_ statement: SQLStatement) throws(SourceFailure) -> SQLiteStatement {
        let bytes = Array(statement.text.utf8)
        if let zero = bytes.firstIndex(of: 0) {
            throw failures.finding("sql_syntax", "the file holds a NUL character", atByte: zero)
        }
        let semicolon = UInt8(ascii: ";")
        let tokens = SQLiteTokens(bytes)
        guard let first = tokens.first(where: { bytes[$0.range.lowerBound] != semicolon }) else {
            throw failures.finding("empty_model", "the model has no statement", atByte: 0)
        }
        let base = first.range.lowerBound
        let end = tokens.first { $0.range.lowerBound > base && bytes[$0.range.lowerBound] == semicolon }
        let stop = end?.range.lowerBound ?? bytes.count
        if let second = tokens.first(where: { $0.range.lowerBound > stop && bytes[$0.range.lowerBound] != semicolon }) {
            throw failures.finding(
                "two_statements", "a model is one statement: a second one starts here", atByte: second.range.lowerBound)
        }
        let prepared: SQLiteStatement
        do throws(SQLiteError) {
            prepared = try connection.prepare(String(decoding: bytes[base..<stop], as: UTF8.self))
        } catch {
            throw failures.preparing(error, base: base, denial: control.denial)
        }
        guard sqlite3_stmt_readonly(prepared.handle) != 0 else {
            throw failures.finding("writes", "a model may only read: this statement writes", atByte: base)
        }
        guard prepared.columnCount > 0, sqlite3_stmt_isexplain(prepared.handle) == 0 else {
            throw failures.finding("not_a_select", "a model is one SELECT (or WITH … SELECT)", atByte: base)
        }
        guard prepared.bind(statement.variables) else {
            let place = tokens.first { token in
                token.token.kind == .placeholder
                    || (token.token.kind == .variable && statement.variables[token.variableName(in: bytes)] == nil)
            }
            throw failures.finding(
                "sql_parameter", "a model has no parameters to fill but variables, such as :name",
                atByte: place?.range.lowerBound ?? base)
        }
        return prepared
    }

    /// Types are per value in SQLite, so a column says only what was declared.
    func describe(
        _ prepared: SQLiteStatement, of statement: SQLStatement
    ) throws(SourceFailure) -> [ColumnDescription] {
        let knowsNulls = !control.readsView && Self.hasPlainRows(statement)
        let names = try ownColumnNames(prepared, of: statement)
        return zip(0..<Int32(prepared.columnCount), names).map { column, name in
            ColumnDescription(
                name: name,
                type: .dynamic,
                typeName: sqlite3_column_decltype(prepared.handle, column).map { String(cString: $0) } ?? "",
                isNullable: knowsNulls && isNeverNull(prepared, column) ? false : nil)
        }
    }

    private func isNeverNull(_ prepared: SQLiteStatement, _ column: Int32) -> Bool {
        guard let table = sqlite3_column_table_name(prepared.handle, column),
            let origin = sqlite3_column_origin_name(prepared.handle, column)
        else { return false }
        let database = sqlite3_column_database_name(prepared.handle, column)
        var type: UnsafePointer<CChar>?
        var notNull: Int32 = 0
        var inPrimaryKey: Int32 = 0
        let code = sqlite3_table_column_metadata(
            connection.handle, database, table, origin, &type, nil, &notNull, &inPrimaryKey, nil)
        guard code == SQLITE_OK else { return false }
        // Only NOT NULL is sure: SQLite lets NULL into a primary key that is not the rowid.
        return notNull != 0
    }

    /// False where a NOT NULL column may still be null in the result: outer joins, set operations, subqueries.
    private static func hasPlainRows(_ statement: SQLStatement) -> Bool {
        let tokens = SQLiteTokens(Array(statement.text.utf8))
        let words = tokens.compactMap { $0.token.kind == .word ? tokens.name(of: $0) : nil }
        let outer: Set = ["left", "right", "full", "outer", "union", "intersect", "except", "values"]
        return words.count(where: { $0 == "select" }) == 1 && outer.isDisjoint(with: words)
    }
}

// Never leaves the actor that owns it.
@available(*, unavailable)
extension SQLiteReadConnection: Sendable {}
