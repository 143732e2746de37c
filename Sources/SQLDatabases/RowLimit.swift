internal import SyncCore

/// The most that the values of one row may take together: what a read holds of a source at once is a batch of about a
/// megabyte, or one row.
enum RowLimit {
    static let bytes = 64 << 20

    static func failure(
        source: String, row: Int, column: String?, isText: Bool = true, at position: Diagnostic.Position,
        dialect: SQLDialect
    ) -> SourceFailure {
        let size = "of the read is larger than \(bytes >> 20) MB"
        let what =
            column.map { "row \(row) \(size); most of it is in column \"\($0)\"" }
            ?? "a row after the first \(row - 1) \(size)"
        let cut = dialect == .postgres ? "left" : "substr"
        let example = dialect == .postgres ? "1000" : "1, 1000"
        return SourceFailure(
            .unavailable,
            .error(
                "row_too_large",
                "source \"\(source)\": \(what)", at: position,
                hint: "leave large columns out of the model, or cut them there: "
                    + "\(cut)(\(column.map(dialect.quoted) ?? "column")\(isText ? "" : "::text"), \(example))"))
    }
}

extension RowBatch {
    /// The column of the last row whose value takes the most bytes.
    var largestColumn: Int? {
        func size(_ cell: Cell) -> UInt32 {
            switch cell {
            case .bigDecimal(let slice), .text(let slice), .uuid(let slice), .textList(let slice), .json(let slice),
                .bytes(let slice), .other(let slice):
                slice.count
            default: 0
            }
        }
        let row = cells.suffix(columnCount)
        return row.indices.max { size(row[$0]) < size(row[$1]) }.map { $0 - row.startIndex }
    }
}
