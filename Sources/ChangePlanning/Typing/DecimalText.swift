/// A decimal as digits and a power of ten, without zeros at either end, so that equal decimals compare equal however
/// they were written.
struct DecimalText: Equatable {
    private(set) var isNegative = false
    /// Values 0–9, without leading or trailing zeros; empty is zero.
    private(set) var digits: [UInt8] = []
    /// Power of ten of the last digit.
    private(set) var exponent = 0

    /// `-?digits[.digits][e±digits]`; nil for anything else, also for blanks, `+1`, `.5` and `5.`.
    init?(_ text: [UInt8]) {
        var index = 0
        if text.first == UInt8(ascii: "-") { (isNegative, index) = (true, 1) }
        guard takeDigits(text, at: &index) > 0 else { return nil }
        if index < text.count, text[index] == UInt8(ascii: ".") {
            index += 1
            let count = takeDigits(text, at: &index)
            guard count > 0 else { return nil }
            exponent = -count
        }
        if index < text.count, text[index] | 0x20 == UInt8(ascii: "e") {
            guard let power = Self.power(text[(index + 1)...]) else { return nil }
            (exponent, index) = (exponent + power, text.count)
        }
        guard index == text.count else { return nil }
        normalise()
    }

    init(mantissa: Int64, scale: Int) {
        isNegative = mantissa < 0
        digits = String(mantissa.magnitude).utf8.map { $0 - 48 }
        exponent = -scale
        normalise()
    }

    var isWhole: Bool { exponent >= 0 }

    /// The value as an integer; nil if it has a fraction or more than 18 digits.
    var int64: Int64? {
        guard isWhole, digits.count + exponent <= 18 else { return nil }
        let magnitude = (digits + repeatElement(0, count: exponent)).reduce(Int64(0)) { $0 * 10 + Int64($1) }
        return isNegative ? -magnitude : magnitude
    }

    func multipliedByPowerOfTen(_ power: Int) -> DecimalText {
        var result = self
        if !digits.isEmpty { result.exponent += power }
        return result
    }

    /// The nearest double; nil beyond the largest finite one.
    var nearestDouble: Double? {
        guard let value = Double(text), value.isFinite else { return nil }
        return value == 0 ? 0 : value
    }

    /// The double whose shortest round-trip decimal is this very decimal; nil if there is none.
    var exactDouble: Double? {
        // No shortest form has more than 17 digits.
        guard digits.count <= 17, let value = nearestDouble, let printed = DecimalText(Array(value.description.utf8)),
            printed == self
        else { return nil }
        return value
    }

    /// Digits and exponent, as `Double.init` reads them.
    private var text: String {
        let sign = isNegative ? "-" : ""
        let figures = String(decoding: digits.isEmpty ? [48] : digits.map { $0 + 48 }, as: UTF8.self)
        return "\(sign)\(figures)e\(exponent)"
    }

    /// Plain decimal notation: no exponent, no trailing zeros after the point.
    var plain: [UInt8] {
        var figures = digits.map { $0 + 48 }
        if exponent >= 0 {
            figures += repeatElement(48, count: digits.isEmpty ? 1 : exponent)
        } else {
            let missing = max(0, 1 - exponent - figures.count)
            figures = Array(repeating: 48, count: missing) + figures
            figures.insert(UInt8(ascii: "."), at: figures.count + exponent)
        }
        return (isNegative ? [UInt8(ascii: "-")] : []) + figures
    }

    private mutating func normalise() {
        digits.trimPrefix { $0 == 0 }
        while digits.last == 0 {
            digits.removeLast()
            exponent += 1
        }
        if digits.isEmpty { (isNegative, exponent) = (false, 0) }
    }

    private mutating func takeDigits(_ text: [UInt8], at index: inout Int) -> Int {
        let start = index
        while index < text.count, case let digit = text[index] &- 48, digit < 10 {
            digits.append(digit)
            index += 1
        }
        return index - start
    }

    /// An exponent of at most five digits: no database's decimal has a longer one.
    private static func power(_ text: ArraySlice<UInt8>) -> Int? {
        let digits = text.first == UInt8(ascii: "-") || text.first == UInt8(ascii: "+") ? text.dropFirst() : text
        guard (1...5).contains(digits.count), digits.allSatisfy({ $0 &- 48 < 10 }) else { return nil }
        let value = digits.reduce(0) { $0 * 10 + Int($1 - 48) }
        return text.first == UInt8(ascii: "-") ? -value : value
    }
}
