import SyncCore

/// One value in the encoding that fingerprints are made of: a tag, then eight bytes or a length and bytes. Equal
/// values of an attribute, and only those, have equal bytes.
enum CanonicalTag {
    /// A skipped null: nothing is sent, and nothing is held against what was confirmed.
    static let absent: UInt8 = 0
    static let null: UInt8 = 1
    static let no: UInt8 = 2
    static let yes: UInt8 = 3
    static let integer: UInt8 = 4
    static let number: UInt8 = 5
    static let text: UInt8 = 6
    /// Days since 1970-01-01.
    static let date: UInt8 = 7
    /// Microseconds since 1970-01-01T00:00:00Z.
    static let timestamp: UInt8 = 8
}

extension [UInt8] {
    mutating func appendCanonical(_ tag: UInt8, word: UInt64) {
        append(tag)
        var word = word.littleEndian
        unsafe Swift.withUnsafeBytes(of: &word) { unsafe append(contentsOf: $0) }
    }

    mutating func appendCanonical(integer: Int64) {
        appendCanonical(CanonicalTag.integer, word: UInt64(bitPattern: integer))
    }

    /// −0 is 0.
    mutating func appendCanonical(number: Double) {
        appendCanonical(CanonicalTag.number, word: (number == 0 ? 0 : number).bitPattern)
    }

    mutating func appendCanonical(flag: Bool) { append(flag ? CanonicalTag.yes : CanonicalTag.no) }

    mutating func appendCanonical(text: Span<UInt8>) {
        appendCanonicalTextHeader(count: text.count)
        appendSpan(text)
    }

    mutating func appendCanonical(text: String) {
        appendCanonicalTextHeader(count: text.utf8.count)
        append(contentsOf: text.utf8)
    }

    mutating func appendCanonicalTextHeader(count: Int) {
        append(CanonicalTag.text)
        var length = UInt32(count).littleEndian
        unsafe Swift.withUnsafeBytes(of: &length) { unsafe append(contentsOf: $0) }
    }

    mutating func appendSpan(_ span: Span<UInt8>) {
        unsafe span.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }

    /// Overwrites the length of a text whose header was appended at `offset`.
    mutating func setCanonicalTextCount(headerAt offset: Int) {
        let count = UInt32(self.count - offset - 5)
        for index in 0..<4 { self[offset + 1 + index] = UInt8(truncatingIfNeeded: count >> (8 * UInt32(index))) }
    }

    /// The index after the canonical value that starts at `offset`.
    func canonicalEnd(at offset: Int) -> Int {
        switch self[offset] {
        case CanonicalTag.absent, CanonicalTag.null, CanonicalTag.no, CanonicalTag.yes: offset + 1
        case CanonicalTag.text: offset + 5 + canonicalTextCount(at: offset)
        default: offset + 9
        }
    }

    /// The index of a text's first byte.
    func canonicalTextStart(at offset: Int) -> Int { offset + 5 }

    func canonicalTextCount(at offset: Int) -> Int {
        (0..<4).reduce(0) { $0 | Int(self[offset + 1 + $1]) << (8 * $1) }
    }

    func canonicalWord(at offset: Int) -> UInt64 {
        (0..<8).reduce(0) { $0 | UInt64(self[offset + 1 + $1]) << UInt64(8 * $1) }
    }

    /// The value that starts at `offset`; nil where it is absent.
    func canonicalValue(at offset: Int) -> AttributeValue? {
        switch self[offset] {
        case CanonicalTag.absent: return nil
        case CanonicalTag.null: return .null
        case CanonicalTag.no: return .boolean(false)
        case CanonicalTag.yes: return .boolean(true)
        case CanonicalTag.integer: return .integer(Int64(bitPattern: canonicalWord(at: offset)))
        case CanonicalTag.number: return .number(Double(bitPattern: canonicalWord(at: offset)))
        case CanonicalTag.text:
            return .string(String(decoding: self[offset + 5..<canonicalEnd(at: offset)], as: UTF8.self))
        default:
            var text: [UInt8] = []
            appendTimeText(of: self, at: offset, to: &text)
            return .string(String(decoding: text, as: UTF8.self))
        }
    }

    /// Appends the JSON of the value at `offset` of `canonical`; the caller has seen that it is not absent.
    mutating func appendJSON(ofCanonical canonical: [UInt8], at offset: Int) {
        switch canonical[offset] {
        case CanonicalTag.text:
            let end = canonical.canonicalEnd(at: offset)
            AttributeValue.appendJSONString(canonical.span.extracting(offset + 5..<end), to: &self)
        case CanonicalTag.date, CanonicalTag.timestamp:
            append(UInt8(ascii: "\""))
            canonical.appendTimeText(of: canonical, at: offset, to: &self)
            append(UInt8(ascii: "\""))
        default: (canonical.canonicalValue(at: offset) ?? .null).appendJSON(to: &self)
        }
    }

    private func appendTimeText(of canonical: [UInt8], at offset: Int, to text: inout [UInt8]) {
        let word = Int64(bitPattern: canonical.canonicalWord(at: offset))
        if canonical[offset] == CanonicalTag.date {
            ISO8601.appendDate(days: word, to: &text)
        } else {
            ISO8601.appendTimestamp(microseconds: word, to: &text)
        }
    }
}
