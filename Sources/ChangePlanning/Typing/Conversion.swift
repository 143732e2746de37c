import SyncCore

/// What typing keeps from row to row: memory to work in and the model's clock.
struct TypingWorkspace: Sendable {
    var text: [UInt8] = []
    var json = PlainJSON()
    var lists = StringLists()
    var clock: LocalClock?

    init(timeZone: String?) { clock = timeZone.flatMap(LocalClock.init) }
}

/// How values of one origin become values of one attribute: decided once, applied to every row.
struct Conversion: Sendable {
    let type: AttributeType
    let cast: Cast?
    let unit: TimeUnit?
    let encoding: TimestampEncoding
    let precision: TimestampPrecision
    /// SQLite: each value says its own type, and text stands in for dates and lists.
    let isDynamic: Bool

    init(attribute: AttributeDefinition, cast: Cast?, unit: TimeUnit? = nil, isDynamic: Bool) {
        type = attribute.type
        encoding = attribute.encoding
        precision = attribute.precision
        self.cast = cast
        self.unit = unit
        self.isDynamic = isDynamic
    }

    /// Appends the canonical bytes of a cell that is not null. What was appended when it throws is the caller's to cut.
    func append(
        _ cell: Cell, of source: [UInt8], to out: inout [UInt8], using workspace: inout TypingWorkspace
    ) throws(TypingProblem) {
        switch cast {
        case nil: try appendUncast(cell, of: source, to: &out, using: &workspace)
        case .string, .jsonText, .sha256: try appendTextCast(cell, of: source, to: &out, using: &workspace)
        case .integer: try append(integer: CastValues.integer(cell, of: source), to: &out)
        // Rounding is for numbers: an integer is exact, whatever it is cast from.
        case .number where type == .integer: try append(integer: CastValues.integer(cell, of: source), to: &out)
        case .number: try append(number: CastValues.number(cell, of: source), to: &out)
        case .boolean: out.appendCanonical(flag: try CastValues.boolean(cell, of: source))
        case .date: try append(date: try castDate(cell, of: source, &workspace.clock), to: &out)
        case .timestamp: try append(timestamp: try castTimestamp(cell, of: source, &workspace.clock), to: &out)
        case .stringList: try appendList(cell, of: source, isCast: true, to: &out, using: &workspace)
        }
    }

    private func appendUncast(
        _ cell: Cell, of source: [UInt8], to out: inout [UInt8], using workspace: inout TypingWorkspace
    ) throws(TypingProblem) {
        switch type {
        case .string:
            guard case .text(let slice) = cell else { throw .otherType }
            let text = source.span.extracting(slice.range)
            try TextChecks.requireText(text)
            out.appendCanonical(text: text)
        case .integer: try append(integer: Numbers.whole(cell, of: source), to: &out)
        case .number: try append(number: Numbers.number(cell, of: source), to: &out)
        case .boolean:
            switch cell {
            case .boolean(let flag): out.appendCanonical(flag: flag)
            case .integer(let value) where isDynamic && (value == 0 || value == 1):
                out.appendCanonical(flag: value == 1)
            default: throw .otherType
            }
        case .date: try append(date: Times.date(cell, of: source, isDynamic: isDynamic), to: &out)
        case .timestamp:
            let time = try Times.timestamp(cell, of: source, isDynamic: isDynamic, &workspace.clock)
            try append(timestamp: time, to: &out)
        case .stringList: try appendList(cell, of: source, isCast: false, to: &out, using: &workspace)
        }
    }

    private func appendTextCast(
        _ cell: Cell, of source: [UInt8], to out: inout [UInt8], using workspace: inout TypingWorkspace
    ) throws(TypingProblem) {
        workspace.text.removeAll(keepingCapacity: true)
        switch cast {
        case .jsonText:
            try PlainText.appendJSON(cell, of: source, using: &workspace)
            out.appendCanonical(text: workspace.text.span)
        case .sha256:
            try PlainText.append(cast: cell, of: source, to: &workspace.text, clock: &workspace.clock)
            out.appendCanonical(text: PlainText.sha256(workspace.text))
        default:
            try PlainText.append(cast: cell, of: source, to: &workspace.text, clock: &workspace.clock)
            out.appendCanonical(text: workspace.text.span)
        }
    }

    private func castDate(
        _ cell: Cell, of source: [UInt8], _ clock: inout LocalClock?
    ) throws(TypingProblem) -> Int64 {
        guard let unit else { return try CastTimes.date(cell, of: source, isDynamic: isDynamic, &clock) }
        return CastTimes.day(of: try TimeNumbers.micros(cell, of: source, unit: unit), clock)
    }

    private func castTimestamp(
        _ cell: Cell, of source: [UInt8], _ clock: inout LocalClock?
    ) throws(TypingProblem) -> Int64 {
        guard let unit else { return try CastTimes.timestamp(cell, of: source, isDynamic: isDynamic, &clock) }
        return try TimeNumbers.micros(cell, of: source, unit: unit)
    }

    private func appendList(
        _ cell: Cell, of source: [UInt8], isCast: Bool, to out: inout [UInt8], using workspace: inout TypingWorkspace
    ) throws(TypingProblem) {
        switch cell {
        case .textList(let slice): try workspace.lists.append(encoded: slice, of: source, to: &out)
        case .text(let slice) where isDynamic || isCast, .json(let slice) where isCast:
            try workspace.lists.append(json: slice, of: source, to: &out)
        case .nestedList: throw .nestedList
        default: throw .otherType
        }
    }

    private func append(integer value: Int64, to out: inout [UInt8]) throws(TypingProblem) {
        guard value.magnitude <= UInt64(AttributeValue.largestExactInteger) else { throw .beyondExactInteger }
        if type == .number { out.appendCanonical(number: Double(value)) } else { out.appendCanonical(integer: value) }
    }

    private func append(number value: Double, to out: inout [UInt8]) throws(TypingProblem) {
        if type == .integer {
            try append(integer: Numbers.whole(value), to: &out)
        } else {
            out.appendCanonical(number: value)
        }
    }

    private func append(date day: Int64, to out: inout [UInt8]) throws(TypingProblem) {
        guard ISO8601.days.contains(day) else { throw .yearOutOfRange }
        out.appendCanonical(CanonicalTag.date, word: UInt64(bitPattern: day))
    }

    private func append(timestamp micros: Int64, to out: inout [UInt8]) throws(TypingProblem) {
        guard ISO8601.isPrintable(microseconds: micros) else { throw .yearOutOfRange }
        let unit: Int64
        switch encoding {
        case .iso8601: return out.appendCanonical(CanonicalTag.timestamp, word: UInt64(bitPattern: micros))
        case .epochSeconds: unit = 1_000_000
        case .epochMillis: unit = 1000
        }
        let (whole, rest) = micros.dividedFloor(by: unit)
        guard rest == 0 || precision == .truncate else { throw .finerThanEncoding }
        out.appendCanonical(integer: whole)
    }

    /// Appends a constant as `check` typed it; equal to the same value read from a row.
    func append(constant: AttributeValue, to out: inout [UInt8]) {
        switch (constant, type) {
        case (.null, _): out.append(CanonicalTag.null)
        case (.boolean(let flag), _): out.appendCanonical(flag: flag)
        case (.integer(let value), .number): out.appendCanonical(number: Double(value))
        case (.integer(let value), _): out.appendCanonical(integer: value)
        case (.number(let value), .integer) where value.magnitude <= 0x1p53 && value == value.rounded(.towardZero):
            out.appendCanonical(integer: Int64(value))
        case (.number(let value), _): out.appendCanonical(number: value)
        case (.string(let text), .date), (.string(let text), .timestamp): appendTime(constant: text, to: &out)
        case (.string(let text), _): out.appendCanonical(text: text)
        }
    }

    private func appendTime(constant: String, to out: inout [UInt8]) {
        let bytes = Array(constant.utf8)
        let start = out.count
        do throws(TypingProblem) {
            if type == .date, let day = ISO8601.date(bytes.span) { return try append(date: day, to: &out) }
            if type == .timestamp, case .utc(let micros) = ISO8601.timestamp(bytes.span) {
                return try append(timestamp: micros, to: &out)
            }
        } catch { out.removeSubrange(start...) }
        out.appendCanonical(text: constant)
    }
}

extension ByteSlice {
    var range: Range<Int> { Int(offset)..<Int(offset) + Int(count) }
}
