/// Tells statements from files with nothing but space and comments.
enum SQLText {
    /// True when no token is left after `--` and nested `/* */` comments and `;`.
    static func isBlank(_ text: String) -> Bool {
        var rest = text.utf8[...]
        while let first = rest.first {
            if " \t\r\n\u{0C}\u{0B};".utf8.contains(first) {
                rest = rest.dropFirst()
            } else if rest.starts(with: "\u{FEFF}".utf8) {
                rest = rest.dropFirst(3)
            } else if rest.starts(with: "--".utf8) {
                rest = rest.drop { $0 != 0x0A }
            } else if rest.starts(with: "/*".utf8) {
                rest = afterComment(rest.dropFirst(2))
            } else {
                return false
            }
        }
        return true
    }

    private static func afterComment(_ text: Substring.UTF8View) -> Substring.UTF8View {
        var rest = text
        var depth = 1
        while depth > 0, !rest.isEmpty {
            if rest.starts(with: "*/".utf8) {
                depth -= 1
                rest = rest.dropFirst(2)
            } else if rest.starts(with: "/*".utf8) {
                depth += 1
                rest = rest.dropFirst(2)
            } else {
                rest = rest.dropFirst()
            }
        }
        return rest
    }
}
