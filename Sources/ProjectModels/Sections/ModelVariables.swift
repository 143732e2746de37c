import SyncCore

/// The variables of a project's models: those of `vars` in headrace.yml, replaced by those of the command line.
final class ModelVariables {
    private let values: [String: AttributeValue]
    private let given: Set<String>
    /// Headrace.yml does not say them legibly.
    private let areUnknown: Bool
    private let findings: Findings
    private var used: Set<String> = []

    /// `declared` is nil where headrace.yml is not legible. A given text has the type of the declared value that it
    /// replaces; else it is read as YAML would read it without quotes.
    init(declared: [String: AttributeValue]?, given: [String: String], findings: Findings) {
        var values = declared ?? [:]
        for (name, text) in given.sorted(by: { $0.key < $1.key }) {
            let value = Self.typed(text, as: declared?[name])
            if value == nil || text.contains("\0") {
                let expected = declared?[name].map(Self.typeName) ?? "a value without NUL"
                findings.error("invalid_value", "--var \(name): expected \(expected), as `vars` has it", at: nil)
            }
            values[name] = value ?? .null
        }
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

    /// What a scalar is by itself, when nothing says what is expected.
    static func value(of scalar: YAMLScalar) -> AttributeValue {
        switch scalar.meaning {
        case .boolean(let flag): .boolean(flag)
        case .integer(let whole): .integer(whole)
        case .number(let number): .number(number)
        case .text, .null: .string(scalar.text)
        }
    }

    private static func typed(_ text: String, as declared: AttributeValue?) -> AttributeValue? {
        let value = value(of: YAMLScalar(text: text, isPlain: true))
        switch (declared, value) {
        case (nil, _), (.null, _), (.boolean, .boolean), (.integer, .integer), (.number, .number): return value
        case (.number, .integer(let whole)): return .number(Double(whole))
        case (.string, _): return .string(text)
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
        var bound: [String: AttributeValue] = [:]
        let tokens = SQLTokens(statement.text, dialect)
        for token in tokens.tokens where token.kind == .variable {
            let name = String(tokens.text(of: token).dropFirst())
            used.insert(name)
            if let value = values[name] {
                bound[name] = value
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
        for name in given.subtracting(used).sorted() {
            let nearest = NearestName.find(name, among: used).map { "did you mean --var \($0)=…?" }
            findings.error(
                "unused_variable", "--var \(name): no model reads :\(name)", at: nil, hint: nearest)
        }
    }
}
