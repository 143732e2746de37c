import SyncCore

/// Cursor values as numbers, and back. Times count microseconds, dates days; text counts the microseconds of its own
/// clock, whatever zone it names.
enum CursorValue {
    /// How a text is written; only texts written alike sort as their times do.
    struct TextStyle: Hashable {
        /// `T` or a blank; nil for a date alone.
        var separator: UInt8?
        /// `Z`, `+02:00` or nothing.
        var zone: String
    }

    static let standardIntegerOverlap: Int64 = 1000
    private static let standardOverlap = Duration.seconds(600)
    /// Of clocks without a zone, which go back by an hour once a year.
    private static let standardLocalOverlap = Duration.seconds(7200)

    /// Where a read begins whose mark is this.
    static func before(_ mark: CursorMark, _ cursor: CursorDefinition) throws(Diagnostic) -> CursorMark {
        guard let (number, style) = number(mark) else {
            throw .error("state_inconsistent", "the state holds a cursor mark that is no \(mark.kind.rawValue)")
        }
        let overlap = try overlap(of: cursor, kind: mark.kind, style: style)
        let (from, isTooFar) = number.subtractingReportingOverflow(overlap)
        return CursorMark(mark.kind, text(isTooFar ? .min : from, kind: mark.kind, style: style))
    }

    /// In the units of the kind's numbers.
    static func overlap(
        of cursor: CursorDefinition, kind: CursorMark.Kind, style: TextStyle?
    ) throws(Diagnostic) -> Int64 {
        let isDate = kind == .date || (style != nil && style?.separator == nil)
        switch (kind, cursor.overlap) {
        case (.integer, nil): return standardIntegerOverlap
        case (.integer, .count(let count)): return count
        case (.integer, .time), (_, .count): throw wrongOverlap(of: cursor, isInteger: kind == .integer)
        case (_, let written):
            var duration = standardOverlap
            if case .time(let chosen) = written {
                duration = chosen
            } else if kind == .localTimestamp || style?.zone.isEmpty == true {
                duration = standardLocalOverlap
            }
            let day = ISO8601.microsecondsPerDay
            let days = (duration.microseconds + day - 1) / day
            return kind == .date ? days : isDate ? days * day : duration.microseconds
        }
    }

    static func wrongOverlap(of cursor: CursorDefinition, isInteger: Bool) -> Diagnostic {
        .error(
            "cursor_overlap",
            isInteger
                ? "cursor \(cursor.column) holds integers, and `overlap` is a time"
                : "cursor \(cursor.column) holds times, and `overlap` is a number", at: cursor.position,
            hint: isInteger ? "write overlap: 1000, in the column's own units" : "write overlap: 10m")
    }

    /// Nil for a value that is none of its kind.
    static func number(_ mark: CursorMark) -> (Int64, TextStyle?)? {
        let bytes = Array(mark.value.utf8)
        switch mark.kind {
        case .integer: return Int64(mark.value).map { ($0, nil) }
        case .date: return ISO8601.date(bytes.span).map { ($0, nil) }
        case .text: return text(bytes[...]).map { ($0, $1) }
        case .timestamp, .localTimestamp:
            switch ISO8601.timestamp(bytes.span) {
            case .utc(let moment), .local(let moment): return (moment, nil)
            case nil: return nil
            }
        }
    }

    /// ISO 8601 text as SQLite stores it; nil for anything else, also for minutes alone.
    static func text(_ bytes: ArraySlice<UInt8>) -> (number: Int64, style: TextStyle)? {
        let whole = Array(bytes)
        if let day = ISO8601.date(whole.span) {
            return (day * ISO8601.microsecondsPerDay, TextStyle(separator: nil, zone: ""))
        }
        guard ISO8601.timestamp(whole.span) != nil,
            case .local(let seconds)? = ISO8601.timestamp(Array(whole.prefix(19)).span)
        else { return nil }
        let rest = whole[19...].drop { $0 == UInt8(ascii: ".") || (0x30...0x39).contains($0) }
        return (seconds, TextStyle(separator: whole[10], zone: String(decoding: rest, as: UTF8.self)))
    }

    static func text(_ number: Int64, kind: CursorMark.Kind, style: TextStyle?) -> String {
        var bytes: [UInt8] = []
        let day = ISO8601.microsecondsPerDay
        let (first, last) = (ISO8601.days.lowerBound, ISO8601.days.upperBound)
        let moment = min(max(number, first * day), (last + 1) * day - 1)
        switch kind {
        case .integer: return String(number)
        case .date: ISO8601.appendDate(days: min(max(number, first), last), to: &bytes)
        case .timestamp: ISO8601.appendTimestamp(microseconds: moment, to: &bytes)
        case .localTimestamp: ISO8601.appendTimestamp(microseconds: moment, to: &bytes, zone: false)
        case .text:
            let seconds = moment.dividedFloor(by: 1_000_000).quotient * 1_000_000
            guard let separator = style?.separator else {
                ISO8601.appendDate(days: seconds.dividedFloor(by: day).quotient, to: &bytes)
                break
            }
            ISO8601.appendTimestamp(microseconds: seconds, to: &bytes, zone: false)
            bytes[10] = separator
            bytes += Array((style?.zone ?? "").utf8)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Of marks of one read: they are of one kind and style.
    static func isBelow(_ left: CursorMark, _ right: CursorMark) -> Bool {
        (number(left)?.0 ?? .min) < (number(right)?.0 ?? .min)
    }
}
