/// Random values of every kind: mostly ordinary ones, and often enough what lies at the edge of the kind or beyond it.
struct RandomValues: Sendable {
    var random: SeededGenerator

    mutating func happens(_ chance: Double) -> Bool { Double.random(in: 0..<1, using: &random) < chance }
    mutating func pick<Element>(_ choices: [Element]) -> Element { choices[number(0...choices.count - 1)] }
    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    mutating func text() -> String {
        switch number(0...19) {
        case 0:
            return pick(["", " ", "'", "\\", "\\N", "\"", "{{x}}", "null", "NULL", "\r\n", "e\u{301}", "é", "👩‍👩‍👧‍👦", "ﷺ"])
        case 1: return String(repeating: pick(["ä", "x", "𝄞", "\u{7F}"]), count: number(1...400))
        case 2...9: return String((0..<number(1...12)).map { _ in pick(Array("abcdefgh XYZ-_.0123456789")) })
        default:
            var text = ""
            for _ in 0..<number(1...10) { text.unicodeScalars.append(scalar()) }
            return text
        }
    }

    /// Of any plane; never NUL, which PostgreSQL cannot hold.
    private mutating func scalar() -> Unicode.Scalar {
        let ranges: [ClosedRange<Int>] = [
            0x01...0x1F, 0x20...0x7E, 0x80...0xFF, 0x300...0x36F, 0x590...0x6FF, 0x2000...0x20FF, 0x4E00...0x9FFF,
            0xE000...0xFFFF, 0x1F300...0x1FAFF, 0xF0000...0x10FFFF,
        ]
        return Unicode.Scalar(UInt32(number(pick(ranges)))) ?? " "
    }

    mutating func brokenText() -> [UInt8] {
        pick([[0xFF], [0x61, 0x00], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x00]])
    }

    /// Of any magnitude up to `bits`, and its ends.
    mutating func integer(bits: Int) -> Int64 {
        let ends: [Int64] = [0, 1, -1, .max >> (64 - bits), .min >> (64 - bits)]
        if happens(0.03) { return pick(ends) }
        return Int64.random(in: .min ... .max, using: &random) >> Int64(64 - number(1...bits))
    }

    /// Mostly within ±2^53, its neighbours among them.
    mutating func wideInteger() -> Int64 {
        let edge: Int64 = 1 << 53
        if happens(0.05) { return pick([edge, -edge, edge + 1, -edge - 1, edge - 1, .max, .min]) }
        return integer(bits: happens(0.01) ? 64 : 53)
    }

    mutating func real() -> Double {
        if happens(0.02) { return pick([.infinity, -.infinity, .nan]) }
        if happens(0.05) {
            return pick([
                0, -0.0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .greatestFiniteMagnitude, 0x1p53, 0x1p53 + 2,
                1e21, 1e-7, 0.1,
            ])
        }
        if happens(0.5) { return Double(number(-1_000_000...1_000_000)) / 100 }
        let value = Double(bitPattern: UInt64.random(in: 0 ... .max, using: &random))
        return value.isFinite ? value : 1.5
    }

    mutating func single() -> Float {
        if happens(0.02) { return pick([.infinity, -.infinity, .nan]) }
        if happens(0.5) { return Float(number(-100_000...100_000)) / 100 }
        let value = Float(bitPattern: UInt32.random(in: 0 ... .max, using: &random))
        return value.isFinite ? value : 0.1
    }

    /// Of 1 to 15 digits mostly, which any double keeps; now and then more, or none.
    mutating func decimal() -> String {
        if happens(0.01) { return pick(["NaN", "Infinity", "-Infinity", "1e400", "1e-400", "1e131071"]) }
        let count = happens(0.03) ? number(16...60) : number(1...15)
        let digits = (0..<count).map { _ in String(number(0...9)) }.joined()
        let point = number(0...count)
        let (whole, fraction) = (digits.prefix(point), digits.dropFirst(point))
        let zeros = happens(0.2) ? String(repeating: "0", count: number(1...12)) : ""
        return (happens(0.5) ? "-" : "") + (whole.isEmpty ? "0" : whole)
            + (fraction.isEmpty ? "" : "." + fraction + zeros)
    }

    mutating func day(years: ClosedRange<Int> = 1...9999) -> Clock {
        let (year, month) = (number(years), number(1...12))
        return Clock(year: year, month: month, day: number(1...Clock.daysInMonth(month, of: year)))
    }

    /// To the microsecond, the millisecond or the second.
    mutating func clock(years: ClosedRange<Int>) -> Clock {
        var clock = day(years: years)
        (clock.hour, clock.minute, clock.second) = (number(0...23), number(0...59), number(0...59))
        clock.microsecond = pick([0, number(0...999) * 1000, number(0...999_999)])
        return clock
    }

    /// Near the ends of the calendar now and then.
    mutating func moment() -> GeneratedValue {
        if happens(0.01) { return .infinity(isNegative: happens(0.5)) }
        let years = happens(0.02) ? pick([1...1, 9999...9999]) : happens(0.5) ? 1...9999 : 1950...2050
        return .moment(clock(years: years), offset: pick([0, 60, -300, 345, 840, -719, 1]))
    }

    /// Of central Europe since its clocks follow one rule; on the two nights of the year now and then.
    mutating func localTime() -> Clock {
        var clock = clock(years: 1997...2036)
        if happens(0.1) {
            clock.month = pick([3, 10])
            clock.day = CentralEurope.lastSunday(of: clock.month, clock.year) + pick([-1, 0, 0, 1])
            clock.day = min(clock.day, 31)
            clock.hour = number(0...4)
        }
        return clock
    }

    mutating func list() -> GeneratedValue {
        if happens(0.005) { return .listOfLists([word(), word()]) }
        var items: [String?] = (0..<number(0...5)).map { _ in word() }
        if let first = items.first, happens(0.2) { items.append(first) }
        if happens(0.015) { items.append(pick([nil, "", "a|b"])) }
        return .list(items)
    }

    private mutating func word() -> String {
        let text = text().replacing("|", with: "")
        return text.isEmpty ? "w" : text
    }

    mutating func json(depth: Int = 0) -> GeneratedJSON {
        switch number(depth == 0 ? 3...9 : depth < 3 ? 0...9 : 0...4) {
        case 0: .literal(pick(["null", "true", "false"]))
        case 1, 2: .literal(pick(["0", "-0", "1.50", "1e400", "-12.5E-3", "12345678901234567890", "1.0"]))
        case 3, 4: .string(text())
        case 5, 6: .array((0..<number(0...4)).map { _ in json(depth: depth + 1) })
        default: .object((0..<number(0...4)).map { ("\(text())\($0)", json(depth: depth + 1)) })
        }
    }
}
