/// Checks of raw text that run on every text of every row: no allocation.
enum TextChecks {
    /// Throws unless the bytes are UTF-8 without NUL.
    static func requireText(_ bytes: Span<UInt8>) throws(TypingProblem) {
        var isASCII = true
        for index in bytes.indices {
            let byte = bytes[index]
            if byte == 0 { throw .nulCharacter }
            if byte >= 0x80 { isASCII = false }
        }
        if !isASCII, (try? UTF8Span(validating: bytes)) == nil { throw .invalidUTF8 }
    }

    static func isVisibleASCII(_ bytes: [UInt8]) -> Bool {
        for byte in bytes where byte < 0x21 || byte > 0x7E { return false }
        return true
    }
}

extension [UInt8] {
    /// Appends the decimal digits of an integer.
    mutating func appendDecimal(_ value: Int64) {
        if value < 0 { append(UInt8(ascii: "-")) }
        var rest = value.magnitude
        let start = count
        repeat {
            append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        self[start...].reverse()
    }

    /// Appends `mantissa × 10^−scale` without trailing zeros after the point.
    mutating func appendDecimal(mantissa: Int64, scale: Int) {
        var (mantissa, scale) = (mantissa, scale)
        while scale > 0, mantissa % 10 == 0 { (mantissa, scale) = (mantissa / 10, scale - 1) }
        guard scale > 0 else { return appendDecimal(mantissa) }
        if mantissa < 0 { append(UInt8(ascii: "-")) }
        var digits: [UInt8] = []
        digits.appendDecimal(Int64(mantissa.magnitude))
        if digits.count <= scale {
            digits.insert(contentsOf: repeatElement(UInt8(ascii: "0"), count: scale + 1 - digits.count), at: 0)
        }
        append(contentsOf: digits.dropLast(scale))
        append(UInt8(ascii: "."))
        append(contentsOf: digits.suffix(scale))
    }

    /// Appends a UUID's 16 raw bytes as 8-4-4-4-12 lower-case hex digits.
    mutating func appendUUID(_ raw: Span<UInt8>) {
        func digit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 48 + nibble : 87 + nibble }
        for index in raw.indices {
            if index == 4 || index == 6 || index == 8 || index == 10 { append(UInt8(ascii: "-")) }
            append(digit(raw[index] >> 4))
            append(digit(raw[index] & 15))
        }
    }
}
