import SyncCore

@testable import ChangePlanning
@testable import SQLDatabases

/// The first byte chooses: a date, a timestamp or a local timestamp in PostgreSQL's binary form, text, or a number of
/// seconds. Days are counted by a calendar of the test's own.
enum TimeProperty {
    static func check(_ bytes: [UInt8]) throws(Violation) {
        guard let choice = bytes.first else { return }
        let rest = Array(bytes.dropFirst())
        switch choice % 5 {
        case 0: try checkDate(rest)
        case 1: try checkTimestamp(rest, isLocal: false)
        case 2: try checkTimestamp(rest, isLocal: true)
        case 3: try checkText(rest)
        default: try checkNumbers(rest)
        }
    }

    private static func decode(_ bytes: [UInt8], _ decoder: PGDecoder) -> Cell? {
        var batch = RowBatch(columnCount: 1)
        return bytes.withUnsafeBytes { decoder.decode($0, into: &batch) }
    }

    private static func number(_ bytes: [UInt8]) -> Int64 {
        Int64(bitPattern: bytes.reduce(0) { $0 << 8 | UInt64($1) })
    }

    private static func checkDate(_ bytes: [UInt8]) throws(Violation) {
        let cell = decode(bytes, .date)
        guard bytes.count == 4 else { return try hold(cell == nil, "a date of \(bytes.count) bytes") }
        let days = Int64(Int32(truncatingIfNeeded: number(bytes)))
        if days == Int64(Int32.max) || days == Int64(Int32.min) {
            return try hold(
                cell == .infiniteTime(isNegative: days < 0), "infinity is read as \(String(describing: cell))")
        }
        guard case .date(let day)? = cell, day == days + 10_957 else {
            throw Violation("\(days) is read as \(String(describing: cell))")
        }
        guard ISO8601.days.contains(day) else { return }
        var text: [UInt8] = []
        ISO8601.appendDate(days: day, to: &text)
        try hold(ISO8601.date(text.span) == day, "\(day) is printed as \(String(decoding: text, as: UTF8.self))")
        try hold(read(text)?.micros == day * 86_400_000_000, "another calendar has another day for \(day)")
    }

    private static func checkTimestamp(_ bytes: [UInt8], isLocal: Bool) throws(Violation) {
        let cell = decode(bytes, isLocal ? .localTimestamp : .timestamp)
        guard bytes.count == 8 else { return try hold(cell == nil, "a timestamp of \(bytes.count) bytes") }
        let raw = number(bytes)
        if raw == .max || raw == .min {
            return try hold(
                cell == .infiniteTime(isNegative: raw < 0), "infinity is read as \(String(describing: cell))")
        }
        let micros: Int64
        switch cell {
        case .timestamp(let value) where !isLocal: micros = value
        case .localTimestamp(let value) where isLocal: micros = value
        default: throw Violation("\(raw) is read as \(String(describing: cell))")
        }
        guard ISO8601.isPrintable(microseconds: micros) else { return }
        try hold(micros - 946_684_800_000_000 == raw, "\(raw) is read as \(micros)")
        var text: [UInt8] = []
        ISO8601.appendTimestamp(microseconds: micros, to: &text, zone: !isLocal)
        let expected: ISO8601.Moment = isLocal ? .local(micros) : .utc(micros)
        try hold(
            ISO8601.timestamp(text.span) == expected, "\(micros) is printed as \(String(decoding: text, as: UTF8.self))"
        )
        try hold(read(text)?.micros == micros, "another calendar has another moment for \(micros)")
    }

    private static func checkText(_ bytes: [UInt8]) throws(Violation) {
        let shown = String(decoding: bytes, as: UTF8.self)
        let expected = read(bytes)
        let isDate = bytes.count == 10
        let day = ISO8601.date(bytes.span)
        try hold(
            day == (isDate ? expected.map { $0.micros / 86_400_000_000 } : nil),
            "\(shown) is the day \(String(describing: day))")
        let moment = ISO8601.timestamp(bytes.span)
        switch isDate ? nil : expected {
        case let found?:
            try hold(
                moment == (found.isLocal ? .local(found.micros) : .utc(found.micros)),
                "\(shown) is \(String(describing: moment))")
        case nil: try hold(moment == nil, "\(shown) is read")
        }
        // Without a zone a text is cast as Times and CastTimes say, or refused; a day is that of the text's moment.
        let cell = Cell.text(ByteSlice(offset: 0, count: UInt32(bytes.count)))
        var clock: LocalClock?
        let castDay = try? CastTimes.date(cell, of: bytes, isDynamic: true, &clock)
        try hold(castDay == expected?.day, "\(shown) is cast to the day \(String(describing: castDay))")
        let castTime = try? CastTimes.timestamp(cell, of: bytes, isDynamic: true, &clock)
        let time = expected.flatMap { $0.isLocal || isDate ? nil : $0.micros }
        try hold(castTime == time, "\(shown) is cast to \(String(describing: castTime))")
    }

    /// As an integer, as a double and as text, of every unit: exact or to the microsecond, never a crash.
    private static func checkNumbers(_ bytes: [UInt8]) throws(Violation) {
        let units: [(TimeUnit, Int64)] = [(.epochSeconds, 1_000_000), (.epochMillis, 1000), (.epochMicros, 1)]
        let value = number(Array(bytes.prefix(8)))
        let double = Double(bitPattern: UInt64(bitPattern: value))
        let text = Cell.text(ByteSlice(offset: 0, count: UInt32(bytes.count)))
        for (unit, size) in units {
            let product = value.multipliedReportingOverflow(by: size)
            let micros = try? TimeNumbers.micros(.integer(value), of: [], unit: unit)
            try hold(
                micros == (product.overflow ? nil : product.partialValue),
                "\(value) \(unit) is \(String(describing: micros))")
            if let read = try? TimeNumbers.micros(.double(double), of: [], unit: unit) {
                let back = Double(read) / Double(size)
                try hold(abs(back - double) <= max(1 / Double(size), double.ulp * 2), "\(double) \(unit) is \(read)")
            }
            if let read = try? TimeNumbers.micros(text, of: bytes, unit: unit) {
                let back = Double(read) / Double(size)
                let written = Double(String(decoding: bytes, as: UTF8.self)) ?? .nan
                try hold(
                    abs(back - written) <= written.magnitude * 1e-15 + 1e-9, "a text of \(written) \(unit) is \(read)")
            }
        }
        _ = try? TimeNumbers.micros(.integer(value), of: [], unit: .julianDay)
        _ = try? TimeNumbers.micros(.double(double), of: [], unit: .julianDay)
        _ = try? TimeNumbers.micros(text, of: bytes, unit: .julianDay)
        for cell in [Cell.integer(value), .double(double)] { _ = try? TimeNumbers.microsOfSQLiteNumber(cell, of: []) }
    }

    private struct Reading {
        var micros: Int64
        var isLocal: Bool
        var day: Int64
    }

    /// An ISO 8601 date or timestamp, read by another way: pieces of a text, and days counted year by year.
    private static func read(_ bytes: [UInt8]) -> Reading? {
        guard bytes.count >= 10, bytes.allSatisfy({ $0 < 0x80 }) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self).unicodeScalars.map(String.init)
        func whole(_ range: Range<Int>) -> Int64? {
            guard range.upperBound <= text.count, text[range].allSatisfy({ $0 >= "0" && $0 <= "9" }) else { return nil }
            return Int64(text[range].joined())
        }
        func floorDay(_ micros: Int64) -> Int64 {
            (micros - (micros % 86_400_000_000 + 86_400_000_000) % 86_400_000_000) / 86_400_000_000
        }
        guard let year = whole(0..<4), text[4] == "-", let month = whole(5..<7), text[7] == "-",
            let date = whole(8..<10),
            let day = dayNumber(year, month, date)
        else { return nil }
        if text.count == 10 { return Reading(micros: day * 86_400_000_000, isLocal: true, day: day) }
        guard text.count >= 19, text[10] == "T" || text[10] == " ", text[13] == ":", text[16] == ":",
            let hour = whole(11..<13), let minute = whole(14..<16), let second = whole(17..<19),
            hour <= 23, minute <= 59, second <= 59
        else { return nil }
        var micros = day * 86_400_000_000 + hour * 3_600_000_000 + minute * 60_000_000 + second * 1_000_000
        var zone = text[19...]
        if zone.first == "." {
            let fraction = zone.dropFirst().prefix { $0 >= "0" && $0 <= "9" }
            guard !fraction.isEmpty, fraction.dropFirst(6).allSatisfy({ $0 == "0" }) else { return nil }
            micros += Int64((fraction.prefix(6).joined() + "000000").prefix(6)) ?? 0
            zone = zone[fraction.endIndex...]
        }
        if zone.isEmpty { return Reading(micros: micros, isLocal: true, day: day) }
        let start = zone.startIndex
        if zone.joined() == "Z" { return Reading(micros: micros, isLocal: false, day: day) }
        guard zone.count == 6, zone[start] == "+" || zone[start] == "-", zone[start + 3] == ":",
            let hours = whole(start + 1..<start + 3), let minutes = whole(start + 4..<start + 6), hours <= 23,
            minutes <= 59
        else { return nil }
        micros -= (zone[start] == "-" ? -1 : 1) * (hours * 60 + minutes) * 60_000_000
        return Reading(micros: micros, isLocal: false, day: floorDay(micros))
    }

    private static func dayNumber(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64? {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths: [Int64] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard year >= 1, (1...12).contains(month), (1...lengths[Int(month) - 1]).contains(day) else { return nil }
        let before = year - 1
        let days = before * 365 + before / 4 - before / 100 + before / 400
        return days + lengths[..<(Int(month) - 1)].reduce(0, +) + day - 1 - 719_162
    }
}
