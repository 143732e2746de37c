import SyncCore

/// PostgreSQL's binary numeric: digits of base 10,000, the power of the first, a sign and how many decimals to print.
struct PGNumeric {
    private let digits: UnsafeRawBufferPointer
    private let digitCount: Int
    /// The first digit counts `10000^weight`.
    private let weight: Int
    private let sign: UInt16
    private let displayScale: Int

    private enum Sign {
        static let positive: UInt16 = 0
        static let negative: UInt16 = 0x4000
        static let notANumber: UInt16 = 0xC000
        static let infinity: UInt16 = 0xD000
        static let negativeInfinity: UInt16 = 0xF000
    }

    private static let limit: UInt64 = 1_000_000_000_000_000_000

    /// Nil when the bytes are no numeric.
    @inline(__always)
    init?(_ value: UnsafeRawBufferPointer) {
        guard value.count >= 8 else { return nil }
        func field(_ index: Int) -> UInt16 {
            UInt16(bigEndian: value.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
        }
        digitCount = Int(field(0))
        weight = Int(Int16(bitPattern: field(1)))
        sign = field(2)
        displayScale = Int(field(3))
        guard value.count == 8 + 2 * digitCount else { return nil }
        digits = UnsafeRawBufferPointer(rebasing: value[8...])
    }

    /// `.decimal` without trailing zeros where it fits, else the plain decimal text; nil when the fields say no number.
    @inline(__always)
    func cell(in batch: inout RowBatch) -> Cell? {
        switch sign {
        case Sign.notANumber: .bigDecimal(batch.store("NaN".utf8))
        case Sign.infinity: .bigDecimal(batch.store("Infinity".utf8))
        case Sign.negativeInfinity: .bigDecimal(batch.store("-Infinity".utf8))
        case Sign.positive, Sign.negative: isSound ? small ?? .bigDecimal(text(in: &batch)) : nil
        default: nil
        }
    }

    /// Every digit is one of base 10,000, and none stands behind the decimals that are said to be there.
    @inline(__always)
    private var isSound: Bool {
        for index in 0..<digitCount where digit(index) >= 10_000 { return false }
        var excess = (digitCount - 1 - weight) * 4 - displayScale
        var index = digitCount - 1
        while excess > 0, index >= 0 {
            guard digit(index).isMultiple(of: excess >= 4 ? 10_000 : excess == 3 ? 1000 : excess == 2 ? 100 : 10)
            else { return false }
            (excess, index) = (excess - 4, index - 1)
        }
        return true
    }

    @inline(__always)
    private func digit(_ index: Int) -> UInt64 {
        UInt64(UInt16(bigEndian: digits.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)))
    }

    /// Four digits of base 10,000 always fit; five or six may, when the first is short and the last ends in zeros.
    @inline(__always)
    private var small: Cell? {
        guard digitCount > 0 else { return .decimal(mantissa: 0, scale: 0) }
        var mantissa: UInt64 = 0
        // Of ten.
        var exponent = (weight - digitCount + 1) * 4
        if digitCount <= 4 {
            for index in 0..<digitCount { mantissa = mantissa * 10_000 + digit(index) }
            while exponent < 0, mantissa.isMultiple(of: 10), mantissa != 0 {
                (mantissa, exponent) = (mantissa / 10, exponent + 1)
            }
        } else if digitCount <= 6 {
            var wide: UInt128 = 0
            for index in 0..<digitCount { wide = wide * 10_000 + UInt128(digit(index)) }
            while wide.isMultiple(of: 10), wide != 0 { (wide, exponent) = (wide / 10, exponent + 1) }
            guard wide < UInt128(Self.limit) else { return nil }
            mantissa = UInt64(wide)
        } else {
            return nil
        }
        guard exponent >= -18, mantissa < Self.limit else { return nil }
        while exponent > 0 {
            mantissa *= 10
            guard mantissa < Self.limit else { return nil }
            exponent -= 1
        }
        let signed = sign == Sign.negative ? -Int64(mantissa) : Int64(mantissa)
        return .decimal(mantissa: signed, scale: UInt8(-exponent))
    }

    /// As PostgreSQL prints it, with all `displayScale` decimals.
    private func text(in batch: inout RowBatch) -> ByteSlice {
        let offset = batch.bytes.count
        if sign == Sign.negative { batch.bytes.append(UInt8(ascii: "-")) }
        if weight < 0 {
            batch.bytes.append(UInt8(ascii: "0"))
        } else {
            for index in 0...weight { appendGroup(index, dropsZeros: index == 0, digits: 4, to: &batch.bytes) }
        }
        if displayScale > 0 { batch.bytes.append(UInt8(ascii: ".")) }
        var (written, index) = (0, weight + 1)
        while written < displayScale {
            let count = min(4, displayScale - written)
            appendGroup(index, dropsZeros: false, digits: count, to: &batch.bytes)
            (written, index) = (written + count, index + 1)
        }
        return ByteSlice(offset: UInt32(offset), count: UInt32(batch.bytes.count - offset))
    }

    /// The first `digits` decimal digits of a group; groups before the first and after the last are zero.
    private func appendGroup(_ index: Int, dropsZeros: Bool, digits count: Int, to bytes: inout [UInt8]) {
        let value = (0..<digitCount).contains(index) ? digit(index) : 0
        var divisor: UInt64 = 1000
        var isLeading = dropsZeros
        for _ in 0..<count {
            let decimal = value / divisor % 10
            if decimal != 0 || divisor == 1 { isLeading = false }
            if !isLeading { bytes.append(UInt8(ascii: "0") + UInt8(decimal)) }
            divisor /= 10
        }
    }
}
