/// A statement and the files it came from, so that an error can point at the bad token.
package struct SQLStatement: Sendable, Hashable {
    package private(set) var text: String
    /// Where errors of no other place are.
    package private(set) var start: Diagnostic.Position
    /// Values of the text's `:name` places, which its source binds; never spliced into the text.
    package private(set) var variables: [String: SQLConstant] = [:]
    /// Where the parts of a composed text come from, in order; empty where all of it is one file.
    private(set) var pieces: [Piece] = []

    /// Where the parts of a text are that includes other models; nil where it includes none.
    package var parts: Parts?

    /// A text that starts with the table expressions of included models, and has a SELECT of its own.
    package struct Parts: Sendable, Hashable {
        /// Of the table expressions, which end before the scalar `end`.
        package var names: [String]
        package var end: Int
        /// The model's own SELECT, which starts with a WITH that ends before the scalar `with`.
        package var own: Range<Int>
        package var with: Int
        package init(names: [String], end: Int, own: Range<Int>, with: Int) {
            (self.names, self.end, self.own, self.with) = (names, end, own, with)
        }
    }

    /// A part of a text that ends before the scalar `end`.
    struct Piece: Sendable, Hashable {
        var end: Int
        var origin: Origin
    }

    indirect enum Origin: Sendable, Hashable {
        /// Not written by the user as it stands, but because of what is written there.
        case place(Diagnostic.Position)
        /// The scalars from `offset` on of a file's text.
        case written(text: String, file: String, offset: Int)
        /// Ours, in the place of what starts there.
        case replaced(Origin)

        func advanced(by count: Int) -> Origin {
            switch self {
            case .place, .replaced: self
            case .written(let text, let file, let offset): .written(text: text, file: file, offset: offset + count)
            }
        }
    }

    /// The whole text of a file, whose path is relative to the project.
    package init(text: String, file: String) {
        self.text = text
        start = Diagnostic.Position(file, line: 1)
    }

    init(text: String, start: Diagnostic.Position, pieces: [Piece], variables: [String: SQLConstant]) {
        (self.text, self.start, self.pieces, self.variables) = (text, start, pieces, variables)
    }

    /// The same with values for its variables.
    package func binding(_ variables: [String: SQLConstant]) -> SQLStatement {
        var bound = self
        bound.variables = variables
        return bound
    }

    /// Where a character of the text is written; `offset` counts Unicode scalars from 0, as both databases report it.
    /// Without a source line where it is not written as such.
    package func position(ofScalar offset: Int) -> (position: Diagnostic.Position, sourceLine: String?) {
        Self.position(of: origin(ofScalar: max(0, offset)))
    }

    private static func position(of origin: Origin) -> (position: Diagnostic.Position, sourceLine: String?) {
        switch origin {
        case .place(let position): (position, nil)
        case .written(let text, let file, let offset): position(in: text, of: file, scalar: offset)
        case .replaced(let origin): position(of: origin)
        }
    }

    func origin(ofScalar offset: Int) -> Origin {
        var start = 0
        for piece in pieces {
            if offset < piece.end || piece.end == pieces.last?.end { return piece.origin.advanced(by: offset - start) }
            start = piece.end
        }
        return .written(text: text, file: self.start.file, offset: offset)
    }

    private static func position(
        in text: String, of file: String, scalar offset: Int
    ) -> (position: Diagnostic.Position, sourceLine: String?) {
        var line = 1
        var lineStart = text.unicodeScalars.startIndex
        var index = text.unicodeScalars.startIndex
        var remaining = max(0, offset)
        while remaining > 0, index < text.unicodeScalars.endIndex {
            let next = text.unicodeScalars.index(after: index)
            if text.unicodeScalars[index] == "\n" { (line, lineStart) = (line + 1, next) }
            index = next
            remaining -= 1
        }
        let rest = text.unicodeScalars[lineStart...]
        let lineText = String(rest.prefix { $0 != "\n" && $0 != "\r" })
        let column = text[lineStart..<max(lineStart, index)].count + 1
        return (Diagnostic.Position(file, line: line, column: column), lineText)
    }
}
