/// Finds one token after the other.
struct SQLScanner {
    let scalars: [Unicode.Scalar]
    private(set) var endsInComment = false
    private let isSQLite: Bool
    private var index = 0
    private var last: SQLToken?

    init(_ scalars: [Unicode.Scalar], _ dialect: SQLDialect) {
        self.scalars = scalars
        isSQLite = dialect == .sqlite
    }

    mutating func next() -> SQLToken? {
        skipBlanksAndComments()
        guard index < scalars.count else { return nil }
        let start = index
        let (kind, isClosed) = scan(scalars[index])
        let token = SQLToken(kind: kind, range: start..<index, isClosed: isClosed)
        last = token
        return token
    }

    private mutating func scan(_ scalar: Unicode.Scalar) -> (SQLToken.Kind, isClosed: Bool) {
        switch scalar {
        case "'": return (.string, skipQuoted(by: "'"))
        case "\"": return (.quotedName, skipQuoted(by: "\""))
        case "`" where isSQLite: return (.quotedName, skipQuoted(by: "`"))
        case "[" where isSQLite: return (.quotedName, skipQuoted(by: "]", doubles: false))
        case "E" where !isSQLite && peek(1) == "'", "e" where !isSQLite && peek(1) == "'":
            index += 1
            return (.string, skipQuoted(by: "'", escapes: true))
        case "$" where !isSQLite: return scanDollar()
        case "$" where isSQLite, "@" where isSQLite, "?" where isSQLite, "#" where isSQLite:
            index += 1
            skipWord()
            return (.placeholder, true)
        case ":": return (scanColon(), true)
        case "0"..."9":
            skipNumber()
            return (.number, true)
        case _ where Self.startsWord(scalar):
            skipWord()
            return (.word, true)
        default:
            index += 1
            return (.symbol, true)
        }
    }

    /// A colon right behind a name, a number, a text or a closing bracket is an operator: of a slice such as `[1:n]` or
    /// of JSON_OBJECT('a':b).
    private mutating func scanColon() -> SQLToken.Kind {
        let isCast = peek(1) == ":" || peek(1) == "="
        let isName = peek(1).map(Self.startsWord) ?? false
        guard isName, isSQLite || !followsOperand else {
            index += isCast && !isSQLite ? 2 : 1
            return .symbol
        }
        index += 1
        skipWord()
        return .variable
    }

    private var followsOperand: Bool {
        guard let last else { return false }
        switch last.kind {
        case .word: return last.range.upperBound == index
        case .symbol: return [")", "]"].contains(scalars[last.range.lowerBound])
        default: return true
        }
    }

    /// `$$ … $$` and `$tag$ … $tag$`, which nothing inside ends; any other `$` is a placeholder's.
    private mutating func scanDollar() -> (SQLToken.Kind, isClosed: Bool) {
        var end = index + 1
        while end < scalars.count, scalars[end] != "$", Self.continuesWord(scalars[end]) { end += 1 }
        guard end < scalars.count, scalars[end] == "$", !(peek(1).map(Self.isDigit) ?? false) else {
            index = max(index + 1, end)
            return (.placeholder, true)
        }
        let delimiter = scalars[index...end]
        index = end + 1
        while index + delimiter.count <= scalars.count {
            if scalars[index..<index + delimiter.count].elementsEqual(delimiter) {
                index += delimiter.count
                return (.string, true)
            }
            index += 1
        }
        index = scalars.count
        return (.string, false)
    }

    private mutating func skipBlanksAndComments() {
        while let scalar = peek(0) {
            switch scalar {
            case _ where scalar.properties.isWhitespace || scalar == "\u{FEFF}": index += 1
            case "-" where peek(1) == "-": skipLine()
            case "/" where peek(1) == "*": skipBlockComment()
            default: return
            }
        }
    }

    private mutating func skipLine() {
        while let scalar = peek(0), scalar != "\n", isSQLite || scalar != "\r" { index += 1 }
    }

    /// They nest on PostgreSQL.
    private mutating func skipBlockComment() {
        var depth = 0
        repeat {
            if peek(0) == "/", peek(1) == "*", depth == 0 || !isSQLite {
                (depth, index) = (depth + 1, index + 2)
            } else if peek(0) == "*", peek(1) == "/" {
                (depth, index) = (depth - 1, index + 2)
            } else {
                index += 1
            }
        } while depth > 0 && index < scalars.count
        if depth > 0 { endsInComment = true }
    }

    /// False when the closing quote is missing.
    private mutating func skipQuoted(by quote: Unicode.Scalar, doubles: Bool = true, escapes: Bool = false) -> Bool {
        index += 1
        while let scalar = peek(0) {
            let isPair = (escapes && scalar == "\\") || (doubles && scalar == quote && peek(1) == quote)
            index = min(index + (isPair ? 2 : 1), scalars.count)
            if scalar == quote, !isPair { return true }
        }
        return false
    }

    private mutating func skipWord() {
        while let scalar = peek(0), Self.continuesWord(scalar) { index += 1 }
    }

    private mutating func skipNumber() {
        while let scalar = peek(0), Self.continuesWord(scalar) || (scalar == "." && peek(1) != ".") { index += 1 }
    }

    private func peek(_ distance: Int) -> Unicode.Scalar? {
        index + distance < scalars.count ? scalars[index + distance] : nil
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    private static func startsWord(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_" || scalar.value >= 0x80
    }

    private static func continuesWord(_ scalar: Unicode.Scalar) -> Bool {
        startsWord(scalar) || isDigit(scalar) || scalar == "$"
    }
}
