internal import CSQLite
internal import SyncCore

/// A prepared statement. Owns its handle and finalises it exactly once. Parameters count from 1, columns from 0.
package final class SQLiteStatement {
    let handle: OpaquePointer
    /// A binding that SQLite refused (no memory, too long): the next step reports it, so that nothing else is written.
    private var refusedBinding: Int32?

    init(_ connection: OpaquePointer, sql: String) throws(SQLiteError) {
        var prepared: OpaquePointer?
        var sql = sql
        let code = sql.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) {
                sqlite3_prepare_v3(connection, $0.baseAddress, Int32($0.count), 0, &prepared, nil)
            }
        }
        guard code == SQLITE_OK else { throw SQLiteError(connection, code: code) }
        guard let prepared else { throw SQLiteError(nil, code: SQLITE_MISUSE) }
        handle = prepared
    }

    deinit { sqlite3_finalize(handle) }

    /// Advances to the next row; false after the last one.
    package func step() throws(SQLiteError) -> Bool {
        if let code = refusedBinding { throw SQLiteError(nil, code: code) }
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code:
            let error = SQLiteError(sqlite3_db_handle(handle), code: code)
            sqlite3_reset(handle)
            throw error
        }
    }

    /// Runs a statement whose rows nobody wants, and readies it for the next run. Bindings stay.
    package func run() throws(SQLiteError) {
        while try step() {}
        sqlite3_reset(handle)
    }

    /// Readies the statement to run again, without its bindings.
    package func reset() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
        refusedBinding = nil
    }
}

extension SQLiteStatement {
    package func bind(_ value: Int64, at index: Int32) {
        check(sqlite3_bind_int64(handle, index, value))
    }

    package func bind(_ value: Int, at index: Int32) {
        check(sqlite3_bind_int64(handle, index, Int64(value)))
    }

    package func bind(_ value: Double, at index: Int32) {
        check(sqlite3_bind_double(handle, index, value))
    }

    package func bindNull(at index: Int32) {
        check(sqlite3_bind_null(handle, index))
    }

    package func bind(_ text: String?, at index: Int32) {
        guard var text else { return bindNull(at: index) }
        text.withUTF8 { bindText($0, at: index) }
    }

    /// UTF-8 bytes as text.
    package func bind(utf8 bytes: [UInt8]?, at index: Int32) {
        guard let bytes else { return bindNull(at: index) }
        bytes.withUnsafeBufferPointer { bindText($0, at: index) }
    }

    package func bind(blob bytes: [UInt8]?, at index: Int32) {
        guard let bytes else { return bindNull(at: index) }
        guard !bytes.isEmpty else { return check(sqlite3_bind_zeroblob(handle, index, 0)) }
        check(
            sqlite3_bind_blob64(handle, index, bytes, UInt64(bytes.count), headrace_sqlite3_transient()))
    }

    /// Fills every `:name`; false where the statement has another parameter, or one without a value.
    func bind(_ variables: [String: SQLConstant]) -> Bool {
        for index in 0..<sqlite3_bind_parameter_count(handle) {
            guard let written = sqlite3_bind_parameter_name(handle, index + 1).map({ String(cString: $0) }),
                written.hasPrefix(":"), let constant = variables[String(written.dropFirst())]
            else { return false }
            switch constant.value {
            case .null: bindNull(at: index + 1)
            case .boolean(let flag): bind(flag ? 1 : 0, at: index + 1)
            case .integer(let whole): bind(whole, at: index + 1)
            case .number(let number): bind(number, at: index + 1)
            case .string(let text): bind(text, at: index + 1)
            }
        }
        return true
    }

    /// 128 bits as a blob of 16 bytes, most significant first, so that blobs sort as the numbers do.
    package func bind(high: UInt64, low: UInt64, at index: Int32) {
        check(headrace_sqlite3_bind_128(handle, index, high, low))
    }

    /// Four numbers as a blob of 32 bytes, each most significant first.
    package func bind(_ first: UInt64, _ second: UInt64, _ third: UInt64, _ fourth: UInt64, at index: Int32) {
        check(headrace_sqlite3_bind_256(handle, index, first, second, third, fourth))
    }

    private func bindText(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int32) {
        bytes.withMemoryRebound(to: CChar.self) { characters in
            // An empty buffer may have no address, which SQLite would take for NULL.
            guard let start = characters.baseAddress, !characters.isEmpty else {
                return check(sqlite3_bind_text(handle, index, "", 0, headrace_sqlite3_transient()))
            }
            check(
                sqlite3_bind_text64(
                    handle, index, start, UInt64(characters.count), headrace_sqlite3_transient(),
                    UInt8(SQLITE_UTF8)))
        }
    }

    private func check(_ code: Int32) {
        precondition(code != SQLITE_RANGE && code != SQLITE_MISUSE, "no such parameter, or the statement is running")
        if code != SQLITE_OK { refusedBinding = code }
    }
}

// Reading the row that `step` stands on. Bytes are copied out at once and read with their length.
extension SQLiteStatement {
    package enum StorageClass: Sendable, Equatable { case null, integer, real, text, blob }

    package var columnCount: Int { Int(sqlite3_column_count(handle)) }

    package func columnName(at column: Int) -> String? {
        sqlite3_column_name(handle, Int32(column)).map { String(cString: $0) }
    }

    package func storageClass(at column: Int32) -> StorageClass {
        switch sqlite3_column_type(handle, column) {
        case SQLITE_INTEGER: .integer
        case SQLITE_FLOAT: .real
        case SQLITE_TEXT: .text
        case SQLITE_BLOB: .blob
        default: .null
        }
    }

    package func isNull(at column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }
    package func integer(at column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }
    package func double(at column: Int32) -> Double { sqlite3_column_double(handle, column) }

    /// Text or blob as it stands; empty for NULL.
    package func bytes(at column: Int32) -> [UInt8] {
        withBytes(at: column) { Array($0) }
    }

    /// Text, in which anything that is not UTF-8 is replaced; nil for NULL.
    package func text(at column: Int32) -> String? {
        isNull(at: column) ? nil : withBytes(at: column) { String(decoding: $0, as: UTF8.self) }
    }

    /// The number behind a 16-byte blob; nil for anything else.
    package func bits128(at column: Int32) -> (high: UInt64, low: UInt64)? {
        withBytes(at: column) { bytes in
            guard bytes.count == 16 else { return nil }
            return (
                UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
    }

    /// The four numbers behind a 32-byte blob; nil for anything else.
    package func bits256(at column: Int32) -> (UInt64, UInt64, UInt64, UInt64)? {
        withBytes(at: column) { bytes in
            guard bytes.count == 32 else { return nil }
            func word(_ index: Int) -> UInt64 {
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
            }
            return (word(0), word(1), word(2), word(3))
        }
    }

    /// The pointer is read before the length, in the order that SQLite asks for, and ends with the call.
    func withBytes<Result>(at column: Int32, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        // Text is asked for as text: a file may hold it as UTF-16, and only this call converts.
        let isText = sqlite3_column_type(handle, column) == SQLITE_TEXT
        let start =
            isText ? UnsafeRawPointer(sqlite3_column_text(handle, column)) : sqlite3_column_blob(handle, column)
        let count = Int(sqlite3_column_bytes(handle, column))
        return body(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
    }
}

// Never leaves the actor that owns the connection.
@available(*, unavailable)
extension SQLiteStatement: Sendable {}
