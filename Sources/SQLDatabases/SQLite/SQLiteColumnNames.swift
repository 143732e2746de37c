internal import SyncCore

extension SQLiteReadConnection {
    /// The names that a model's own SELECT gives its columns. In a subquery SQLite renames those that are there twice
    /// (`id`, `id:1`), and around a model that includes others there is one, which would hide the mistake. So they are
    /// asked for without it, with tables of the same columns in the place of the included models: theirs may not stand
    /// beside a model's own text, whose names they are not to see.
    func ownColumnNames(_ prepared: SQLiteStatement, of statement: SQLStatement) throws(SourceFailure) -> [String] {
        let names = Self.names(of: prepared)
        guard let parts = statement.parts, names.contains(where: { $0.contains(":") }) else { return names }
        let scalars = Array(statement.text.unicodeScalars)
        func text(_ range: Range<Int>) -> String { String(String.UnicodeScalarView(scalars[range])) }
        do throws(SQLiteError) {
            var stubs = ""
            for part in parts.names {
                let columns = Self.names(
                    of: try connection.prepare("\(text(0..<parts.end))\nSELECT * FROM \(part)"))
                let list = columns.map(SQLDialect.sqlite.quoted).joined(separator: ", ")
                let nulls = columns.map { _ in "NULL" }.joined(separator: ", ")
                stubs += " \(part)(\(list)) AS (SELECT \(nulls)),"
            }
            let own = text(parts.own.lowerBound..<parts.with) + stubs + text(parts.with..<parts.own.upperBound)
            return Self.names(of: try connection.prepare(own))
        } catch {
            throw failures.preparing(error, base: 0, denial: control.denial)
        }
    }

    private static func names(of prepared: SQLiteStatement) -> [String] {
        (0..<prepared.columnCount).map { prepared.columnName(at: $0) ?? "" }
    }
}
