/// Just enough of SQLite's lexical rules to find a token's place in a statement: blanks, comments, quoted text and
/// words. Whether the statement is right is SQLite's to say. https://www.sqlite.org/lang_keywords.html
struct SQLiteTokens: Sequence, IteratorProtocol {
    struct Token {
        enum Kind { case word, quoted, string, other }
        var kind: Kind
        /// Bytes of the statement.
        var range: Range<Int>
    }

    private let bytes: [UInt8]
    private var index = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func next() -> Token? {
        skipBlanksAndComments()
        guard index < bytes.count else { return nil }
        let start = index
        switch bytes[index] {
        case UInt8(ascii: "'"):
            skipQuoted(until: UInt8(ascii: "'"))
            return Token(kind: .string, range: start..<index)
        case UInt8(ascii: "\""), UInt8(ascii: "`"):
            skipQuoted(until: bytes[start])
            return Token(kind: .quoted, range: start..<index)
        case UInt8(ascii: "["):
            skipQuoted(until: UInt8(ascii: "]"))
            return Token(kind: .quoted, range: start..<index)
        case let byte where Self.isWord(byte):
            while index < bytes.count, Self.isWord(bytes[index]) { index += 1 }
            return Token(kind: .word, range: start..<index)
        default:
            index += 1
            return Token(kind: .other, range: start..<index)
        }
    }

    /// The name that a token means, without its quotes, in lower case; nil for text and punctuation.
    func name(of token: Token) -> String? {
        switch token.kind {
        case .word: String(decoding: bytes[token.range], as: UTF8.self).lowercased()
        case .quoted where token.range.count >= 2:
            String(decoding: bytes[token.range].dropFirst().dropLast(), as: UTF8.self).lowercased()
        default: nil
        }
    }

    private mutating func skipBlanksAndComments() {
        while index < bytes.count {
            let next = index + 1 < bytes.count ? bytes[index + 1] : 0
            switch (bytes[index], next) {
            case (0x20, _), (0x09...0x0D, _): index += 1
            case (UInt8(ascii: "-"), UInt8(ascii: "-")):
                while index < bytes.count, bytes[index] != 0x0A { index += 1 }
            case (UInt8(ascii: "/"), UInt8(ascii: "*")):
                // The star that opens the comment does not close it.
                index += 3
                while index < bytes.count, !(bytes[index] == 0x2F && bytes[index - 1] == 0x2A) { index += 1 }
                index = Swift.min(index + 1, bytes.count)
            case (0xEF, 0xBB) where index == 0 && bytes.count > 2 && bytes[2] == 0xBF: index = 3
            default: return
            }
        }
    }

    private mutating func skipQuoted(until end: UInt8) {
        index += 1
        while index < bytes.count {
            if bytes[index] == end {
                index += 1
                // A doubled quote stands for itself.
                guard index < bytes.count, bytes[index] == end, end != UInt8(ascii: "]") else { return }
            }
            index += 1
        }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...:
            true
        default: false
        }
    }
}
