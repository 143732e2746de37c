/// A range of a batch's `bytes`.
package struct ByteSlice: Hashable, Sendable {
    package var offset: UInt32
    package var count: UInt32
    package init(offset: UInt32, count: UInt32) { (self.offset, self.count) = (offset, count) }
}

/// One value as the database gave it. Variable-length parts lie in the batch's `bytes`.
package enum Cell: Hashable, Sendable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case double(Double)
    case float(Float)
    /// `mantissa × 10^−scale`, exact; every numeric of up to 18 digits with a scale of 0 to 18.
    case decimal(mantissa: Int64, scale: UInt8)
    /// Any other numeric as plain decimal text (`-123.4500`), or `NaN`, `Infinity`, `-Infinity`.
    case bigDecimal(ByteSlice)
    /// UTF-8 as the database sent it; not validated yet.
    case text(ByteSlice)
    /// Sixteen raw bytes.
    case uuid(ByteSlice)
    /// Days since 1970-01-01.
    case date(Int64)
    /// Microseconds since 1970-01-01T00:00:00Z.
    case timestamp(Int64)
    /// Microseconds since 1970-01-01T00:00:00 on a clock whose zone the row does not say.
    case localTimestamp(Int64)
    /// A date or timestamp of infinity or -infinity.
    case infiniteTime(isNegative: Bool)
    /// One-dimensional text array: for each item a 4-byte big-endian length and that many bytes; length
    /// 0xFFFFFFFF is a null item.
    case textList(ByteSlice)
    /// An array of more than one dimension.
    case nestedList
    /// JSON text.
    case json(ByteSlice)
    case bytes(ByteSlice)
    /// Text form of a type of no conversion of ours.
    case other(ByteSlice)
}

/// Rows as one flat buffer, filled by a source and read by typing. A batch is handed back to be filled again, so
/// that the unchanged path allocates nothing a row.
package struct RowBatch: Sendable {
    package let columnCount: Int
    /// Row after row, `columnCount` cells each.
    package var cells: [Cell] = []
    package var bytes: [UInt8] = []

    package init(columnCount: Int) { self.columnCount = columnCount }

    package var rowCount: Int { columnCount == 0 ? 0 : cells.count / columnCount }

    package func cell(row: Int, column: Int) -> Cell { cells[row * columnCount + column] }

    /// Forgets the rows and keeps the memory.
    package mutating func removeAll() {
        cells.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: true)
    }

    /// Copies bytes into the batch.
    package mutating func store(_ source: some Collection<UInt8>) -> ByteSlice {
        let offset = bytes.count
        bytes.append(contentsOf: source)
        return ByteSlice(offset: UInt32(offset), count: UInt32(bytes.count - offset))
    }

    package func slice(_ slice: ByteSlice) -> ArraySlice<UInt8> {
        bytes[Int(slice.offset)..<Int(slice.offset) + Int(slice.count)]
    }
}
