import SyncCore

/// What can be told of an SQL text by PostgreSQL's lexical rules alone: where its one statement begins and ends. The
/// server's own word on the text comes first; this only finds the places for messages and the end to wrap.
struct SQLOutline {
    /// Scalar offset of the first token; nil when there is nothing but white space and comments.
    private(set) var start: Int?
    /// Scalar offset of the first semicolon outside quotes and comments.
    private(set) var semicolon: Int?
    /// Scalar offset of the first token after that semicolon that is no semicolon.
    private(set) var second: Int?
    /// Scalar offset of the first `$1`.
    private(set) var parameter: Int?
    /// Upper-case bare words.
    private(set) var words: Set<String> = []
    /// The first token, if it is a bare word.
    private(set) var firstWord: String?

    private let scalars: [Unicode.Scalar]

    init(_ text: String) {
        scalars = Array(text.unicodeScalars)
        let tokens = SQLTokens(text, .postgres)
        for token in tokens.tokens {
            let place = token.range.lowerBound
            if start == nil { start = place }
            if tokens.is(token, ";") {
                semicolon = semicolon ?? place
                continue
            }
            if semicolon != nil { second = second ?? place }
            if token.kind == .placeholder, token.range.count > 1 { parameter = parameter ?? place }
            guard token.kind == .word else { continue }
            let word = tokens.text(of: token).uppercased()
            words.insert(word)
            if place == start { firstWord = word }
        }
    }

    /// The statement without its semicolon and what follows it.
    var statement: String {
        String(String.UnicodeScalarView(scalars.prefix(semicolon ?? scalars.count)))
    }
}
