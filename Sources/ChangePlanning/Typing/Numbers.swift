import SyncCore

/// Numbers as they fit uncast: nothing is rounded.
enum Numbers {
    private static let powersOfTen: [Int64] = (0..<19).map { (0..<$0).reduce(Int64(1)) { power, _ in power * 10 } }
    private static let exactPowersOfTen: [Double] = powersOfTen.map(Double.init)

    static func whole(_ cell: Cell, of source: [UInt8]) throws(TypingProblem) -> Int64 {
        switch cell {
        case .integer(let value): return value
        case .decimal(let mantissa, let scale):
            let (whole, rest) = mantissa.quotientAndRemainder(dividingBy: powersOfTen[Int(min(scale, 18))])
            guard rest == 0 else { throw .notWhole }
            return whole
        case .bigDecimal(let slice):
            guard let decimal = DecimalText(Array(source[slice.range])) else { throw .notFinite }
            guard decimal.isWhole else { throw .notWhole }
            guard let whole = decimal.int64 else { throw .beyondExactInteger }
            return whole
        case .double(let value): return try whole(value)
        case .float(let value): return try whole(shortest(value))
        default: throw .otherType
        }
    }

    /// float4's own shortest decimal, not the longer one of the same value as a double: 0.1, 123456790, 1e20.
    private static func shortest(_ value: Float) -> Double {
        // Below 2^24 every whole number is its own decimal; what is not finite stays so.
        if value.magnitude < 0x1p24, value == value.rounded(.towardZero) { return Double(value) }
        return Double(value.description) ?? Double(value)
    }

    static func whole(_ value: Double) throws(TypingProblem) -> Int64 {
        guard value.isFinite else { throw .notFinite }
        guard value == value.rounded(.towardZero) else { throw .notWhole }
        guard value.magnitude <= Double(AttributeValue.largestExactInteger) else { throw .beyondExactInteger }
        return Int64(value)
    }

    static func number(_ cell: Cell, of source: [UInt8]) throws(TypingProblem) -> Double {
        switch cell {
        case .integer(let value):
            guard value.magnitude <= UInt64(AttributeValue.largestExactInteger) else { throw .beyondExactInteger }
            return Double(value)
        case .double(let value):
            guard value.isFinite else { throw .notFinite }
            return value
        case .float(let value):
            guard value.isFinite else { throw .notFinite }
            return shortest(value)
        case .decimal(let mantissa, let scale):
            if mantissa.magnitude < 1_000_000_000_000_000 {
                // Both are exact doubles, so the quotient is the nearest one, and 15 digits always print back.
                return Double(mantissa) / exactPowersOfTen[Int(min(scale, 18))]
            }
            guard let value = DecimalText(mantissa: mantissa, scale: Int(scale)).exactDouble else {
                throw .notExactNumber
            }
            return value
        case .bigDecimal(let slice):
            guard let decimal = DecimalText(Array(source[slice.range])) else { throw .notFinite }
            guard let value = decimal.exactDouble else { throw .notExactNumber }
            return value
        default: throw .otherType
        }
    }
}

/// Numbers and booleans where the mapping says `cast:`.
enum CastValues {
    static func integer(_ cell: Cell, of source: [UInt8]) throws(TypingProblem) -> Int64 {
        switch cell {
        case .boolean(let flag): return flag ? 1 : 0
        case .text(let slice):
            guard let decimal = DecimalText(Array(source[slice.range])) else { throw .otherText }
            guard decimal.isWhole else { throw .notWhole }
            guard let value = decimal.int64 else { throw .beyondExactInteger }
            return value
        default: return try Numbers.whole(cell, of: source)
        }
    }

    /// The nearest double: the cast is what allows rounding.
    static func number(_ cell: Cell, of source: [UInt8]) throws(TypingProblem) -> Double {
        switch cell {
        case .boolean(let flag): return flag ? 1 : 0
        case .integer(let value): return Double(value)
        case .decimal(let mantissa, let scale):
            guard let value = DecimalText(mantissa: mantissa, scale: Int(scale)).nearestDouble else { throw .notFinite }
            return value
        case .bigDecimal(let slice):
            guard let value = DecimalText(Array(source[slice.range]))?.nearestDouble else { throw .notFinite }
            return value
        case .text(let slice):
            guard let decimal = DecimalText(Array(source[slice.range])) else { throw .otherText }
            guard let value = decimal.nearestDouble else { throw .notFinite }
            return value
        default: return try Numbers.number(cell, of: source)
        }
    }

    /// PostgreSQL's own spellings, in any case: true yes on t y 1, false no off f n 0.
    static func boolean(_ cell: Cell, of source: [UInt8]) throws(TypingProblem) -> Bool {
        switch cell {
        case .boolean(let flag): return flag
        case .text(let slice):
            switch String(decoding: source[slice.range], as: UTF8.self).lowercased() {
            case "true", "t", "yes", "y", "on", "1": return true
            case "false", "f", "no", "n", "off", "0": return false
            default: throw .otherText
            }
        case .integer, .decimal, .bigDecimal, .double, .float:
            switch try Numbers.whole(cell, of: source) {
            case 0: return false
            case 1: return true
            default: throw .neitherZeroNorOne
            }
        default: throw .otherType
        }
    }
}
