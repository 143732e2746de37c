import Crypto
import SyncCore

/// Values as plain text: what `cast: string`, `cast: sha256` and templates see.
enum PlainText {
    /// As `append`, for a cast, which takes also what no number or time can be sent as, in PostgreSQL's own words: `NaN`,
    /// `Infinity` and `-Infinity` of numbers, `infinity` and `-infinity` of dates and timestamps.
    static func append(
        cast cell: Cell, of source: [UInt8], to text: inout [UInt8], clock: inout LocalClock?
    ) throws(TypingProblem) {
        switch cell {
        case .double(let value) where !value.isFinite: text.append(contentsOf: nonFinite(value).utf8)
        case .float(let value) where !value.isFinite: text.append(contentsOf: nonFinite(Double(value)).utf8)
        case .bigDecimal(let slice) where DecimalText(Array(source[slice.range])) == nil:
            text.append(contentsOf: source[slice.range])
        case .infiniteTime(let isNegative): text.append(contentsOf: infiniteTime(isNegative: isNegative).utf8)
        default: try append(cell, of: source, to: &text, clock: &clock)
        }
    }

    static func infiniteTime(isNegative: Bool) -> String { isNegative ? "-infinity" : "infinity" }

    private static func nonFinite(_ value: Double) -> String {
        value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity"
    }

    /// Appends a cell that is not null. Equal values give equal text: 1.50 and 1.5 are both `1.5`.
    static func append(
        _ cell: Cell, of source: [UInt8], to text: inout [UInt8], clock: inout LocalClock?
    ) throws(TypingProblem) {
        switch cell {
        case .null, .bytes, .textList, .json: throw .otherType
        case .nestedList: throw .nestedList
        case .infiniteTime: throw .infiniteTime
        case .boolean(let flag): text.append(contentsOf: (flag ? "true" : "false").utf8)
        case .integer(let value): text.appendDecimal(value)
        case .double(let value):
            guard value.isFinite else { throw .notFinite }
            text.append(contentsOf: AttributeValue.shortestDecimal(value).utf8)
        case .float(let value):
            guard value.isFinite else { throw .notFinite }
            text.append(contentsOf: AttributeValue.shortestDecimal(try Numbers.number(cell, of: source)).utf8)
        case .decimal(let mantissa, let scale): text.appendDecimal(mantissa: mantissa, scale: Int(scale))
        case .bigDecimal(let slice):
            guard let decimal = DecimalText(Array(source[slice.range])) else { throw .notFinite }
            text.append(contentsOf: decimal.plain)
        case .text(let slice), .other(let slice):
            let bytes = source.span.extracting(slice.range)
            try TextChecks.requireText(bytes)
            text.appendSpan(bytes)
        case .uuid(let slice): text.appendUUID(source.span.extracting(slice.range))
        case .date(let day):
            guard ISO8601.days.contains(day) else { throw .yearOutOfRange }
            ISO8601.appendDate(days: day, to: &text)
        case .timestamp(let micros):
            guard ISO8601.isPrintable(microseconds: micros) else { throw .yearOutOfRange }
            ISO8601.appendTimestamp(microseconds: micros, to: &text)
        case .localTimestamp(let micros): try appendLocal(micros, to: &text, clock: &clock)
        }
    }

    /// In UTC where the model says its zone, else as it stands, without a Z.
    private static func appendLocal(
        _ micros: Int64, to text: inout [UInt8], clock: inout LocalClock?
    ) throws(TypingProblem) {
        guard ISO8601.isPrintable(microseconds: micros) else { throw .yearOutOfRange }
        guard clock != nil else { return ISO8601.appendTimestamp(microseconds: micros, to: &text, zone: false) }
        let utc = try Times.utc(micros, &clock)
        guard ISO8601.isPrintable(microseconds: utc) else { throw .yearOutOfRange }
        ISO8601.appendTimestamp(microseconds: utc, to: &text)
    }

    /// Appends JSON to the workspace's text, without blanks and with sorted keys, so that the order of keys is no change.
    static func appendJSON(
        _ cell: Cell, of source: [UInt8], using workspace: inout TypingWorkspace
    ) throws(TypingProblem) {
        switch cell {
        case .json(let slice), .text(let slice):
            let text = source.span.extracting(slice.range)
            try TextChecks.requireText(text)
            if !workspace.json.appendCanonical(text, to: &workspace.text) {
                workspace.text += try JSONText.canonical(Array(source[slice.range]))
            }
        case .boolean, .integer, .decimal, .bigDecimal, .double, .float:
            try append(cell, of: source, to: &workspace.text, clock: &workspace.clock)
        default: throw .otherType
        }
    }

    /// 64 lower-case hex digits.
    static func sha256(_ text: [UInt8]) -> String { KeyRing.hex(SHA256.hash(data: text)) }
}
