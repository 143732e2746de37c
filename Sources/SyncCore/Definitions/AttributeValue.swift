/// A value as the destination gets it: one scalar of JSON. Dates are text, timestamps text or a number by their
/// encoding, lists the pipe form `|a|b|`.
package enum AttributeValue: Hashable, Sendable {
    case null
    case boolean(Bool)
    /// Within ±2^53, so that every JSON reader gets the same number.
    case integer(Int64)
    /// Finite; −0 is 0.
    case number(Double)
    case string(String)

    package static let largestExactInteger: Int64 = 1 << 53

    package var isNull: Bool { self == .null }

    /// Appends the value as JSON. A whole number prints without `.0` or exponent up to 2^53; text escapes only what
    /// RFC 8259 section 7 asks, so equal values have equal bytes.
    package func appendJSON(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .boolean(let flag): bytes.append(contentsOf: (flag ? "true" : "false").utf8)
        case .integer(let value): bytes.append(contentsOf: String(value).utf8)
        case .number(let value): bytes.append(contentsOf: Self.shortestDecimal(value).utf8)
        case .string(let text): Self.appendJSONString(text.utf8, to: &bytes)
        }
    }

    /// The shortest decimal that reads back as `value`.
    package static func shortestDecimal(_ value: Double) -> String {
        if value.magnitude <= Double(largestExactInteger), value == value.rounded(.towardZero) {
            return String(Int64(value))
        }
        return value.description
    }

    /// Appends text as a JSON string. Inlinable, since it runs for every value of every body: unspecialised, each byte
    /// goes through a witness table.
    @inlinable package static func appendJSONString(_ text: some Sequence<UInt8>, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0x0A: bytes.append(contentsOf: "\\n".utf8)
            case 0x0D: bytes.append(contentsOf: "\\r".utf8)
            case 0x09: bytes.append(contentsOf: "\\t".utf8)
            case 0..<0x20:
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(hexDigit(byte >> 4))
                bytes.append(hexDigit(byte & 15))
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    @usableFromInline static func hexDigit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }

    /// The value as JSON text.
    package var json: String {
        var bytes: [UInt8] = []
        appendJSON(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
