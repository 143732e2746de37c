import SyncCore

/// A strict reader of JSON (RFC 8259) that keeps numbers as written, so that nothing is rounded on the way.
struct JSONText {
    indirect enum Node {
        /// `null`, `true`, `false` or a number, as written.
        case literal([UInt8])
        case string([UInt8])
        case array([Node])
        /// Sorted by the bytes of the keys, none twice.
        case object([(key: [UInt8], value: Node)])
    }

    private let text: [UInt8]
    private var index = 0
    static let deepest = 128

    private init(_ text: [UInt8]) { self.text = text }

    /// The whole text as one value.
    static func parse(_ text: [UInt8]) throws(TypingProblem) -> Node {
        var reader = JSONText(text)
        let node = try reader.value(depth: 0)
        reader.skipBlanks()
        guard reader.index == text.count else { throw .notJSON }
        return node
    }

    /// The text without blanks, keys sorted: equal for equal JSON whatever the order of its keys.
    static func canonical(_ text: [UInt8]) throws(TypingProblem) -> [UInt8] {
        var bytes: [UInt8] = []
        append(try parse(text), to: &bytes)
        return bytes
    }

    private static func append(_ node: Node, to bytes: inout [UInt8]) {
        switch node {
        case .literal(let literal): bytes += literal
        case .string(let string): AttributeValue.appendJSONString(string.span, to: &bytes)
        case .array(let items):
            for (index, item) in items.enumerated() {
                bytes.append(UInt8(ascii: index == 0 ? "[" : ","))
                append(item, to: &bytes)
            }
            bytes += Array(items.isEmpty ? "[]".utf8 : "]".utf8)
        case .object(let members):
            for (index, member) in members.enumerated() {
                bytes.append(UInt8(ascii: index == 0 ? "{" : ","))
                AttributeValue.appendJSONString(member.key.span, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                append(member.value, to: &bytes)
            }
            bytes += Array(members.isEmpty ? "{}".utf8 : "}".utf8)
        }
    }

    private mutating func value(depth: Int) throws(TypingProblem) -> Node {
        skipBlanks()
        guard index < text.count else { throw .notJSON }
        guard depth < Self.deepest else { throw .deepJSON }
        switch text[index] {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        default: return .literal(try literal())
        }
    }

    private mutating func object(depth: Int) throws(TypingProblem) -> Node {
        var members: [(key: [UInt8], value: Node)] = []
        index += 1
        if take("}") { return .object([]) }
        repeat {
            skipBlanks()
            let key = try string()
            guard take(":") else { throw .notJSON }
            members.append((key, try value(depth: depth + 1)))
        } while take(",")
        guard take("}") else { throw .notJSON }
        members.sort { $0.key.lexicographicallyPrecedes($1.key) }
        for (left, right) in zip(members, members.dropFirst()) where left.key == right.key { throw .repeatedJSONKey }
        return .object(members)
    }

    private mutating func array(depth: Int) throws(TypingProblem) -> Node {
        var items: [Node] = []
        index += 1
        if take("]") { return .array([]) }
        repeat { items.append(try value(depth: depth + 1)) } while take(",")
        guard take("]") else { throw .notJSON }
        return .array(items)
    }

    private mutating func literal() throws(TypingProblem) -> [UInt8] {
        let start = index
        while index < text.count, !PlainJSON.isEnd(text[index]) { index += 1 }
        let literal = Array(text[start..<index])
        if ["null", "true", "false"].contains(String(decoding: literal, as: UTF8.self)) { return literal }
        // A number is kept as it is written, so its power may be any.
        let mantissa = literal.prefix { $0 | 0x20 != UInt8(ascii: "e") }
        guard PlainJSON.isNumber(mantissa.span), Self.isPower(literal[mantissa.endIndex...]) else { throw .notJSON }
        return literal
    }

    /// Nothing, or `e` with a sign, if any, and digits.
    private static func isPower(_ text: ArraySlice<UInt8>) -> Bool {
        if text.isEmpty { return true }
        let digits = text.dropFirst().first == UInt8(ascii: "+") || text.dropFirst().first == UInt8(ascii: "-") ? 2 : 1
        return text.count > digits && text.dropFirst(digits).allSatisfy { $0 &- UInt8(ascii: "0") < 10 }
    }

    private mutating func string() throws(TypingProblem) -> [UInt8] {
        guard index < text.count, text[index] == UInt8(ascii: "\"") else { throw .notJSON }
        var bytes: [UInt8] = []
        index += 1
        while index < text.count {
            let byte = text[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return bytes
            case UInt8(ascii: "\\"): try appendEscape(to: &bytes)
            case 0..<0x20: throw .notJSON
            default: bytes.append(byte)
            }
        }
        throw .notJSON
    }

    private mutating func appendEscape(to bytes: inout [UInt8]) throws(TypingProblem) {
        guard index < text.count else { throw .notJSON }
        let letter = text[index]
        index += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(letter)
        case UInt8(ascii: "b"): bytes.append(8)
        case UInt8(ascii: "f"): bytes.append(12)
        case UInt8(ascii: "n"): bytes.append(10)
        case UInt8(ascii: "r"): bytes.append(13)
        case UInt8(ascii: "t"): bytes.append(9)
        case UInt8(ascii: "u"):
            var code = try hexUnit()
            if (0xD800..<0xDC00).contains(code), text[index...].starts(with: "\\u".utf8) {
                index += 2
                let low = try hexUnit()
                guard (0xDC00..<0xE000).contains(low) else { throw .loneSurrogate }
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw .loneSurrogate }
            if code == 0 { throw .nulCharacter }
            bytes.append(contentsOf: String(Character(scalar)).utf8)
        default: throw .notJSON
        }
    }

    private mutating func hexUnit() throws(TypingProblem) -> UInt32 {
        let digits = text[index...].prefix(4)
        guard digits.count == 4, digits.first != UInt8(ascii: "+"), digits.first != UInt8(ascii: "-"),
            let unit = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw .notJSON }
        index += 4
        return unit
    }

    private mutating func take(_ mark: Unicode.Scalar) -> Bool {
        skipBlanks()
        guard index < text.count, text[index] == UInt8(ascii: mark) else { return false }
        index += 1
        return true
    }

    private mutating func skipBlanks() {
        while index < text.count, PlainJSON.isBlank(text[index]) { index += 1 }
    }
}
