import SyncCore

/// What SQLite makes of a column's declared type (https://sqlite.org/datatype3.html#determination_of_column_affinity): a
/// preference for a storage class, which values that do not convert ignore. So it only ever warns.
enum SQLiteAffinity: Sendable {
    case integer, text, blob, real, numeric
    /// Every value is kept as it came: no declared type, or the ANY of a STRICT table.
    case none

    /// The rules in SQLite's own order: CHARINT is an integer, and so is FLOATING POINT.
    init(declaredType: String) {
        let name = declaredType.uppercased()
        func holds(_ parts: String...) -> Bool { parts.contains { name.contains($0) } }
        if name.isEmpty || name == "ANY" {
            self = .none
        } else if holds("INT") {
            self = .integer
        } else if holds("CHAR", "CLOB", "TEXT") {
            self = .text
        } else if holds("BLOB") {
            self = .blob
        } else {
            self = holds("REAL", "FLOA", "DOUB") ? .real : .numeric
        }
    }

    /// Whether the values that the declaration prefers do not fit the attribute type uncast.
    func rarelyFits(_ type: AttributeType) -> Bool {
        switch (self, type) {
        case (.none, _), (.numeric, _): false
        case (.blob, _): true
        case (.integer, .integer), (.integer, .number), (.integer, .boolean): false
        case (.real, .integer), (.real, .number): false
        case (.text, .integer), (.text, .number), (.text, .boolean): true
        case (.text, _): false
        case (.integer, _), (.real, _): true
        }
    }
}
