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
    func sorted(files: [String: ProjectFile]) -> [Diagnostic] {
        var seen: [Diagnostic] = []
        for var finding in all.sorted(by: isBefore) {
            if let place = finding.position, let line = files[place.file]?.line(place.line),
                !SecretLine.holdsSecret(line)
            {
                finding.sourceLine = line
            }
            if seen.last != finding { seen.append(finding) }
        }
        return seen
    }

    private func isBefore(_ left: Diagnostic, _ right: Diagnostic) -> Bool {
        let (first, second) = (left.position, right.position)
        if first?.file != second?.file { return (first?.file ?? "") < (second?.file ?? "") }
        return (first?.line ?? 0, first?.column ?? 0, left.code, left.message)
            < (second?.line ?? 0, second?.column ?? 0, right.code, right.message)
    }
}

/// Tells lines that a finding may show from lines with a secret written into them.
enum SecretLine {
    /// True where a secret key has a literal value, or a URL carries a password.
    static func holdsSecret(_ line: String) -> Bool {
        if line.contains("@"), line.contains("://") { return true }
        if line.lowercased().contains("password=") { return true }
        return KeyTables.secretKeys.contains { hasLiteral(for: $0, in: line) }
    }

    private static func hasLiteral(for key: String, in line: String) -> Bool {
        for range in line.ranges(of: key) {
            let before = line[..<range.lowerBound].last
            guard before.map({ !$0.isLetter && !$0.isNumber && $0 != "_" }) ?? true else { continue }
            let rest = line[range.upperBound...].drop { $0 == "\"" || $0 == "'" || $0 == " " }
            guard rest.first == ":" else { continue }
            let value = rest.dropFirst().drop { $0 == " " || $0 == "\"" || $0 == "'" || $0 == "[" }
            if !value.isEmpty, !value.hasPrefix("${") { return true }
        }
        return false
    }
}
