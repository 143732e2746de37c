/// A checked piece of JSON text that still is the bytes the client sent, so that a number is never re-printed.
struct RawJSON: Sendable {
    enum Kind: Sendable, Equatable { case object, array, string, number, boolean, null }

    private let bytes: [UInt8]
    private let range: Range<Int>

    /// Checks the whole text against RFC 8259; anything after the value is an error.
    init(parsing bytes: [UInt8]) throws(JSONSyntaxError) {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw JSONSyntaxError(offset: 0) }
        var scanner = JSONScanner(bytes: bytes)
        let range = try scanner.value()
        scanner.skipSpace()
        guard scanner.isAtEnd else { throw JSONSyntaxError(offset: scanner.offset) }
        self.init(bytes: bytes, range: range)
    }

    private init(bytes: [UInt8], range: Range<Int>) {
        self.bytes = bytes
        self.range = range
    }

    var kind: Kind {
        switch bytes[range.lowerBound] {
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .boolean
        case UInt8(ascii: "n"): .null
        default: .number
        }
    }

    /// The text exactly as it was sent.
    var literal: String { String(decoding: bytes[range], as: UTF8.self) }

    /// The members of an object in the order sent, or nil for any other kind. A repeated key is kept twice.
    func members() throws(JSONSyntaxError) -> [(key: String, value: RawJSON)]? {
        guard kind == .object else { return nil }
        var scanner = JSONScanner(bytes: bytes, offset: range.lowerBound + 1)
        var members: [(key: String, value: RawJSON)] = []
        while scanner.moveToNextItem(closing: UInt8(ascii: "}")) {
            let key = try scanner.string()
            scanner.skipSpace()
            try scanner.expect(UInt8(ascii: ":"))
            let value = try scanner.value()
            members.append((try JSONText.unquoted(bytes[key]), RawJSON(bytes: bytes, range: value)))
        }
        return members
    }

    /// The elements of an array, or nil for any other kind.
    func elements() throws(JSONSyntaxError) -> [RawJSON]? {
        guard kind == .array else { return nil }
        var scanner = JSONScanner(bytes: bytes, offset: range.lowerBound + 1)
        var elements: [RawJSON] = []
        while scanner.moveToNextItem(closing: UInt8(ascii: "]")) {
            elements.append(RawJSON(bytes: bytes, range: try scanner.value()))
        }
        return elements
    }

    /// The decoded text of a string, or nil for any other kind.
    func text() throws(JSONSyntaxError) -> String? {
        kind == .string ? try JSONText.unquoted(bytes[range]) : nil
    }

    var integer: Int? { kind == .number ? Int(literal) : nil }
    var number: Double? { kind == .number ? Double(literal) : nil }
    var boolean: Bool? { kind == .boolean ? bytes[range.lowerBound] == UInt8(ascii: "t") : nil }
}

/// Where a text stops being JSON; bytes from its start.
struct JSONSyntaxError: Error, Equatable {
    var offset: Int
}
