import SyncCore

/// Reads the places of a template: `{{column}}`, `{{{column}}}` and `{{& column}}`, all rendered as plain text.
enum TemplateText {
    struct Fault: Error {
        var message: String
        /// Characters before the fault.
        var offset: Int
    }

    static func parse(_ text: String) throws(Fault) -> Template {
        var parts: [Template.Part] = []
        var rest = text[...]
        while let open = rest.firstRange(of: "{{") {
            if open.lowerBound > rest.startIndex { parts.append(.text(String(rest[..<open.lowerBound]))) }
            let offset = text.distance(from: text.startIndex, to: open.lowerBound)
            let isTriple = rest[open.upperBound...].hasPrefix("{")
            let close = isTriple ? "}}}" : "}}"
            let start = isTriple ? rest.index(after: open.upperBound) : open.upperBound
            guard let end = rest[start...].firstRange(of: close) else {
                throw Fault(message: "`{{` is not closed by `\(close)`", offset: offset)
            }
            parts.append(.column(try column(rest[start..<end.lowerBound], isTriple: isTriple, offset: offset)))
            rest = rest[end.upperBound...]
        }
        if let stray = rest.firstRange(of: "}}") {
            let offset = text.distance(from: text.startIndex, to: stray.lowerBound)
            throw Fault(message: "`}}` closes nothing", offset: offset)
        }
        if !rest.isEmpty { parts.append(.text(String(rest))) }
        return Template(parts: parts)
    }

    private static func column(_ inside: Substring, isTriple: Bool, offset: Int) throws(Fault) -> String {
        var name = trimmed(inside)
        if !isTriple, name.first == "&" { name = trimmed(name.dropFirst()) }
        if let first = name.first, "#/^>!=&".contains(first) {
            throw Fault(
                message: "a template has {{column}} places only: no sections, partials or comments", offset: offset)
        }
        guard !name.isEmpty, !name.contains("{"), !name.contains("}") else {
            throw Fault(message: "`{{…}}` names a column", offset: offset)
        }
        return String(name)
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}
