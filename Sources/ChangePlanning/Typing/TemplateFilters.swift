import SyncCore

/// A column of a template with everything decided that does not depend on a row.
struct TemplatePlace: Sendable {
    let column: Int
    let filters: [TemplateFilter]
    /// SQLite: text stands in for dates.
    let isDynamic: Bool

    /// Appends the text of a cell that is not null.
    func append(
        _ cell: Cell, of source: [UInt8], to text: inout [UInt8], clock: inout LocalClock?
    ) throws(TypingProblem) {
        guard let first = filters.first else { return try PlainText.append(cell, of: source, to: &text, clock: &clock) }
        var part: [UInt8] = []
        if case .date(let format) = first {
            let time = try DateFilter.time(cell, of: source, isDynamic: isDynamic, clock)
            try DateFilter.append(time, as: format, to: &part)
        } else {
            try PlainText.append(cell, of: source, to: &part, clock: &clock)
        }
        for filter in filters { part = TextFilters.apply(filter, to: part) }
        text += part
    }
}

/// The filters of text. Swift's case mappings are those of Unicode, full and of no language.
enum TextFilters {
    static func apply(_ filter: TemplateFilter, to text: [UInt8]) -> [UInt8] {
        switch filter {
        case .trim: trimmed(text)
        case .upper: Array(String(decoding: text, as: UTF8.self).uppercased().utf8)
        case .lower: Array(String(decoding: text, as: UTF8.self).lowercased().utf8)
        case .capitalize: capitalized(text)
        case .date: text
        }
    }

    private static func trimmed(_ text: [UInt8]) -> [UInt8] {
        let scalars = String(decoding: text, as: UTF8.self).unicodeScalars
        let start = scalars.drop { $0.properties.isWhitespace }
        guard let last = start.lastIndex(where: { !$0.properties.isWhitespace }) else { return [] }
        return Array(String(start[...last]).utf8)
    }

    private static func capitalized(_ text: [UInt8]) -> [UInt8] {
        let scalars = String(decoding: text, as: UTF8.self).unicodeScalars
        guard let first = scalars.first else { return [] }
        return Array((first.properties.titlecaseMapping + String(scalars.dropFirst()).lowercased()).utf8)
    }
}

/// The filter `date`.
enum DateFilter {
    enum Time: Equatable {
        /// Days since 1970-01-01.
        case day(Int64)
        /// Microseconds since 1970-01-01T00:00:00 on the clock that is written.
        case moment(Int64)
    }

    /// A moment is written on the clock of the model's zone, in UTC without one; a time without a zone as it stands.
    static func time(
        _ cell: Cell, of source: [UInt8], isDynamic: Bool, _ clock: LocalClock?
    ) throws(TypingProblem) -> Time {
        switch cell {
        case .date(let day):
            guard ISO8601.days.contains(day) else { throw .yearOutOfRange }
            return .day(day)
        case .timestamp(let micros): return try moment(utc: micros, clock)
        case .localTimestamp(let micros): return try moment(micros)
        case .infiniteTime: throw .infiniteTime
        case .text(let slice) where isDynamic:
            let text = source.span.extracting(slice.range)
            if let day = ISO8601.date(text) { return .day(day) }
            switch ISO8601.timestamp(text) {
            case .utc(let micros): return try moment(utc: micros, clock)
            case .local(let micros): return try moment(micros)
            case nil: throw .noDateToFormat
            }
        default: throw .noDateToFormat
        }
    }

    private static func moment(utc micros: Int64, _ clock: LocalClock?) throws(TypingProblem) -> Time {
        guard ISO8601.isPrintable(microseconds: micros) else { throw .yearOutOfRange }
        return try moment(clock?.local(fromUTC: micros) ?? micros)
    }

    private static func moment(_ micros: Int64) throws(TypingProblem) -> Time {
        guard ISO8601.isPrintable(microseconds: micros) else { throw .yearOutOfRange }
        return .moment(micros)
    }

    static func append(_ time: Time, as format: DateFormat, to text: inout [UInt8]) throws(TypingProblem) {
        var (day, inDay): (Int64, Int64)
        switch time {
        case .day(let date):
            if format.firstFieldOfTime != nil { throw .noTimeToFormat }
            (day, inDay) = (date, 0)
        case .moment(let micros): (day, inDay) = micros.dividedFloor(by: ISO8601.microsecondsPerDay)
        }
        let date = CivilDate(daysSince1970: day)
        for part in format.parts {
            switch part {
            case .text(let literal): text.append(contentsOf: literal.utf8)
            case .field(let field, let isPadded):
                if let name = name(of: field, date, day: day, inDay: inDay) {
                    text.append(contentsOf: name.utf8)
                } else {
                    let digits = String(number(of: field, date, day: day, inDay: inDay))
                    let missing = isPadded ? (field.width ?? 0) - digits.utf8.count : 0
                    text.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: max(0, missing)))
                    text.append(contentsOf: digits.utf8)
                }
            }
        }
    }

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
    private static let weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

    private static func name(of field: DateFormat.Field, _ date: CivilDate, day: Int64, inDay: Int64) -> String? {
        switch field {
        case .monthName: months[Int(date.month) - 1]
        case .shortMonthName: String(months[Int(date.month) - 1].prefix(3))
        case .weekdayName: weekdays[weekday(of: day)]
        case .shortWeekdayName: String(weekdays[weekday(of: day)].prefix(3))
        case .halfDay: inDay < ISO8601.microsecondsPerDay / 2 ? "AM" : "PM"
        default: nil
        }
    }

    /// 0 for Monday; 1970-01-01 was a Thursday.
    private static func weekday(of day: Int64) -> Int { Int((day + 3).dividedFloor(by: 7).remainder) }

    private static func number(of field: DateFormat.Field, _ date: CivilDate, day: Int64, inDay: Int64) -> Int64 {
        let seconds = inDay / 1_000_000
        return switch field {
        case .year: date.year
        case .yearOfCentury: date.year % 100
        case .month: date.month
        case .day: date.day
        case .dayOfYear: day - CivilDate(year: date.year, month: 1, day: 1).daysSince1970 + 1
        case .weekday: Int64(weekday(of: day) + 1)
        case .hour: seconds / 3600
        case .hourOfHalfDay: (seconds / 3600 + 11) % 12 + 1
        case .minute: seconds / 60 % 60
        case .second: seconds % 60
        case .millisecond: inDay % 1_000_000 / 1000
        case .microsecond: inDay % 1_000_000
        case .monthName, .shortMonthName, .weekdayName, .shortWeekdayName, .halfDay:
            preconditionFailure("a name is no number")
        }
    }
}
