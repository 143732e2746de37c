import SyncCore

extension SQLConstant {
    /// What a scalar is by itself, when nothing says what is expected.
    init(_ scalar: YAMLScalar) {
        let value: AttributeValue =
            switch scalar.meaning {
            case .boolean(let flag): .boolean(flag)
            case .integer(let whole): .integer(whole)
            case .number(let number): .number(number)
            case .text, .null: .string(scalar.text)
            }
        self.init(value, writtenAs: scalar.text)
    }

    /// Digits and a sign, however many.
    var isWhole: Bool {
        switch value {
        case .integer: true
        case .number: text.utf8.drop { "+-".utf8.contains($0) }.allSatisfy { (0x30...0x39).contains($0) }
        default: false
        }
    }

    /// Why SQLite, which takes the number and not its text, would get something else than what is written.
    var changeOnSQLite: String? {
        switch value {
        case .null, .boolean, .string: return nil
        case .number(let number) where !DecimalText.isExact(text, number):
            return "SQLite does not keep all digits of this number"
        case .integer, .number: break
        }
        let digits = text.utf8.drop { "+-".utf8.contains($0) }.prefix(2)
        guard digits.count == 2, digits.first == 0x30, let second = digits.last, (0x30...0x39).contains(second) else {
            return nil
        }
        return "SQLite does not keep the zeros that this number starts with"
    }
}
