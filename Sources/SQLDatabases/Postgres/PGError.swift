import CLibPQ

/// An error of the server or of libpq, copied out of its result. `detail` may quote rows: it is for decisions and
/// tests, never for messages.
package struct PGError: Error, Sendable, Equatable {
    /// Five characters; empty when libpq itself complains, that is when the connection is gone.
    package var sqlState: String
    package var message: String
    package var detail: String?
    package var hint: String?
    /// In the statement that was sent, counted in characters from 1.
    package var position: Int?
    /// With it the session ends.
    var isFatal = false

    init(sqlState: String, message: String, position: Int? = nil) {
        (self.sqlState, self.message, self.position) = (sqlState, message, position)
    }

    init(result: borrowing PGResult) {
        sqlState = result.field(PGField.sqlState) ?? ""
        message = result.field(PGField.message) ?? ""
        detail = result.field(PGField.detail)
        hint = result.field(PGField.hint)
        position = result.field(PGField.position).flatMap { Int($0) }
        isFatal = ["FATAL", "PANIC"].contains(result.field(PGField.severity) ?? "")
    }

    /// The first two characters of the SQLSTATE.
    var sqlClass: Substring { sqlState.prefix(2) }

    /// A foreign table whose server knows no login for the role. What else has this code stands in the statement, and
    /// so has a position.
    var isMissingUserMapping: Bool { sqlState == "42704" && position == nil }

    /// The server lives and cannot reach another one, such as that of a foreign table. PgBouncer ends sessions with
    /// 08P01, of old without calling it fatal.
    var isOfForeignServer: Bool { sqlClass == "08" && sqlState != "08P01" && !isFatal }
}

/// The codes of `PQresultErrorField`, which the header has as character macros.
private enum PGField {
    static let sqlState = Int32(UInt8(ascii: "C"))
    /// In English whatever the server's language.
    static let severity = Int32(UInt8(ascii: "V"))
    static let message = Int32(UInt8(ascii: "M"))
    static let detail = Int32(UInt8(ascii: "D"))
    static let hint = Int32(UInt8(ascii: "H"))
    static let position = Int32(UInt8(ascii: "P"))
}
