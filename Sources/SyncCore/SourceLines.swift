/// The lines of a project's files that may stand under a finding: all but those with a secret written into them.
package struct SourceLines: Sendable {
    private var lines: [String: [Int: String]] = [:]

    package init() {}

    /// Remembers a file's lines, counted from 1. `hidden` are those that nobody may be shown.
    package mutating func add(file: String, lines: [String], hidden: Set<Int>) {
        var shown: [Int: String] = [:]
        for (index, line) in lines.enumerated() where !hidden.contains(index + 1) { shown[index + 1] = line }
        self.lines[file] = shown
    }

    /// The finding with the line that its position names, where that may be shown and holds anything.
    package func shown(_ finding: Diagnostic) -> Diagnostic {
        guard finding.sourceLine == nil, let place = finding.position, let line = lines[place.file]?[place.line],
            line.contains(where: { !$0.isWhitespace })
        else { return finding }
        var finding = finding
        finding.sourceLine = line
        return finding
    }
}
