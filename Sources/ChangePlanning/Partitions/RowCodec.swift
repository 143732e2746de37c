import SyncCore

/// Rows as bytes and back, exactly.
enum RowCodec {
    /// Appends a row of the batch, of which only the columns in `used` are wanted; the others become null.
    static func append(row: Int, of batch: RowBatch, used: Set<Int>, to bytes: inout [UInt8]) {
        for column in 0..<batch.columnCount {
            let cell = used.contains(column) ? batch.cell(row: row, column: column) : .null
            append(cell, of: batch.bytes, to: &bytes)
        }
    }

    /// Appends a cell whose variable part lies in `source`. No other cell gives the same bytes, nor does one's begin with
    /// another's.
    static func append(_ cell: Cell, of source: [UInt8], to bytes: inout [UInt8]) {
        func slice(_ tag: UInt8, _ slice: ByteSlice) {
            bytes.append(tag)
            bytes.appendInteger(slice.count)
            bytes.appendSpan(source.span.extracting(slice.range))
        }
        func number(_ tag: UInt8, _ number: Int64) {
            bytes.append(tag)
            bytes.appendInteger(UInt64(bitPattern: number))
        }
        switch cell {
        case .null: bytes.append(0)
        case .boolean(let flag): bytes += [1, flag ? 1 : 0]
        case .integer(let value): number(2, value)
        case .double(let value): number(3, Int64(bitPattern: value.bitPattern))
        case .float(let value): number(4, Int64(value.bitPattern))
        case .decimal(let mantissa, let scale):
            number(5, mantissa)
            bytes.append(scale)
        case .date(let days): number(6, days)
        case .timestamp(let moment): number(7, moment)
        case .localTimestamp(let moment): number(8, moment)
        case .infiniteTime(let isNegative): bytes += [9, isNegative ? 1 : 0]
        case .nestedList: bytes.append(10)
        case .bigDecimal(let text): slice(11, text)
        case .text(let text): slice(12, text)
        case .uuid(let text): slice(13, text)
        case .textList(let text): slice(14, text)
        case .json(let text): slice(15, text)
        case .bytes(let text): slice(16, text)
        case .other(let text): slice(17, text)
        }
    }

    /// The rows of `bytes`, which `append` wrote.
    static func rows(in bytes: [UInt8], columnCount: Int) -> RowBatch {
        var batch = RowBatch(columnCount: columnCount)
        var offset = 0
        while offset < bytes.count { batch.cells.append(cell(in: bytes, at: &offset, to: &batch)) }
        return batch
    }

    private static func cell(in bytes: [UInt8], at offset: inout Int, to batch: inout RowBatch) -> Cell {
        func number() -> Int64 { Int64(bitPattern: bytes.integer(UInt64.self, at: &offset)) }
        func slice() -> ByteSlice {
            let count = Int(bytes.integer(UInt32.self, at: &offset))
            defer { offset += count }
            return batch.store(bytes[offset..<offset + count])
        }
        let tag = bytes.integer(UInt8.self, at: &offset)
        switch tag {
        case 0: return .null
        case 1: return .boolean(bytes.integer(UInt8.self, at: &offset) != 0)
        case 2: return .integer(number())
        case 3: return .double(Double(bitPattern: UInt64(bitPattern: number())))
        case 4: return .float(Float(bitPattern: UInt32(truncatingIfNeeded: number())))
        case 5:
            let mantissa = number()
            return .decimal(mantissa: mantissa, scale: bytes.integer(UInt8.self, at: &offset))
        case 6: return .date(number())
        case 7: return .timestamp(number())
        case 8: return .localTimestamp(number())
        case 9: return .infiniteTime(isNegative: bytes.integer(UInt8.self, at: &offset) != 0)
        case 10: return .nestedList
        case 11: return .bigDecimal(slice())
        case 12: return .text(slice())
        case 13: return .uuid(slice())
        case 14: return .textList(slice())
        case 15: return .json(slice())
        case 16: return .bytes(slice())
        case 17: return .other(slice())
        default: preconditionFailure("what was spilled is sealed, so it is what was written")
        }
    }
}

extension [UInt8] {
    mutating func appendInteger(_ value: some FixedWidthInteger & UnsignedInteger) {
        var bytes = value.littleEndian
        unsafe Swift.withUnsafeBytes(of: &bytes) { unsafe append(contentsOf: $0) }
    }

    mutating func append(_ hash: KeyHash) {
        appendInteger(hash.high)
        appendInteger(hash.low)
    }

    func integer<Value: FixedWidthInteger & UnsignedInteger>(_ type: Value.Type, at offset: inout Int) -> Value {
        var value: Value = 0
        for index in 0..<(Value.bitWidth / 8) { value |= Value(self[offset + index]) << (index * 8) }
        offset += Value.bitWidth / 8
        return value
    }

    func keyHash(at offset: inout Int) -> KeyHash {
        let high = integer(UInt64.self, at: &offset)
        return KeyHash(high: high, low: integer(UInt64.self, at: &offset))
    }
}
