/// A digest of a row's values that tells an accidental change of any of them; no proof against intent. A value counts
/// with its storage class and its length.
package struct RowChecksum {
    private var state: UInt64 = 0x6865_6164_7261_6365

    package init() {}

    /// Every step maps equal inputs to equal outputs and different ones to different: one changed word always shows.
    private mutating func mix(_ word: UInt64) {
        state = (state ^ word) &* 0x9E37_79B9_7F4A_7C15
        state ^= state >> 32
    }

    /// Spreads every bit of the state over the 32 that are kept (the end of MurmurHash3).
    package var value: UInt32 {
        var value = (state ^ state >> 33) &* 0xFF51_AFD7_ED55_8CCD
        value = (value ^ value >> 33) &* 0xC4CE_B9FE_1A85_EC53
        return UInt32(truncatingIfNeeded: value ^ value >> 33)
    }

    package mutating func add(_ integer: Int64) {
        mix(1)
        mix(UInt64(bitPattern: integer))
    }

    package mutating func addNull() { mix(0) }

    /// A blob of 16 bytes, as `SQLiteStatement.bits128` reads it.
    package mutating func add(blob high: UInt64, _ low: UInt64) {
        mix(Self.header(16, isText: false))
        mix(high)
        mix(low)
    }

    /// A blob of 32 bytes, as `SQLiteStatement.bits256` reads it.
    package mutating func add(blob first: UInt64, _ second: UInt64, _ third: UInt64, _ fourth: UInt64) {
        mix(Self.header(32, isText: false))
        mix(first)
        mix(second)
        mix(third)
        mix(fourth)
    }

    mutating func add(_ bytes: UnsafeRawBufferPointer, isText: Bool) {
        mix(Self.header(bytes.count, isText: isText))
        let words = bytes.count / 8
        for index in 0..<words {
            mix(UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self)))
        }
        guard words * 8 < bytes.count else { return }
        mix(bytes[(words * 8)...].reduce(0) { $0 << 8 | UInt64($1) })
    }

    private static func header(_ count: Int, isText: Bool) -> UInt64 { UInt64(count) << 2 | (isText ? 2 : 3) }
}

extension SQLiteStatement {
    /// Adds the value in a column of the row that `step` stands on.
    package func add(_ column: Int32, to checksum: inout RowChecksum) {
        switch storageClass(at: column) {
        case .null: checksum.addNull()
        case .integer: checksum.add(integer(at: column))
        case .real: checksum.add(Int64(bitPattern: double(at: column).bitPattern))
        case .text: withBytes(at: column) { checksum.add($0, isText: true) }
        case .blob: withBytes(at: column) { checksum.add($0, isText: false) }
        }
    }
}
