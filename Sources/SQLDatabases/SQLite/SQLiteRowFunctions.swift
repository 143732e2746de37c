internal import CSQLite

extension SQLiteConnection {
    /// Two functions for statements on this connection: `row_checksum(…)` is the `RowChecksum` of its arguments in order,
    /// and `sound(condition)` is 1, or fails the statement as a damaged file does.
    package func defineRowChecks() throws(SQLiteError) {
        let pure = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY
        try define("row_checksum", -1, pure) { context, count, values in
            var checksum = RowChecksum()
            for index in 0..<Int(count) { add(values?[index], to: &checksum) }
            sqlite3_result_int64(context, Int64(checksum.value))
        }
        try define("sound", 1, pure) { context, _, values in
            guard sqlite3_value_int(values?[0]) != 0 else {
                sqlite3_result_error(context, "a row does not fit its checksum", -1)
                return sqlite3_result_error_code(context, SQLITE_CORRUPT)
            }
            sqlite3_result_int(context, 1)
        }
    }

    private func define(
        _ name: String, _ arguments: Int32, _ flags: Int32,
        _ body: @escaping @convention(c) (OpaquePointer?, Int32, UnsafeMutablePointer<OpaquePointer?>?) -> Void
    ) throws(SQLiteError) {
        let code = sqlite3_create_function_v2(handle, name, arguments, flags, nil, body, nil, nil, nil)
        guard code == SQLITE_OK else { throw SQLiteError(handle, code: code) }
    }
}

/// Text is taken as text: a file may hold it as UTF-16, and only this call converts.
private func add(_ value: OpaquePointer?, to checksum: inout RowChecksum) {
    switch sqlite3_value_type(value) {
    case SQLITE_INTEGER: checksum.add(sqlite3_value_int64(value))
    case SQLITE_FLOAT: checksum.add(Int64(bitPattern: sqlite3_value_double(value).bitPattern))
    case SQLITE_TEXT:
        let start = UnsafeRawPointer(sqlite3_value_text(value))
        checksum.add(bytes(of: value, at: start), isText: true)
    case SQLITE_BLOB:
        let start = sqlite3_value_blob(value)
        checksum.add(bytes(of: value, at: start), isText: false)
    default: checksum.addNull()
    }
}

private func bytes(of value: OpaquePointer?, at start: UnsafeRawPointer?) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(sqlite3_value_bytes(value)))
}
