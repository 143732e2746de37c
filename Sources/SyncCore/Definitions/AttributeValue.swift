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
        case .string(let text): Self.appendJSONString(text, to: &bytes)
        }
    }

    /// The shortest decimal that reads back as `value`.
    package static func shortestDecimal(_ value: Double) -> String {
        if value.magnitude <= Double(largestExactInteger), value == value.rounded(.towardZero) {
            return String(Int64(value))
        }
        return value.description
    }

    /// Appends text as a JSON string. It runs for every value of every body, so it takes one concrete type, and what
    /// needs no escape is copied in one piece.
    package static func appendJSONString(_ text: Span<UInt8>, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        var copied = 0
        for index in text.indices {
            let byte = text[index]
            guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
            append(text.extracting(copied..<index), to: &bytes)
            appendEscape(of: byte, to: &bytes)
            copied = index + 1
        }
        append(text.extracting(copied..<text.count), to: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends text as a JSON string.
    package static func appendJSONString(_ text: String, to bytes: inout [UInt8]) {
        appendJSONString(text.utf8.span, to: &bytes)
    }

    private static func append(_ part: Span<UInt8>, to bytes: inout [UInt8]) {
        unsafe part.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }

    private static func appendEscape(of byte: UInt8, to bytes: inout [UInt8]) {
        func hexDigit(_ nibble: UInt8) -> UInt8 {
            nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
        }
        bytes.append(UInt8(ascii: "\\"))
        switch byte {
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0..<0x20:
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(hexDigit(byte >> 4))
            bytes.append(hexDigit(byte & 15))
        default: bytes.append(byte)
        }
    }

    /// The value as JSON text.
    package var json: String {
        var bytes: [UInt8] = []
        appendJSON(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
