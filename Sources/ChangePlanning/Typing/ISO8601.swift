import SyncCore

/// ISO 8601 as typing reads and prints it: the calendar's extended form, years 0001 to 9999, nothing lenient.
enum ISO8601 {
    enum Moment: Equatable {
        /// Microseconds since 1970-01-01T00:00:00Z.
        case utc(Int64)
        /// Microseconds since 1970-01-01T00:00:00 on a clock whose zone the text does not say.
        case local(Int64)
    }

    static let microsecondsPerDay: Int64 = 86_400_000_000
    /// 0001-01-01 and 9999-12-31.
    static let days: ClosedRange<Int64> = -719_162...2_932_896

    static func isPrintable(microseconds: Int64) -> Bool {
        days.contains(microseconds.dividedFloor(by: microsecondsPerDay).quotient)
    }

    /// `YYYY-MM-DD` and nothing else.
    static func date(_ text: Span<UInt8>) -> Int64? {
        text.count == 10 ? leadingDate(text) : nil
    }

    /// `YYYY-MM-DDTHH:MM:SS[.fff…][Z|±HH:MM]`, a space also for the T. Digits finer than a microsecond must be zeros.
    static func timestamp(_ text: Span<UInt8>) -> Moment? {
        guard text.count >= 19, let day = leadingDate(text),
            text[10] == UInt8(ascii: "T") || text[10] == UInt8(ascii: " "),
            text[13] == UInt8(ascii: ":"), text[16] == UInt8(ascii: ":"),
            let hour = digits(text, at: 11), let minute = digits(text, at: 14), let second = digits(text, at: 17),
            hour < 24, minute < 60, second < 60
        else { return nil }
        var micros = day * microsecondsPerDay + ((hour * 60 + minute) * 60 + second) * 1_000_000
        var index = 19
        if index < text.count, text[index] == UInt8(ascii: ".") {
            guard let fraction = fraction(text, after: &index) else { return nil }
            micros += fraction
        }
        guard index < text.count else { return .local(micros) }
        if text[index] == UInt8(ascii: "Z") { return index + 1 == text.count ? .utc(micros) : nil }
        guard let offset = zoneOffset(text, at: index) else { return nil }
        return .utc(micros - offset)
    }

    static func appendDate(days: Int64, to text: inout [UInt8]) {
        let date = CivilDate(daysSince1970: days)
        append(date.year, width: 4, to: &text)
        text.append(UInt8(ascii: "-"))
        append(date.month, width: 2, to: &text)
        text.append(UInt8(ascii: "-"))
        append(date.day, width: 2, to: &text)
    }

    /// UTC with Z and as many fraction digits as the value has, none if zero.
    static func appendTimestamp(microseconds: Int64, to text: inout [UInt8], zone: Bool = true) {
        let (day, inDay) = microseconds.dividedFloor(by: microsecondsPerDay)
        appendDate(days: day, to: &text)
        let seconds = inDay / 1_000_000
        for (mark, part) in [("T", seconds / 3600), (":", seconds / 60 % 60), (":", seconds % 60)] {
            text.append(contentsOf: mark.utf8)
            append(part, width: 2, to: &text)
        }
        var fraction = inDay % 1_000_000
        if fraction != 0 {
            var width = 6
            while fraction % 10 == 0 { (fraction, width) = (fraction / 10, width - 1) }
            text.append(UInt8(ascii: "."))
            append(fraction, width: width, to: &text)
        }
        if zone { text.append(UInt8(ascii: "Z")) }
    }

    private static func append(_ value: Int64, width: Int, to text: inout [UInt8]) {
        var divisor: Int64 = 1
        for _ in 1..<max(width, 1) { divisor *= 10 }
        while divisor > 0 {
            text.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }

    private static func leadingDate(_ text: Span<UInt8>) -> Int64? {
        guard text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"),
            let century = digits(text, at: 0), let year = digits(text, at: 2), let month = digits(text, at: 5),
            let day = digits(text, at: 8)
        else { return nil }
        let date = CivilDate(year: century * 100 + year, month: month, day: day)
        return date.year > 0 && date.isValid ? date.daysSince1970 : nil
    }

    private static func digits(_ text: Span<UInt8>, at index: Int) -> Int64? {
        let (tens, ones) = (text[index] &- 48, text[index + 1] &- 48)
        return tens < 10 && ones < 10 ? Int64(tens) * 10 + Int64(ones) : nil
    }

    private static func fraction(_ text: Span<UInt8>, after index: inout Int) -> Int64? {
        var value: Int64 = 0
        var count = 0
        index += 1
        while index < text.count, case let digit = text[index] &- 48, digit < 10 {
            if count < 6 { value = value * 10 + Int64(digit) } else if digit != 0 { return nil }
            (count, index) = (count + 1, index + 1)
        }
        guard count > 0 else { return nil }
        for _ in min(count, 6)..<6 { value *= 10 }
        return value
    }

    private static func zoneOffset(_ text: Span<UInt8>, at index: Int) -> Int64? {
        guard text.count == index + 6, text[index + 3] == UInt8(ascii: ":"),
            text[index] == UInt8(ascii: "+") || text[index] == UInt8(ascii: "-"),
            let hours = digits(text, at: index + 1), let minutes = digits(text, at: index + 4),
            hours < 24, minutes < 60
        else { return nil }
        let offset = (hours * 60 + minutes) * 60_000_000
        return text[index] == UInt8(ascii: "-") ? -offset : offset
    }
}
