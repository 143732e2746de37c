import Foundation
import SyncCore

/// A finding as `check` prints it.
struct FindingReport {
    let finding: Diagnostic
    init(_ finding: Diagnostic) { self.finding = finding }

    /// `{"severity","code","file","line","message","hint"}`; `file`, `line` and `hint` may be null.
    var json: JSONText {
        .members([
            "severity": .string(finding.severity.rawValue),
            "code": .string(finding.code),
            "file": .optional(finding.position?.file),
            "line": finding.position.map { .integer($0.line) } ?? .null,
            "message": .string(finding.message),
            "hint": .optional(finding.hint),
        ])
    }

    /// As compilers write: place, severity, text, code; the line with a caret; the hint.
    func text(_ palette: Palette) -> String {
        let word = "\(finding.severity.rawValue): "
        let text = TerminalText.escapedLines(finding.rendered())
        guard palette.isEnabled, let range = text.range(of: word) else { return text }
        let coloured =
            switch finding.severity {
            case .error: palette.red(word)
            case .warning: palette.yellow(word)
            case .note: palette.dim(word)
            }
        return text.replacingCharacters(in: range, with: coloured)
    }
}
