import ChangePlanning
import SyncCore

/// Operations of a run that ended in the same way, other than confirmed.
struct AnswerReport: Equatable, Sendable {
    var outcome: OperationOutcome
    var answer: String?
    var count: Int
    /// The first three primary keys, masked where they are personal.
    var keys: [String]

    /// Without `keys`, or where they do not open a key, that key's mask is bare.
    init(_ answer: AnswerCount, keys: KeyRing?) {
        (outcome, self.answer, count) = (answer.outcome, answer.answer, answer.count)
        self.keys = answer.keys.map { key in
            if case .clear(let text) = key { return text }
            return keys.flatMap { try? PlanPresenter.shown(key, $0) } ?? "‹masked›"
        }
    }

    var json: JSONText {
        .members([
            "outcome": .string(outcome.rawValue), "answer": .optional(answer), "count": .integer(count),
            "keys": .array(keys.map(JSONText.string)),
        ])
    }

    /// `5 rejected: 404 (keys 1, 2, 3, …)`, and what to do where that is certain. Who was never tried has no reason of
    /// his own: the run's error has it.
    static func lines(_ answers: [AnswerReport], _ palette: Palette) -> [String] {
        let answered = answers.filter { $0.answer != nil }
        var lines: [String] = []
        for answer in answered.prefix(longestList) {
            lines.append(answer.clause(palette))
            if let hint = answer.hint { lines.append(indent + hint) }
        }
        return lines + (answered.count > longestList ? [indent + "…"] : [])
    }

    private static let longestList = 5
    private static let indent = "              "

    private func clause(_ palette: Palette) -> String {
        let shown = keys.joined(separator: ", ") + (count > keys.count ? ", …" : "")
        let list = keys.isEmpty ? "" : " (\(count == 1 ? "key" : "keys") \(shown))"
        let text = "\(NumberText.grouped(count)) \(outcome.rawValue): \(answer ?? "-")\(list)"
        return "  " + palette.yellow("answer") + "      " + TerminalText.escaped(text)
    }

    private var hint: String? {
        switch (outcome, answer) {
        case (.rejected, "404"): "the destination does not know the project: check its project_uid and region"
        case (.quarantined, _): "not sent: that was the answer to the same values, in run after run"
        case (.deferred, Ageing.answer): "not sent: the same values were rejected before, their turn comes later"
        default: nil
        }
    }
}
