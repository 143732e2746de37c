import SyncCore

/// Reads the places of a template: `{{column}}`, `{{{column}}}` and `{{& column}}`, all rendered as plain text, each with
/// filters behind it: `{{ column | trim | date: "%Y" }}`.
struct TemplateText {
    struct Fault: Error, Equatable {
        var message: String
        /// Characters before the fault.
        var offset: Int
        var hint: String?
    }

    private(set) var parts: [Template.Part] = []
    /// Characters before the name of each place's column.
    private(set) var offsets: [Int] = []
    private(set) var faults: [Fault] = []

    private let text: [Character]
    private var index = 0

    /// Reads all of it: `faults` says what is wrong, and then `parts` is no template.
    init(_ text: String) {
        self.text = Array(text)
        var literal = ""
        while index < self.text.count {
            if starts(with: "{{", at: index) {
                if !literal.isEmpty { parts.append(.text(literal)) }
                literal = ""
                guard readPlace() else { return }
            } else if starts(with: "}}", at: index) {
                fault("`}}` closes nothing", at: index)
                index += 2
            } else {
                literal.append(self.text[index])
                index += 1
            }
        }
        if !literal.isEmpty { parts.append(.text(literal)) }
    }

    /// Reads from `{{` to behind what closes it; false where nothing does.
    private mutating func readPlace() -> Bool {
        let open = index
        let isTriple = starts(with: "{{{", at: open)
        let close = isTriple ? "}}}" : "}}"
        let start = open + close.count
        var end = start
        var bars: [Int] = []
        var quote: Int?
        while end < text.count, quote != nil || !starts(with: close, at: end) {
            switch text[end] {
            case let character where quote.map({ text[$0] == character }) == true: quote = nil
            case "|" where quote == nil: bars.append(end)
            case "\"" where quote == nil && !bars.isEmpty, "'" where quote == nil && !bars.isEmpty: quote = end
            default: break
            }
            end += 1
        }
        guard end < text.count else {
            if let quote { fault("the quoted text is not closed by `\(text[quote])`", at: quote) }
            if quote == nil { fault("`{{` is not closed by `\(close)`", at: open) }
            return false
        }
        index = end + close.count
        readPlace(from: start, bars: bars, end: end, isTriple: isTriple, open: open)
        return true
    }

    private mutating func readPlace(from start: Int, bars: [Int], end: Int, isTriple: Bool, open: Int) {
        let ends = bars + [end]
        var name = trimmed(start..<ends[0])
        if !isTriple, text[name].first == "&" { name = trimmed(name.dropFirst().startIndex..<name.upperBound) }
        guard let first = text[name].first, !text[name].contains("{"), !text[name].contains("}") else {
            return fault("`{{…}}` names a column", at: open)
        }
        if "#/^>!=&".contains(first) {
            return fault("a template has {{column}} places only: no sections, partials or comments", at: open)
        }
        var filters: [TemplateFilter] = []
        for (bar, next) in zip(bars, ends.dropFirst()) {
            let written = trimmed(bar + 1..<next)
            guard !written.isEmpty else {
                fault("a filter is missing behind `|`", at: bar)
                continue
            }
            do throws(Fault) {
                let filter = try FilterText.filter(text[written])
                if case .date = filter, !filters.isEmpty {
                    throw Fault(
                        message: "`date` reads the column itself, so it must be the first filter",
                        offset: written.lowerBound)
                }
                filters.append(filter)
            } catch {
                faults.append(error)
            }
        }
        offsets.append(name.lowerBound)
        parts.append(.column(String(text[name]), filters: filters))
    }

    private func starts(with mark: String, at index: Int) -> Bool { text[index...].starts(with: mark) }

    private mutating func fault(_ message: String, at offset: Int) {
        faults.append(Fault(message: message, offset: offset))
    }

    private func trimmed(_ range: Range<Int>) -> Range<Int> {
        var range = range
        while let first = range.first, text[first].isWhitespace { range = first + 1..<range.upperBound }
        while let last = range.last, text[last].isWhitespace { range = range.lowerBound..<last }
        return range
    }
}

/// Reads one filter of a template: `upper`, or `date: "%Y-%m-%d"`.
enum FilterText {
    private static let names = TemplateFilter.plain.keys.sorted() + ["date"]
    /// What the same is called in Liquid, Jinja and SQL.
    private static let otherNames = [
        "strip": "trim", "upcase": "upper", "downcase": "lower", "uppercase": "upper", "lowercase": "lower",
        "strftime": "date",
    ]

    /// `text` has no blanks at its ends; its indices are offsets in the template.
    static func filter(_ text: ArraySlice<Character>) throws(TemplateText.Fault) -> TemplateFilter {
        let name = String(text.prefix { $0.isLetter || $0.isNumber || $0 == "_" })
        let rest = text.dropFirst(name.count).drop(while: \.isWhitespace)
        guard names.contains(name) else {
            let nearest = otherNames[name.lowercased()] ?? NearestName.find(name, among: names)
            let hint =
                name == "default" || name == "coalesce"
                ? "write coalesce() in the model, or `on_null` for the whole template"
                : nearest.map { "did you mean `\($0)`?" }
            throw TemplateText.Fault(
                message: "`\(name.isEmpty ? String(text) : name)` is no filter: there are "
                    + names.joined(separator: ", "),
                offset: text.startIndex, hint: hint)
        }
        if let plain = TemplateFilter.plain[name] {
            guard rest.isEmpty else {
                throw TemplateText.Fault(message: "`\(name)` takes no argument", offset: rest.startIndex)
            }
            return plain
        }
        return .date(try dateFormat(rest, of: text))
    }

    private static func dateFormat(
        _ rest: ArraySlice<Character>, of filter: ArraySlice<Character>
    ) throws(TemplateText.Fault) -> DateFormat {
        let quoted = rest.first == ":" ? rest.dropFirst().drop(while: \.isWhitespace) : []
        guard let mark = quoted.first, mark == "\"" || mark == "'", quoted.count > 1,
            quoted.dropFirst().firstIndex(of: mark) == quoted.endIndex - 1
        else {
            throw TemplateText.Fault(
                message: "`date` needs one format in quotes",
                offset: rest.isEmpty ? filter.startIndex : rest.startIndex,
                hint: "write date: '%Y-%m-%d'")
        }
        do throws(DateFormat.Fault) {
            return try DateFormat(String(quoted.dropFirst().dropLast()))
        } catch {
            throw TemplateText.Fault(message: error.message, offset: quoted.startIndex + 1 + error.offset)
        }
    }
}
