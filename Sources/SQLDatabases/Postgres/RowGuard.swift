import Foundation
import SyncCore

/// A column after the model's own that is always null, unless the row is larger than the limit: then the server stops
/// before it sends the row, which libpq would have to hold as a whole. The sizes are those that the server knows without
/// reading the values; what is no text or bytes counts as it is stored, compressed.
struct RowGuard {
    let expression: String
    /// Those whose values it looks at.
    let columns: [Int]

    private static let marker = "headrace_row_too_large_"
    /// PostgreSQL's own limit of a SELECT.
    private static let mostColumns = 1664

    /// Nil where no column can be large, or there is no room for one more. By OID, bytea, text, char(n) and varchar(n)
    /// know their length; "char" and name are short.
    init?(_ names: [String], columns: [PGColumn], types: [PostgresType]) {
        let sizes = names.indices.compactMap { index -> (number: Int, size: String)? in
            guard !Self.isSmall(columns[index]) else { return nil }
            switch (columns[index].typeID, types[index].decoder) {
            case (17, _), (25, _), (1042, _), (1043, _):
                return (index + 1, "pg_catalog.octet_length(\(names[index]))")
            case (18, _), (19, _): return nil
            case (_, .text), (_, .json), (_, .jsonb), (_, .textArray), (_, .other):
                return (index + 1, "pg_catalog.pg_column_size(\(names[index]))")
            default: return nil
            }
        }
        guard !sizes.isEmpty, names.count < Self.mostColumns else { return nil }
        // A row above the limit has a value above its share of it: one comparison is all that a usual row costs.
        let largest = "GREATEST(\(sizes.map(\.size).joined(separator: ", ")))"
        let sum = sizes.map { "coalesce(\($0.size), 0)::pg_catalog.int8" }.joined(separator: " + ")
        let number = sizes.map { "WHEN \($0.size) THEN \($0.number)" }.joined(separator: " ")
        self.columns = sizes.map { $0.number - 1 }
        expression =
            "CASE WHEN \(largest) > \(RowLimit.bytes / sizes.count) AND \(sum) > \(RowLimit.bytes) THEN "
            + "pg_catalog.concat('\(Self.marker)', CASE \(largest) \(number) END)::pg_catalog.int8 END"
    }

    /// The place of the large column, where the guard is what failed. Its words are ours, not the server's.
    static func column(in error: PGError) -> Int? {
        guard error.sqlState == "22P02", let place = error.message.range(of: marker) else { return nil }
        let digits = error.message[place.upperBound...].prefix { $0.isASCII && $0.isNumber }
        return Int(digits).map { $0 - 1 }
    }

    /// varchar(n) and char(n) of a few characters.
    private static func isSmall(_ column: PGColumn) -> Bool {
        [1042, 1043].contains(column.typeID) && (4...1004).contains(column.typeModifier)
    }
}
