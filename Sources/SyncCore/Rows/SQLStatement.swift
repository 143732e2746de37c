package enum SQLDialect: String, Sendable { case sqlite, postgres }

/// A statement and the file it came from, so that an error can point at the bad token.
package struct SQLStatement: Sendable, Hashable {
    package var text: String
    /// Relative to the project.
    package var file: String

    package init(text: String, file: String) { (self.text, self.file) = (text, file) }

    /// Line and column of a character of the text; `offset` counts Unicode scalars from 0, as both databases report it.
    package func position(ofScalar offset: Int) -> (position: Diagnostic.Position, sourceLine: String) {
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
