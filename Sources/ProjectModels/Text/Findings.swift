import SyncCore

/// Everything found so far, in any file.
final class Findings {
    private(set) var all: [Diagnostic] = []

    var hasErrors: Bool { all.contains { $0.severity == .error } }

    func error(_ code: String, _ message: String, at position: Diagnostic.Position?, hint: String? = nil) {
        all.append(.error(code, message, at: position, hint: hint))
    }

    func warning(_ code: String, _ message: String, at position: Diagnostic.Position?, hint: String? = nil) {
        all.append(.warning(code, message, at: position, hint: hint))
    }

    /// Sorted by file, line and column, each once, with the source line for the caret.
    func sorted(_ lines: SourceLines) -> [Diagnostic] {
        var seen: [Diagnostic] = []
        for finding in all.sorted(by: isBefore).map(lines.shown) where seen.last != finding { seen.append(finding) }
        return seen
    }

    private func isBefore(_ left: Diagnostic, _ right: Diagnostic) -> Bool {
        let (first, second) = (left.position, right.position)
        if first?.file != second?.file { return (first?.file ?? "") < (second?.file ?? "") }
        return (first?.line ?? 0, first?.column ?? 0, left.code, left.message)
            < (second?.line ?? 0, second?.column ?? 0, right.code, right.message)
    }
}
