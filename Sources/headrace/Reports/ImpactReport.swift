import Contentstack
import SyncCore

/// Who enters and who leaves the audiences.
struct ImpactReport {
    private let lines: [AudienceImpact.Line]

    init(_ lines: [AudienceImpact.Line]) { self.lines = lines }

    var json: JSONText {
        .array(
            lines.map { line in
                .members([
                    "uid": .string(line.audience.uid), "name": .string(line.audience.name),
                    "enters": .integer(line.enters), "leaves": .integer(line.leaves),
                    "undecided": .integer(line.undecided),
                    "entering": .array(line.entering.map(JSONText.string)),
                    "leaving": .array(line.leaving.map(JSONText.string)),
                ])
            })
    }

    /// All that are touched, with examples; the others as a count.
    func text(_ palette: Palette) -> String {
        var texts = lines.filter(\.isTouched).map { line in
            ([summary(line, palette)]
                + [
                    Self.examples("+", line.entering, of: line.enters),
                    Self.examples("-", line.leaving, of: line.leaves),
                ].compactMap { $0 }).joined(separator: "\n")
        }
        let rest = lines.count { !$0.isTouched }
        if rest > 0 { texts.append(palette.dim("\(NumberText.counted(rest, "audience")) untouched")) }
        return texts.isEmpty ? "the project has no audience" : texts.joined(separator: "\n")
    }

    /// A line an audience, for the end of a plan; nil where none is touched.
    func brief(_ palette: Palette) -> String? {
        let touched = lines.filter(\.isTouched)
        guard !touched.isEmpty else { return nil }
        return (["Audiences:"] + touched.map { "  \(summary($0, palette))" }).joined(separator: "\n")
    }

    private func summary(_ line: AudienceImpact.Line, _ palette: Palette) -> String {
        var parts: [String] = []
        if line.enters > 0 { parts.append(palette.green("\(NumberText.counted(line.enters, "user")) would enter")) }
        if line.leaves > 0 { parts.append(palette.red("\(NumberText.counted(line.leaves, "user")) would leave")) }
        if line.undecided > 0 {
            parts.append(
                "of \(NumberText.counted(line.undecided, "user")) it depends on the visit or on what is not known")
        }
        return "\(palette.bold(TerminalText.escaped(line.audience.name))): \(parts.joined(separator: ", "))"
    }

    private static func examples(_ sign: String, _ users: [String], of count: Int) -> String? {
        guard !users.isEmpty else { return nil }
        let more = count > users.count ? ", …" : ""
        return "  \(sign) \(users.map(TerminalText.escaped).joined(separator: ", "))\(more)"
    }
}
