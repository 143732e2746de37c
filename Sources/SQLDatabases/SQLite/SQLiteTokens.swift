internal import SyncCore

/// The tokens of a statement by bytes, as SQLite reports places.
struct SQLiteTokens: Sequence, IteratorProtocol {
    struct Token {
        var token: SQLToken
        /// Bytes of the statement.
        var range: Range<Int>

        /// Without its colon.
        func variableName(in bytes: [UInt8]) -> String {
            String(decoding: bytes[range].dropFirst(), as: UTF8.self)
        }
    }

    private let tokens: SQLTokens
    private let bytes: [UInt8]
    private var count = 0
    /// A scalar of the text, and its byte.
    private var place = (scalar: 0, byte: 0)

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        tokens = SQLTokens(String(decoding: bytes, as: UTF8.self), .sqlite)
    }

    mutating func next() -> Token? {
        guard count < tokens.tokens.count else { return nil }
        let token = tokens.tokens[count]
        count += 1
        let start = byte(ofScalar: token.range.lowerBound)
        return Token(token: token, range: start..<byte(ofScalar: token.range.upperBound))
    }

    /// The name that a token means, without its quotes, in lower case; nil for text and punctuation.
    func name(of token: Token) -> String? { tokens.name(of: token.token)?.lowercased() }

    private mutating func byte(ofScalar scalar: Int) -> Int {
        while place.scalar < scalar, place.byte < bytes.count {
            place.byte += 1
            // A byte that continues a scalar is none of its own.
            while place.byte < bytes.count, bytes[place.byte] & 0xC0 == 0x80 { place.byte += 1 }
            place.scalar += 1
        }
        return place.byte
    }
}
