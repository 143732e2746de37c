/// Walks over JSON text, checking it and telling where each value starts and ends.
struct JSONScanner {
    /// Deeper nesting is refused, so that a hostile body cannot exhaust the stack.
    private static let maximumDepth = 64

    private let bytes: [UInt8]
    private(set) var offset: Int
    private var depth = 0

    init(bytes: [UInt8], offset: Int = 0) {
        self.bytes = bytes
        self.offset = offset
    }

    var isAtEnd: Bool { offset == bytes.count }
    private var current: UInt8? { offset < bytes.count ? bytes[offset] : nil }
    private var failure: JSONSyntaxError { JSONSyntaxError(offset: offset) }

    mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }

    mutating func expect(_ byte: UInt8) throws(JSONSyntaxError) {
        guard current == byte else { throw failure }
        offset += 1
    }

    /// In text that was checked before: skips to the next item of an object or array, false at its end.
    mutating func moveToNextItem(closing: UInt8) -> Bool {
        skipSpace()
        if current == UInt8(ascii: ",") {
            offset += 1
            skipSpace()
        }
        return current != nil && current != closing
    }

    /// Checks one value and returns its range, without the space around it.
    mutating func value() throws(JSONSyntaxError) -> Range<Int> {
        skipSpace()
        guard let first = current else { throw failure }
        let start = offset
        switch first {
        case UInt8(ascii: "{"): try container(closing: UInt8(ascii: "}"), keyed: true)
        case UInt8(ascii: "["): try container(closing: UInt8(ascii: "]"), keyed: false)
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "n"): try word("null")
        default: try number()
        }
        return start..<offset
    }

    /// Checks one string and returns its range, quotes included.
    mutating func string() throws(JSONSyntaxError) -> Range<Int> {
        let start = offset
        try expect(UInt8(ascii: "\""))
        while let byte = current {
            offset += 1
            switch byte {
            case UInt8(ascii: "\""): return start..<offset
            case UInt8(ascii: "\\"): try escape()
            case 0..<0x20:
                offset -= 1
                throw failure
            default: continue
            }
        }
        throw failure
    }

    private mutating func container(closing: UInt8, keyed: Bool) throws(JSONSyntaxError) {
        guard depth < Self.maximumDepth else { throw failure }
        depth += 1
        offset += 1
        skipSpace()
        var isFirst = true
        while current != closing {
            if !isFirst {
                try expect(UInt8(ascii: ","))
                skipSpace()
            }
            isFirst = false
            if keyed {
                _ = try string()
                skipSpace()
                try expect(UInt8(ascii: ":"))
            }
            _ = try value()
            skipSpace()
        }
        offset += 1
        depth -= 1
    }

    private mutating func escape() throws(JSONSyntaxError) {
        guard let kind = current else { throw failure }
        offset += 1
        switch kind {
        case UInt8(ascii: "u"):
            for _ in 0..<4 {
                guard let digit = current, JSONText.hexadecimal(digit) != nil else { throw failure }
                offset += 1
            }
        case let simple where JSONText.escaped(simple) != nil: return
        default: throw failure
        }
    }

    private mutating func word(_ text: StaticString) throws(JSONSyntaxError) {
        for byte in text.description.utf8 { try expect(byte) }
    }

    private mutating func number() throws(JSONSyntaxError) {
        if current == UInt8(ascii: "-") { offset += 1 }
        if current == UInt8(ascii: "0") { offset += 1 } else { try digits() }
        if current == UInt8(ascii: ".") {
            offset += 1
            try digits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            offset += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { offset += 1 }
            try digits()
        }
    }

    private mutating func digits() throws(JSONSyntaxError) {
        let start = offset
        while let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { offset += 1 }
        guard offset > start else { throw failure }
    }
}
