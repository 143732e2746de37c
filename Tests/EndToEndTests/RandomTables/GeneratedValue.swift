/// A value before any database holds it: both are given the same, each in its own SQL.
enum GeneratedValue: Sendable {
    case null
    /// What only SQLite can hold in such a column: binary data. NULL on PostgreSQL.
    case blob
    case boolean(Bool)
    case integer(Int64)
    case real(Double)
    case single(Float)
    /// As written: `-0012.500`, `1e-7`, `NaN`.
    case decimal(String)
    case text(String)
    /// Text that is not UTF-8, or has a NUL; SQLite's only, NULL on PostgreSQL.
    case brokenText([UInt8])
    case day(Clock)
    /// `offset` is the zone's, in minutes; the clock shows its local time.
    case moment(Clock, offset: Int)
    case local(Clock)
    /// Of a date or a timestamp; as text in SQLite.
    case infinity(isNegative: Bool)
    case list([String?])
    case listOfLists([String])
    case json(GeneratedJSON)
}

enum Engine: String, Sendable, CaseIterable { case postgres, sqlite }

/// A date and a time of day on some clock, with a calendar of its own: days are counted as Howard Hinnant's
/// `days_from_civil` does.
struct Clock: Sendable, Equatable {
    var year: Int, month: Int, day: Int
    var hour = 0, minute = 0, second = 0, microsecond = 0

    init(year: Int, month: Int, day: Int) { (self.year, self.month, self.day) = (year, month, day) }

    init(microsecondsSince1970 total: Int) {
        let days = (total - Self.floorRest(total, 86_400_000_000)) / 86_400_000_000
        let rest = Self.floorRest(total, 86_400_000_000)
        let shifted = days + 719_468
        let era = (shifted - Self.floorRest(shifted, 146_097)) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        hour = rest / 3_600_000_000
        (minute, second, microsecond) = (rest / 60_000_000 % 60, rest / 1_000_000 % 60, rest % 1_000_000)
    }

    private static func floorRest(_ value: Int, _ divisor: Int) -> Int {
        let rest = value % divisor
        return rest < 0 ? rest + divisor : rest
    }

    /// Of its date.
    var daysSince1970: Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    var microsecondsSince1970: Int {
        daysSince1970 * 86_400_000_000 + ((hour * 60 + minute) * 60 + second) * 1_000_000 + microsecond
    }

    static func daysInMonth(_ month: Int, of year: Int) -> Int {
        let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
        return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }

    var isOfAFourDigitYear: Bool { (1...9999).contains(year) }

    /// `2026-02-28`, PostgreSQL's `0044-03-15 BC`, `12345-01-01`.
    var date: String { Self.padded(year > 0 ? year : 1 - year, 4) + "-\(Self.padded(month, 2))-\(Self.padded(day, 2))" }
    var era: String { year > 0 ? "" : " BC" }

    /// `10:00:00.12`, without trailing zeros.
    var time: String {
        let whole = [hour, minute, second].map { Self.padded($0, 2) }.joined(separator: ":")
        guard microsecond > 0 else { return whole }
        var digits = Self.padded(microsecond, 6)
        while digits.hasSuffix("0") { digits.removeLast() }
        return "\(whole).\(digits)"
    }

    static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

/// JSON that keeps its numbers as written.
indirect enum GeneratedJSON: Sendable {
    case literal(String)
    case string(String)
    case array([GeneratedJSON])
    case object([(key: String, value: GeneratedJSON)])

    /// `sorted`: the keys by their UTF-8 bytes and no blanks, else as they come and some.
    func text(sorted: Bool) -> String {
        let blank = sorted ? "" : " "
        switch self {
        case .literal(let literal): return literal
        case .string(let string): return Self.quoted(string)
        case .array(let items):
            return "[" + items.map { $0.text(sorted: sorted) }.joined(separator: ",\(blank)") + "]"
        case .object(let members):
            let ordered =
                sorted ? members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) } : members
            let texts = ordered.map { Self.quoted($0.key) + "\(blank):\(blank)" + $0.value.text(sorted: sorted) }
            return "{" + texts.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case _ where scalar.value < 0x20:
                quoted += "\\u00" + (scalar.value < 0x10 ? "0" : "") + String(scalar.value, radix: 16)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
