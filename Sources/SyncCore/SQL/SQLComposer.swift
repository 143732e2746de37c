/// Puts a statement together from parts of others, and remembers where each part is written.
package struct SQLComposer {
    private var text = ""
    /// Scalars so far.
    package private(set) var count = 0
    private var pieces: [SQLStatement.Piece] = []
    private var variables: [String: SQLConstant] = [:]

    package init() {}

    /// Adds text of ours, which is there because of what stands at `place`.
    package mutating func add(_ sql: String, at place: Diagnostic.Position) {
        append(sql, count: sql.unicodeScalars.count, .place(place))
    }

    /// Adds text that stands in a file as it is, from the scalar `offset` of the file's text on.
    package mutating func add(_ sql: String, writtenIn fileText: String, of file: String, from offset: Int) {
        append(sql, count: sql.unicodeScalars.count, .written(text: fileText, file: file, offset: offset))
    }

    /// Adds a part of another statement, scalars of its text, and takes over its variables.
    package mutating func add(_ statement: SQLStatement, _ range: Range<Int>) {
        let scalars = Array(statement.text.unicodeScalars)
        variables.merge(statement.variables) { $1 }
        var start = 0
        for piece in statement.allPieces(count: scalars.count) {
            let part = range.clamped(to: start..<max(start, piece.end))
            if !part.isEmpty {
                let sql = String(String.UnicodeScalarView(scalars[part]))
                append(sql, count: part.count, piece.origin.advanced(by: part.lowerBound - start))
            }
            start = piece.end
        }
    }

    /// Adds text of ours for a part of another statement: every place in it is where that part starts.
    package mutating func add(_ sql: String, insteadOf range: Range<Int>, in statement: SQLStatement) {
        append(sql, count: sql.unicodeScalars.count, .replaced(statement.origin(ofScalar: range.lowerBound)))
    }

    /// Adds the one statement that `statement` holds, without its semicolon and what follows it.
    package mutating func add(bodyOf statement: SQLStatement, _ dialect: SQLDialect) {
        add(statement, SQLTokens(statement.text, dialect).body)
    }

    /// `start` is where errors of no other place are.
    package func statement(startingAt start: Diagnostic.Position) -> SQLStatement {
        SQLStatement(text: text, start: start, pieces: pieces, variables: variables)
    }

    private mutating func append(_ sql: String, count added: Int, _ origin: SQLStatement.Origin) {
        guard added > 0 else { return }
        text += sql
        count += added
        pieces.append(SQLStatement.Piece(end: count, origin: origin))
    }
}

extension SQLStatement {
    fileprivate func allPieces(count: Int) -> [Piece] {
        guard pieces.isEmpty else { return pieces }
        return [Piece(end: count, origin: .written(text: text, file: start.file, offset: 0))]
    }
}
