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
    private var index = 0

    init(_ text: String) {
        scalars = Array(text.unicodeScalars)
        while index < scalars.count { scanToken() }
    }

    /// The statement without its semicolon and what follows it.
    var statement: String {
        String(String.UnicodeScalarView(scalars.prefix(semicolon ?? scalars.count)))
    }

    private mutating func scanToken() {
        let scalar = scalars[index]
        switch scalar {
        case _ where scalar.properties.isWhitespace || scalar == "\u{FEFF}": index += 1
        case "-" where peek(1) == "-": skipLine()
        case "/" where peek(1) == "*": skipBlockComment()
        case ";":
            if start == nil { start = index }
            if semicolon == nil { semicolon = index }
            index += 1
        default:
            if start == nil { start = index }
            if semicolon != nil, second == nil { second = index }
            scanMeaning(scalar)
        }
    }

    private mutating func scanMeaning(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "'": skipQuoted(by: "'", escapes: false)
        case "\"": skipQuoted(by: "\"", escapes: false)
        case "E" where peek(1) == "'", "e" where peek(1) == "'":
            index += 1
            skipQuoted(by: "'", escapes: true)
        case "$": skipDollarQuoted()
        case _ where Self.startsWord(scalar): scanWord()
        default: index += 1
        }
    }

    private func peek(_ distance: Int) -> Unicode.Scalar? {
        index + distance < scalars.count ? scalars[index + distance] : nil
    }

    private static func startsWord(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_" || scalar.value >= 0x80
    }

    static func continuesWord(_ scalar: Unicode.Scalar) -> Bool {
        startsWord(scalar) || ("0"..."9").contains(scalar) || scalar == "$"
    }

    private mutating func scanWord() {
        let from = index
        while index < scalars.count, Self.continuesWord(scalars[index]) { index += 1 }
        let word = String(String.UnicodeScalarView(scalars[from..<index])).uppercased()
        if from == start { firstWord = word }
        words.insert(word)
    }

    private mutating func skipLine() {
        while index < scalars.count, scalars[index] != "\n", scalars[index] != "\r" { index += 1 }
    }

    /// Block comments nest.
    private mutating func skipBlockComment() {
        var depth = 0
        repeat {
            if peek(0) == "/", peek(1) == "*" {
                (depth, index) = (depth + 1, index + 2)
            } else if peek(0) == "*", peek(1) == "/" {
                (depth, index) = (depth - 1, index + 2)
            } else {
                index += 1
            }
        } while depth > 0 && index < scalars.count
    }

    private mutating func skipQuoted(by quote: Unicode.Scalar, escapes: Bool) {
        index += 1
        while let scalar = peek(0) {
            let isPair = (escapes && scalar == "\\") || (scalar == quote && peek(1) == quote)
            index += isPair ? 2 : 1
            if scalar == quote, !isPair { return }
        }
    }

    /// `$$ … $$` and `$tag$ … $tag$`; any other `$` is a parameter's.
    private mutating func skipDollarQuoted() {
        var end = index + 1
        while end < scalars.count, scalars[end] != "$", Self.continuesWord(scalars[end]) { end += 1 }
        let isTag = end < scalars.count && scalars[end] == "$" && !(peek(1).map { ("0"..."9").contains($0) } ?? false)
        guard isTag else {
            if parameter == nil, end > index + 1 { parameter = index }
            index += 1
            return
        }
        let delimiter = scalars[index...end]
        index = end + 1
        while index + delimiter.count <= scalars.count {
            if scalars[index..<index + delimiter.count].elementsEqual(delimiter) {
                index += delimiter.count
                return
            }
            index += 1
        }
        index = scalars.count
    }
}
