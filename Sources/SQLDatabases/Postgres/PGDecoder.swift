import SyncCore

extension UnsafeRawBufferPointer {
    /// A big-endian integer at `offset`; the caller knows that it lies inside.
    @inline(__always)
    fileprivate func bigEndian<Value: FixedWidthInteger>(_ type: Value.Type, at offset: Int = 0) -> Value {
        Value(bigEndian: loadUnaligned(fromByteOffset: offset, as: Value.self))
    }
}

extension RowBatch {
    /// What a slice can still point at, with room for the longest numeric. PostgreSQL's own messages end at half of it.
    fileprivate static let mostBytes = Int(UInt32.max) - 1_048_576

    @inline(__always)
    fileprivate mutating func copy(_ source: UnsafeRawBufferPointer) -> ByteSlice {
        let offset = bytes.count
        bytes.append(contentsOf: source)
        return ByteSlice(offset: UInt32(truncatingIfNeeded: offset), count: UInt32(truncatingIfNeeded: source.count))
    }
}

/// From 2000-01-01, where PostgreSQL counts from, to 1970-01-01.
private enum Epoch {
    static let days: Int64 = 10_957
    static let microseconds: Int64 = 946_684_800_000_000
    /// In the year 287,000; PostgreSQL's own last year is 294,276, and no attribute takes one beyond 9999.
    static let lastMicrosecond: Int64 = 9_000_000_000_000_000_000
}

extension PGDecoder {
    /// The bytes every value of this type has, 0 where they differ.
    private var fixedWidth: Int {
        switch self {
        case .boolean: 1
        case .int2: 2
        case .int4, .objectID, .float4, .date: 4
        case .int8, .float8, .timestamp, .localTimestamp: 8
        case .uuid: 16
        case .numeric, .text, .textArray, .json, .jsonb, .bytes, .other: 0
        }
    }

    /// Decodes one cell; what varies in length goes to the batch's bytes. Nil when the bytes are not a value of the
    /// type, or more than a row can hold: a server that only resembles PostgreSQL.
    @inline(__always)
    func decode(_ value: UnsafeRawBufferPointer, into batch: inout RowBatch) -> Cell? {
        let width = fixedWidth
        guard width == 0 || value.count == width, value.count <= RowBatch.mostBytes - batch.bytes.count
        else { return nil }
        switch self {
        case .boolean: return .boolean(value[0] != 0)
        case .int2: return .integer(Int64(value.bigEndian(Int16.self)))
        case .int4: return .integer(Int64(value.bigEndian(Int32.self)))
        case .int8: return .integer(value.bigEndian(Int64.self))
        case .objectID: return .integer(Int64(value.bigEndian(UInt32.self)))
        case .float8: return .double(Double(bitPattern: value.bigEndian(UInt64.self)))
        case .float4: return .float(Float(bitPattern: value.bigEndian(UInt32.self)))
        case .text: return .text(batch.copy(value))
        case .other: return .other(batch.copy(value))
        case .json: return .json(batch.copy(value))
        case .bytes: return .bytes(batch.copy(value))
        case .uuid: return .uuid(batch.copy(value))
        case .numeric: return PGNumeric(value)?.cell(in: &batch)
        case .date: return Self.date(value.bigEndian(Int32.self))
        case .timestamp:
            let raw = value.bigEndian(Int64.self)
            return Self.time(raw).map { .timestamp($0) } ?? .infiniteTime(isNegative: raw < 0)
        case .localTimestamp:
            let raw = value.bigEndian(Int64.self)
            return Self.time(raw).map { .localTimestamp($0) } ?? .infiniteTime(isNegative: raw < 0)
        case .jsonb:
            // One byte of version, then JSON text.
            guard value.count >= 1, value[0] == 1 else { return nil }
            return .json(batch.copy(UnsafeRawBufferPointer(rebasing: value[1...])))
        case .textArray: return Self.textArray(value, into: &batch)
        }
    }

    /// The first and the last number stand for -infinity and infinity.
    private static func date(_ days: Int32) -> Cell {
        days == .max || days == .min ? .infiniteTime(isNegative: days < 0) : .date(Int64(days) + Epoch.days)
    }

    @inline(__always)
    private static func time(_ microseconds: Int64) -> Int64? {
        guard microseconds != .max, microseconds != .min else { return nil }
        return min(microseconds, Epoch.lastMicrosecond) + Epoch.microseconds
    }

    /// Dimensions, a null flag, the element type, then length and lower bound of each dimension; what follows is laid
    /// out as `Cell.textList` wants it. An array without elements has no dimension.
    private static func textArray(_ value: UnsafeRawBufferPointer, into batch: inout RowBatch) -> Cell? {
        guard value.count >= 12 else { return nil }
        switch value.bigEndian(Int32.self) {
        case 0:
            guard value.count == 12 else { return nil }
            return .textList(batch.copy(UnsafeRawBufferPointer(start: nil, count: 0)))
        case 1:
            guard value.count >= 20 else { return nil }
            let items = UnsafeRawBufferPointer(rebasing: value[20...])
            guard isWellFormed(items, count: Int(value.bigEndian(Int32.self, at: 12))) else { return nil }
            return .textList(batch.copy(items))
        // PostgreSQL's own limit (MAXDIM).
        case 2...6: return .nestedList
        default: return nil
        }
    }

    private static func isWellFormed(_ items: UnsafeRawBufferPointer, count: Int) -> Bool {
        var (offset, seen) = (0, 0)
        while offset < items.count {
            guard offset + 4 <= items.count else { return false }
            let length = Int(items.bigEndian(Int32.self, at: offset))
            guard length >= -1, offset + 4 + max(0, length) <= items.count else { return false }
            (offset, seen) = (offset + 4 + max(0, length), seen + 1)
        }
        return seen == count
    }
}
