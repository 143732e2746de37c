import SyncCore

/// What `doctor` found out about one part.
struct Examination: Sendable {
    enum Verdict: String, Sendable { case ok, warn, fail }

    /// `project`, `source`, `rights`, `destination`, `login`, `state`, `key`, `disk`.
    var part: String
    var name: String
    var verdict: Verdict
    var message: String
    /// What to fix.
    var hint: String?
    var exit = ExitStatus.done

    init(part: String, name: String, answer: String) {
        (self.part, self.name, verdict, message) = (part, name, .ok, answer)
    }

    init(part: String, name: String, warning: String, hint: String?) {
        (self.part, self.name, verdict, message, self.hint) = (part, name, .warn, warning, hint)
    }

    init(part: String, name: String, finding: Diagnostic, exit: ExitStatus = .done) {
        (self.part, self.name, self.exit) = (part, name, exit)
        verdict = exit == .done ? .warn : .fail
        message = finding.message
        hint = finding.hint
    }

    /// A source or destination that failed decides by its kind: 6, 5, else 2.
    static func exit(of all: [Examination]) -> ExitStatus { ExitStatus.strongest(all.map(\.exit)) }

    var json: JSONText {
        .members([
            "part": .string(part), "name": .string(name), "verdict": .string(verdict.rawValue),
            "message": .string(message), "hint": .optional(hint),
        ])
    }

    func text(_ palette: Palette) -> String {
        let word =
            switch verdict {
            case .ok: palette.green("ok  ")
            case .warn: palette.yellow("warn")
            case .fail: palette.red("fail")
            }
        let line = "\(word)  \(part) \(TerminalText.escaped(name)): \(TerminalText.escaped(message))"
        return line + (hint.map { "\n      fix: \(TerminalText.escaped($0))" } ?? "")
    }
}
