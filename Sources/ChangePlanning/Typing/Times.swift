import SyncCore

/// Dates and timestamps as they fit uncast.
enum Times {
    static func date(_ cell: Cell, of source: [UInt8], isDynamic: Bool) throws(TypingProblem) -> Int64 {
        switch cell {
        case .date(let day): return day
        case .infiniteTime: throw .infiniteTime
        case .text(let slice) where isDynamic:
            guard let day = ISO8601.date(source.span.extracting(slice.range)) else { throw .otherText }
            return day
        default: throw .otherType
        }
    }

    static func timestamp(
        _ cell: Cell, of source: [UInt8], isDynamic: Bool, _ clock: inout LocalClock?
    ) throws(TypingProblem) -> Int64 {
        switch cell {
        case .timestamp(let micros): return micros
        case .localTimestamp(let micros): return try utc(micros, &clock)
        case .infiniteTime: throw .infiniteTime
        case .text(let slice) where isDynamic: return try parsed(source.span.extracting(slice.range), &clock)
        default: throw .otherType
        }
    }

    static func parsed(_ text: Span<UInt8>, _ clock: inout LocalClock?) throws(TypingProblem) -> Int64 {
        switch ISO8601.timestamp(text) {
        case .utc(let micros): return micros
        case .local(let micros): return try utc(micros, &clock)
        case nil: throw .otherText
        }
    }

    static func utc(_ local: Int64, _ clock: inout LocalClock?) throws(TypingProblem) -> Int64 {
        guard clock != nil else { throw .noTimeZone }
        // A time that will not print is refused before a calendar is asked about it.
        guard ISO8601.isPrintable(microseconds: local) else { throw .yearOutOfRange }
        switch clock?.utc(fromLocal: local) {
        case .utc(let micros): return micros
        case .skipped: throw .skippedLocalTime
        case .repeated: throw .repeatedLocalTime
        case nil: throw .noTimeZone
        }
    }
}

/// Dates and timestamps where the mapping says `cast:` and no unit. Numbers are Unix seconds on PostgreSQL, and what
/// SQLite itself says of them there.
enum CastTimes {
    static func date(
        _ cell: Cell, of source: [UInt8], isDynamic: Bool, _ clock: inout LocalClock?
    ) throws(TypingProblem) -> Int64 {
        switch cell {
        case .text(let slice):
            let text = source.span.extracting(slice.range)
            if let day = ISO8601.date(text) { return day }
            switch ISO8601.timestamp(text) {
            case .utc(let micros): return day(of: micros, clock)
            case .local(let micros): return micros.dividedFloor(by: ISO8601.microsecondsPerDay).quotient
            case nil: throw .otherText
            }
        case .localTimestamp(let micros): return micros.dividedFloor(by: ISO8601.microsecondsPerDay).quotient
        case .date(let day): return day
        default: return day(of: try timestamp(cell, of: source, isDynamic: isDynamic, &clock), clock)
        }
    }

    static func timestamp(
        _ cell: Cell, of source: [UInt8], isDynamic: Bool, _ clock: inout LocalClock?
    ) throws(TypingProblem) -> Int64 {
        switch cell {
        case .text(let slice):
            let text = source.span.extracting(slice.range)
            if let day = ISO8601.date(text) { return try Times.utc(day * ISO8601.microsecondsPerDay, &clock) }
            return try Times.parsed(text, &clock)
        case .date(let day):
            guard ISO8601.days.contains(day) else { throw .yearOutOfRange }
            return try Times.utc(day * ISO8601.microsecondsPerDay, &clock)
        case .integer, .double, .float, .decimal, .bigDecimal:
            guard isDynamic else { return try TimeNumbers.secondsUnsaid(cell, of: source) }
            return try TimeNumbers.microsOfSQLiteNumber(cell, of: source)
        default: return try Times.timestamp(cell, of: source, isDynamic: isDynamic, &clock)
        }
    }

    /// The calendar day of a moment in the model's zone, in UTC without one.
    static func day(of micros: Int64, _ clock: LocalClock?) -> Int64 {
        let local = ISO8601.isPrintable(microseconds: micros) ? clock?.local(fromUTC: micros) ?? micros : micros
        return local.dividedFloor(by: ISO8601.microsecondsPerDay).quotient
    }
}
