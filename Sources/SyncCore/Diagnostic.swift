/// One finding about the user's own files, printable as it is.
package struct Diagnostic: Error, Sendable, Equatable {
    package enum Severity: String, Sendable { case error, warning, note }

    package var severity: Severity
    /// Stable and documented, e.g. `unknown_column`.
    package var code: String
    package var message: String
    package var position: Position?
    /// Nil when no certain advice exists: a wrong hint is worse than none.
    package var hint: String?
    /// The text of the line that `position` names, shown above a caret.
    package var sourceLine: String?

    /// Lines and columns start at 1; columns count characters, not bytes. `file` is relative to the project.
    package struct Position: Sendable, Hashable {
        package var file: String, line: Int, column: Int
        package init(_ file: String, line: Int, column: Int = 1) {
            (self.file, self.line, self.column) = (file, line, column)
        }
    }

    package init(
        _ severity: Severity, _ code: String, _ message: String, at position: Position? = nil, hint: String? = nil,
        sourceLine: String? = nil
    ) {
        self.severity = severity
        self.code = code
        self.message = message
        self.position = position
        self.hint = hint
        self.sourceLine = sourceLine
    }

    package static func error(_ code: String, _ text: String, at position: Position? = nil, hint: String? = nil) -> Self
    {
        Self(.error, code, text, at: position, hint: hint)
    }

    package static func warning(
        _ code: String, _ text: String, at position: Position? = nil, hint: String? = nil
    ) -> Self {
        Self(.warning, code, text, at: position, hint: hint)
    }

    package static func note(_ code: String, _ text: String, at position: Position? = nil, hint: String? = nil) -> Self
    {
        Self(.note, code, text, at: position, hint: hint)
    }

    /// `file:line: text; hint`: one line, as a run's `error` holds it.
    package var sentence: String {
        let place = position.map { "\($0.file):\($0.line): " } ?? ""
        return place + message + (hint.map { "; \($0)" } ?? "")
    }

    /// `file:line:column: error: text [code]`, the source line, a caret and the hint.
    package func rendered() -> String {
        let place = position.map { "\($0.file):\($0.line):\($0.column): " } ?? ""
        var text = "\(place)\(severity.rawValue): \(message) [\(code)]"
        if let position, let sourceLine {
            let indent: [Character] = sourceLine.prefix(max(0, position.column - 1)).map { $0 == "\t" ? "\t" : " " }
            text += "\n    \(sourceLine)\n    \(String(indent))^"
        }
        return text + (hint.map { "\n  hint: \($0)" } ?? "")
    }
}
