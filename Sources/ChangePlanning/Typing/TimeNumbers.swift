import SyncCore

/// Numbers as moments: what `cast: timestamp` and `cast: date` make of them. Microseconds since 1970-01-01T00:00:00Z.
enum TimeNumbers {
    /// A number, or text that is a decimal, of the unit that the mapping names.
    static func micros(_ cell: Cell, of source: [UInt8], unit: TimeUnit) throws(TypingProblem) -> Int64 {
        switch cell {
        case .integer(let count): return try micros(count, unit: unit)
        case .decimal(let mantissa, let scale):
            return try micros(DecimalText(mantissa: mantissa, scale: Int(scale)), unit: unit)
        case .bigDecimal(let slice):
            guard let decimal = DecimalText(Array(source[slice.range])) else { throw .notFinite }
            return try micros(decimal, unit: unit)
        case .text(let slice):
            guard let decimal = DecimalText(Array(source[slice.range])) else { throw .otherText }
            return try micros(decimal, unit: unit)
        case .double(let value): return try micros(value, unit: unit)
        case .float: return try micros(Numbers.number(cell, of: source), unit: unit)
        default: throw .otherType
        }
    }

    /// SQLite's own convention (https://sqlite.org/datatype3.html#date_and_time_datatype): an integer is Unix seconds, a
    /// real a Julian day. SQLite stores a whole real as an integer wherever a column's affinity lets it, so an integer
    /// that could be either is refused; so is a real that is no Julian day, which is most likely Unix time.
    static func microsOfSQLiteNumber(_ cell: Cell, of source: [UInt8]) throws(TypingProblem) -> Int64 {
        switch cell {
        case .integer(let seconds):
            guard !julianDays.contains(Double(seconds)) else { throw .secondsOrJulianDay }
            return try secondsUnsaid(cell, of: source)
        case .double(let day):
            guard day.isFinite else { throw .notFinite }
            guard julianDays.contains(day) else { throw .realWithoutUnit }
            return try micros(day, unit: .julianDay)
        default: throw .otherType
        }
    }

    /// Unix seconds of a cast that names no unit.
    static func secondsUnsaid(_ cell: Cell, of source: [UInt8]) throws(TypingProblem) -> Int64 {
        do throws(TypingProblem) {
            let micros = try micros(cell, of: source, unit: .epochSeconds)
            guard ISO8601.isPrintable(microseconds: micros) else { throw .yearOutOfRange }
            return micros
        } catch {
            // Milliseconds of today, read as seconds, lie beyond the year 50000.
            throw error == .yearOutOfRange ? .beyondSeconds : error
        }
    }

    /// Those of the years 0001–9999. As Unix seconds the same numbers lie in January, February and March 1970.
    private static let julianDays = 1_721_425.5..<5_373_484.5

    private static func micros(_ count: Int64, unit: TimeUnit) throws(TypingProblem) -> Int64 {
        guard let size = unit.microseconds else { return try micros(Double(count), unit: unit) }
        let (micros, overflows) = count.multipliedReportingOverflow(by: size)
        guard !overflows else { throw .yearOutOfRange }
        return micros
    }

    /// Exact: a decimal finer than a microsecond is refused. Julian days are kept to the millisecond.
    private static func micros(_ count: DecimalText, unit: TimeUnit) throws(TypingProblem) -> Int64 {
        guard let size = unit.microseconds else {
            guard let day = count.nearestDouble else { throw .yearOutOfRange }
            return try micros(day, unit: unit)
        }
        let scaled = count.multipliedByPowerOfTen(size == 1 ? 0 : size == 1000 ? 3 : 6)
        guard scaled.isWhole else { throw .finerThanMicrosecond }
        guard let micros = scaled.int64 else { throw .yearOutOfRange }
        return micros
    }

    /// To the nearest microsecond, and a Julian day to the nearest millisecond, as SQLite itself keeps them.
    private static func micros(_ count: Double, unit: TimeUnit) throws(TypingProblem) -> Int64 {
        guard count.isFinite else { throw .notFinite }
        guard let size = unit.microseconds.map(Double.init) else {
            guard julianDays.contains(count) else { throw .yearOutOfRange }
            return (Int64(count * 86_400_000 + 0.5) - 210_866_760_000_000) * 1000
        }
        // The whole part and the fraction apart, so that neither product rounds away a microsecond.
        let whole = count.rounded(.down)
        guard whole.magnitude < 4e17 / size else { throw .yearOutOfRange }
        return Int64(whole) * Int64(size) + Int64(((count - whole) * size).rounded())
    }
}

extension TimeUnit {
    /// Nil for days.
    fileprivate var microseconds: Int64? {
        switch self {
        case .epochSeconds: 1_000_000
        case .epochMillis: 1000
        case .epochMicros: 1
        case .julianDay: nil
        }
    }
}
