/// Names that Headrace itself puts into statements: table expressions of included models, variables of a cursor.
enum ReservedNames {
    static let prefix = "headrace_"

    /// In whatever case: SQLite tells no two of them apart.
    static func holds(_ name: String) -> Bool { name.lowercased().hasPrefix(prefix) }

    static let reason = "names that start with \(prefix) are Headrace's own"

    static func message(_ what: String, _ name: String) -> String {
        "no \(what) may be named `\(name)`: \(reason)"
    }
}
