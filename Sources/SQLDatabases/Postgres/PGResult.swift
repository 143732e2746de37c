import CLibPQ

/// One libpq result, cleared exactly once when its owner goes out of scope.
struct PGResult: ~Copyable {
    private let pointer: OpaquePointer

    /// Nil for libpq's null: nothing more to come, or out of memory.
    init?(_ pointer: OpaquePointer?) {
        guard let pointer else { return nil }
        self.pointer = pointer
    }

    deinit { PQclear(pointer) }

    var status: ExecStatusType { PQresultStatus(pointer) }
    var rowCount: Int { Int(PQntuples(pointer)) }
    var columnCount: Int { Int(PQnfields(pointer)) }
    /// Of a described statement.
    var parameterCount: Int { Int(PQnparams(pointer)) }

    /// What the server or libpq complained about; nil when the command went well.
    var error: PGError? {
        switch status {
        case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE, PGRES_NONFATAL_ERROR: PGError(result: self)
        default: nil
        }
    }

    func field(_ code: Int32) -> String? { PQresultErrorField(pointer, code).map { String(cString: $0) } }

    func column(_ index: Int) -> PGColumn {
        let index = Int32(index)
        return PGColumn(
            name: PQfname(pointer, index).map { String(cString: $0) } ?? "",
            typeID: UInt32(PQftype(pointer, index)),
            tableID: UInt32(PQftable(pointer, index)),
            tableColumn: Int(PQftablecol(pointer, index)), typeModifier: PQfmod(pointer, index))
    }

    /// Text of a cell of a text-format result, or nil for SQL NULL.
    func text(row: Int, column: Int) -> String? {
        bytes(row: Int32(row), column: Int32(column)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The bytes of a cell, or nil for SQL NULL; they must not outlive the call.
    @inline(__always)
    func bytes(row: Int32, column: Int32) -> UnsafeRawBufferPointer? {
        let count = PQgetlength(pointer, row, column)
        // Only a zero length leaves a doubt, and most cells have none.
        if count == 0, PQgetisnull(pointer, row, column) != 0 { return nil }
        return UnsafeRawBufferPointer(start: PQgetvalue(pointer, row, column), count: Int(count))
    }
}

/// What a described statement says about one of its columns.
struct PGColumn: Sendable {
    var name: String
    /// The base type's, for a domain.
    var typeID: UInt32
    /// 0 where the column is not simply one of a table.
    var tableID: UInt32
    var tableColumn: Int
    /// Of varchar(n) and char(n) n + 4; -1 where there is none.
    var typeModifier: Int32
}
