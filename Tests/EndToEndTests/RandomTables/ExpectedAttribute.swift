import Foundation

/// What a generated value must become, decided from the value alone: an independent second opinion on typing.
enum ExpectedAttribute: Sendable, Equatable {
    /// A null: `on_null` decides.
    case nothing
    /// The whole row is not sent.
    case invalid
    case flag(Bool)
    /// A JSON number of this very decimal value.
    case number(String)
    case text(String)

    init(_ value: GeneratedValue, _ kind: ColumnKind, on engine: Engine) {
        let asText = kind.attribute.hasPrefix("type: string,") || kind.attribute == "type: string"
        switch value {
        case .null: self = .nothing
        case .blob, .brokenText: self = engine == .postgres ? .nothing : .invalid
        case .boolean(let flag): self = kind.attribute == "type: boolean" ? .flag(flag) : .number(flag ? "1" : "0")
        case .integer(let number):
            if asText {
                self = .text("\(number)")
            } else {
                self = number.magnitude <= 1 << 53 ? .number("\(number)") : .invalid
            }
        case .real(let number): self = Self.real(number, engine)
        case .single(let number):
            let isExact = engine == .postgres && number.isFinite
            self = isExact ? .number("\(number)") : Self.real(Double(number), engine)
        case .decimal(let written): self = Self.decimal(written, engine)
        case .text(let text):
            let isAllowed = !kind.attribute.contains("allowed") || ["gold", "silver ü", "none"].contains(text)
            self = isAllowed ? .text(text) : .invalid
        case .day(let day): self = day.isOfAFourDigitYear ? .text(day.date) : .invalid
        case .infinity: self = .invalid
        case .moment(let clock, let offset):
            self = Self.moment(
                clock.microsecondsSince1970 - offset * 60_000_000, inSeconds: kind.attribute.contains("epoch"))
        case .local(let clock):
            self =
                CentralEurope.offset(of: clock).map {
                    Self.moment(clock.microsecondsSince1970 - $0 * 60_000_000, inSeconds: false)
                } ?? .invalid
        case .listOfLists: self = .invalid
        case .list(let items): self = Self.list(items)
        case .json(let json): self = .text(json.text(sorted: true))
        }
    }

    /// SQLite has no NaN: it stores a NULL.
    private static func real(_ number: Double, _ engine: Engine) -> Self {
        if number.isNaN, engine == .sqlite { return .nothing }
        return number.isFinite ? .number("\(number)") : .invalid
    }

    /// PostgreSQL keeps every digit, so a double must print back as all of them. SQLite holds the nearest double.
    private static func decimal(_ written: String, _ engine: Engine) -> Self {
        guard let number = Double(written), engine == .postgres else { return real(Double(written) ?? .nan, engine) }
        guard number.isFinite, DecimalDigits("\(number)") == DecimalDigits(written) else { return .invalid }
        return .number(written)
    }

    private static func moment(_ microseconds: Int, inSeconds: Bool) -> Self {
        let utc = Clock(microsecondsSince1970: microseconds)
        guard utc.isOfAFourDigitYear else { return .invalid }
        guard inSeconds else { return .text("\(utc.date)T\(utc.time)Z") }
        return .number("\((microseconds - utc.microsecond) / 1_000_000)")
    }

    private static func list(_ items: [String?]) -> Self {
        let texts = items.compactMap { $0 }
        guard texts.count == items.count, texts.allSatisfy({ !$0.isEmpty && !$0.unicodeScalars.contains("|") }) else {
            return .invalid
        }
        // By bytes: to Swift, é is equal to e and its accent.
        let distinct = Set(texts.map { Array($0.utf8) }).sorted { $0.lexicographicallyPrecedes($1) }
        return .text(distinct.isEmpty ? "" : "|" + distinct.map { String(decoding: $0, as: UTF8.self) + "|" }.joined())
    }

    /// Whether the JSON literal that the simulator holds is this; nil where it holds none.
    func isHeld(as literal: String?) -> Bool {
        switch (self, literal) {
        case (.nothing, nil): true
        case (.flag(let flag), let literal?): literal == "\(flag)"
        case (.number(let written), let literal?): DecimalDigits(literal) == DecimalDigits(written)
        case (.text(let text), let literal?):
            // Decoded by Foundation, compared byte by byte.
            (try? JSONDecoder().decode(String.self, from: Data(literal.utf8))).map {
                Array($0.utf8) == Array(text.utf8)
            } ?? false
        default: false
        }
    }
}

/// A decimal as its digits without zeros at the ends, so that 1.50 is 1.5 and 0.15e1. Nil for what is none.
struct DecimalDigits: Equatable {
    private var isNegative = false
    private var digits: [Character] = []
    private var exponent = 0

    init?(_ text: String) {
        let parts = text.lowercased().split(separator: "e", omittingEmptySubsequences: false)
        guard parts.count <= 2, let mantissa = parts.first, let power = parts.count == 2 ? Int(parts[1]) : 0 else {
            return nil
        }
        isNegative = mantissa.hasPrefix("-")
        let unsigned = isNegative ? mantissa.dropFirst() : mantissa
        let halves = unsigned.split(separator: ".", omittingEmptySubsequences: false)
        guard halves.count <= 2, halves.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isNumber) }) else { return nil }
        digits = Array(halves.joined())
        exponent = power - (halves.count == 2 ? halves[1].count : 0)
        while digits.last == "0" {
            digits.removeLast()
            exponent += 1
        }
        digits = Array(digits.drop { $0 == "0" })
        if digits.isEmpty { (isNegative, exponent) = (false, 0) }
    }
}

/// Summer time from the last Sunday of March to that of October, one hour, changed at 01:00 UTC.
enum CentralEurope {
    static func lastSunday(of month: Int, _ year: Int) -> Int {
        // 1970-01-01 was a Thursday.
        let last = Clock(year: year, month: month, day: 31)
        return 31 - (last.daysSince1970 + 4) % 7
    }

    /// In minutes; nil for a local time that does not occur, or twice.
    static func offset(of clock: Clock) -> Int? {
        func night(_ month: Int, hour: Int) -> Int {
            var night = Clock(year: clock.year, month: month, day: lastSunday(of: month, clock.year))
            night.hour = hour
            return night.microsecondsSince1970
        }
        let local = clock.microsecondsSince1970
        if night(3, hour: 2)..<night(3, hour: 3) ~= local || night(10, hour: 2)..<night(10, hour: 3) ~= local {
            return nil
        }
        return night(3, hour: 3)..<night(10, hour: 2) ~= local ? 120 : 60
    }
}
