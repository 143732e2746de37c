/// A token of an SQL text: what stands between blanks and comments.
package struct SQLToken: Sendable, Hashable {
    package enum Kind: Sendable {
        /// A keyword or a name without quotes.
        case word
        case quotedName, string, number
        /// `:name`.
        case variable
        /// `?`, `$1`, `@name` and what else a statement leaves to be filled.
        case placeholder
        /// One character of anything else, `::` and `:=` whole.
        case symbol
    }

    package var kind: Kind
    /// Scalars of the text.
    package var range: Range<Int>
    /// False for a text or name whose closing quote is missing.
    package var isClosed = true
}

/// Just enough of the databases' lexical rules to find places in a statement. Whether it is right is theirs to say.
/// https://www.postgresql.org/docs/15/sql-syntax-lexical.html, https://www.sqlite.org/lang_keywords.html
package struct SQLTokens: Sendable {
    package let tokens: [SQLToken]
    /// A block comment is not closed: SQLite ends it with the text.
    package let endsInComment: Bool
    private let scalars: [Unicode.Scalar]

    package init(_ text: String, _ dialect: SQLDialect) {
        var scanner = SQLScanner(Array(text.unicodeScalars), dialect)
        var tokens: [SQLToken] = []
        while let token = scanner.next() { tokens.append(token) }
        self.tokens = tokens
        scalars = scanner.scalars
        endsInComment = scanner.endsInComment
    }

    package func text(of token: SQLToken) -> String { String(String.UnicodeScalarView(scalars[token.range])) }

    /// Whether a token is exactly this text; of words case does not count.
    package func `is`(_ token: SQLToken, _ text: String) -> Bool {
        switch token.kind {
        case .word: self.text(of: token).uppercased() == text
        case .symbol: self.text(of: token) == text
        default: false
        }
    }

    /// The name that a word or a quoted name means, without its quotes; nil for anything else.
    package func name(of token: SQLToken) -> String? {
        switch token.kind {
        case .word: return text(of: token)
        case .quotedName where token.range.count >= 2:
            let quoted = text(of: token)
            guard let quote = quoted.last else { return nil }
            let doubled = String(quote) + String(quote)
            return String(quoted.dropFirst().dropLast()).replacing(doubled, with: String(quote))
        default: return nil
        }
    }

    /// The parts of the name that starts with a token, from `index` on: `table`, `schema.table` and so on.
    package func dottedName(from index: Int) -> [SQLToken] {
        var parts: [SQLToken] = []
        for (distance, token) in tokens[index...].enumerated() {
            guard distance.isMultiple(of: 2) ? name(of: token) != nil : self.is(token, ".") else { break }
            if distance.isMultiple(of: 2) { parts.append(token) }
        }
        return parts
    }

    /// The first token of a second statement.
    package var second: SQLToken? {
        guard let semicolon = tokens.first(where: { self.is($0, ";") && $0.range.lowerBound >= body.upperBound })
        else { return nil }
        return tokens.first { $0.range.lowerBound > semicolon.range.lowerBound && !self.is($0, ";") }
    }

    /// Behind WITH or WITH RECURSIVE, with which the first statement starts; nil where it does not.
    package var endOfLeadingWith: Int? {
        let words = tokens.drop { self.is($0, ";") }.prefix(2)
        guard let with = words.first, self.is(with, "WITH") else { return nil }
        return words.last { self.is($0, "RECURSIVE") }?.range.upperBound ?? with.range.upperBound
    }

    /// From the first token of the first statement to its last; empty where there is none.
    package var body: Range<Int> {
        guard let first = tokens.first(where: { !self.is($0, ";") }) else { return 0..<0 }
        let rest = tokens.drop { $0 != first }
        let last = rest.prefix { !self.is($0, ";") }.last ?? first
        return first.range.lowerBound..<last.range.upperBound
    }
}
