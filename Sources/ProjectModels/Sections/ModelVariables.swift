import SyncCore

/// The variables of a project's models: those of `vars` in headrace.yml, replaced by those of the command line.
final class ModelVariables {
    /// A value of headrace.yml.
    struct Declared {
        var constant: SQLConstant
        /// Of the value; nil where there is none to point at.
        var position: Diagnostic.Position?
        /// From a `${…}` place, which no quotes make a text.
        var isExpanded = false
    }

    private let declared: [String: Declared]
    private let values: [String: SQLConstant]
    private let given: Set<String>
    /// Headrace.yml does not say them legibly.
    private let areUnknown: Bool
    private let findings: Findings
    private var used: Set<String> = []
    /// Names whose value is reported for SQLite.
    private var changed: Set<String> = []

    /// `declared` is nil where headrace.yml is not legible. A given text has the type of the declared value that it
    /// replaces; else it is read as YAML would read it without quotes.
    init(declared: [String: Declared]?, given: [String: String], findings: Findings) {
        var values = (declared ?? [:]).mapValues(\.constant)
        for (name, text) in given.sorted(by: { $0.key < $1.key }) {
            let type = declared?[name]?.constant.value
            let value = Self.typed(text, as: type)
            if value == nil || text.contains("\0") {
                let expected = type.map(Self.typeName) ?? "a value without NUL"
                findings.error("invalid_value", "--var \(name): expected \(expected), as `vars` has it", at: nil)
            }
            if ReservedNames.holds(name) {
                findings.error("reserved_name", "--var \(name): \(ReservedNames.reason)", at: nil)
            }
            values[name] = value ?? SQLConstant(.null)
        }
        self.declared = declared ?? [:]
        self.values = values
        self.given = Set(given.keys)
        self.findings = findings
        areUnknown = declared == nil
    }

    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || byte == UInt8(ascii: "_")
        }
    }

    private static func typed(_ text: String, as declared: AttributeValue?) -> SQLConstant? {
        let constant = SQLConstant(YAMLScalar(text: text, isPlain: true))
        switch (declared, constant.value) {
        case (nil, _), (.null, _), (.boolean, .boolean), (.integer, .integer), (.number, .number): return constant
        case (.integer, .number) where constant.isWhole: return constant
        case (.number, .integer(let whole)): return SQLConstant(.number(Double(whole)), writtenAs: text)
        case (.string, _): return SQLConstant(.string(text))
        default: return nil
        }
    }

    private static func typeName(of value: AttributeValue) -> String {
        switch value {
        case .null: "a value"
        case .boolean: "true or false"
        case .integer: "a whole number"
        case .number: "a number"
        case .string: "a text"
        }
    }

    /// The statement with the values of its variables; one that nobody gives is reported at its place.
    func bind(_ statement: SQLStatement, _ dialect: SQLDialect) -> SQLStatement {
        var bound: [String: SQLConstant] = [:]
        let tokens = SQLTokens(statement.text, dialect)
        for token in tokens.tokens where token.kind == .variable {
            let name = String(tokens.text(of: token).dropFirst())
            used.insert(name)
            if ReservedNames.holds(name) {
                let place = statement.position(ofScalar: token.range.lowerBound).position
                findings.error("reserved_name", ReservedNames.message("variable", name), at: place)
            } else if let value = values[name] {
                bound[name] = value
                if dialect == .sqlite { reportChange(of: name, value) }
            } else if !areUnknown {
                report(name, at: statement.position(ofScalar: token.range.lowerBound).position)
            }
        }
        return statement.binding(bound)
    }

    private func report(_ name: String, at position: Diagnostic.Position) {
        let nearest = NearestName.find(name, among: values.keys).map { "did you mean :\($0)?" }
        findings.error(
            "unknown_variable", "the variable :\(name) has no value", at: position,
            hint: nearest ?? "write \(name) under `vars:` of headrace.yml, or give --var \(name)=VALUE")
    }

    /// A number that SQLite would round, or that is a code of digits rather, selects other rows than those asked for.
    private func reportChange(of name: String, _ value: SQLConstant) {
        guard let change = value.changeOnSQLite, changed.insert(name).inserted else { return }
        guard !given.contains(name), let written = declared[name] else {
            let isText = "give :\(name) a text under `vars:` of headrace.yml if it is one; --var then takes texts"
            return findings.error("invalid_value", "--var \(name): \(change)", at: nil, hint: isText)
        }
        findings.error(
            "invalid_value", "`\(name)`: \(change)", at: written.position,
            hint: written.isExpanded ? nil : "write it in quotes if it is a text")
    }

    /// Remembers what a statement may use whose source is not known.
    func noteUses(in statement: SQLStatement?) {
        guard let statement else { return }
        for dialect in [SQLDialect.sqlite, .postgres] {
            let tokens = SQLTokens(statement.text, dialect)
            used.formUnion(
                tokens.tokens.filter { $0.kind == .variable }.map { String(tokens.text(of: $0).dropFirst()) })
        }
    }

    /// A value of the command line that no model reads is a mistake: the run would not be what was asked for.
    func reportUnused() {
        for name in given.subtracting(used).sorted() where !ReservedNames.holds(name) {
            let nearest = NearestName.find(name, among: used).map { "did you mean --var \($0)=…?" }
            findings.error(
                "unused_variable", "--var \(name): no model reads :\(name)", at: nil, hint: nearest)
        }
    }
}
