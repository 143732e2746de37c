package import SyncCore

/// Follows the cursor column through one read, for the highest value that a mark may stand at.
package struct CursorTracker: Sendable {
    /// The code of a read from a mark that met values of another kind than the mark's: only a read of everything can
    /// tell whether the whole column changed or is mixed.
    package static let changed = "cursor_changed"

    private let cursor: CursorDefinition
    private let column: Int
    /// The offset of the model's clock from UTC, where it has a zone.
    private let clock: LocalClock?
    private var highest: Int64?
    private var kind: CursorMark.Kind?
    private var style: CursorValue.TextStyle?
    private var isFromMark = false

    /// Nil where the model has no cursor, or no such column: that is the check's to report. `base` is the mark that the
    /// read goes on from.
    package init?(model: ModelDefinition, columns: [ColumnDescription], base: CursorMark?) {
        guard let cursor = model.cursor, let column = columns.firstIndex(where: { $0.name == cursor.column }) else {
            return nil
        }
        self.cursor = cursor
        self.column = column
        clock = model.timeZone.flatMap { LocalClock($0) }
        if let base, let (_, style) = CursorValue.number(base) {
            (kind, self.style, isFromMark) = (base.kind, style, true)
        }
    }

    /// Throws `cursor_mixed` for a value of another kind than those before, `changed` after a mark, `cursor_type` for one of no kind that sorts.
    package mutating func take(_ batch: RowBatch) throws(Diagnostic) {
        for row in 0..<batch.rowCount {
            switch batch.cell(row: row, column: column) {
            case .null, .infiniteTime: continue
            case .integer(let value): try take(value, .integer)
            case .timestamp(let value): try take(value, .timestamp)
            case .localTimestamp(let value): try take(value, .localTimestamp)
            case .date(let value): try take(value, .date)
            case .text(let slice):
                guard let (value, style) = CursorValue.text(batch.slice(slice)) else { throw notATime }
                try take(value, .text, style)
            default: throw notSortable
            }
        }
    }

    private mutating func take(
        _ value: Int64, _ kind: CursorMark.Kind, _ style: CursorValue.TextStyle? = nil
    ) throws(Diagnostic) {
        if self.kind == nil { (self.kind, self.style) = (kind, style) }
        guard self.kind == kind, self.style == style else { throw mixed }
        if value > highest ?? .min { highest = value }
    }

    /// Where the mark may stand after a read that began at `started`: never in the future, where one wrong value would
    /// hide what changes until then. Nil where no row had a value. Throws `cursor_overlap`.
    package func reached(startedAt started: WallTime) throws(Diagnostic) -> CursorMark? {
        guard let kind, let highest else { return nil }
        _ = try CursorValue.overlap(of: cursor, kind: kind, style: style)
        return CursorMark(kind, CursorValue.text(min(highest, ceiling(kind, started)), kind: kind, style: style))
    }

    private func ceiling(_ kind: CursorMark.Kind, _ now: WallTime) -> Int64 {
        let day = ISO8601.microsecondsPerDay
        // Of a clock whose zone nobody says: no zone is further behind.
        let local = clock?.local(fromUTC: now.microseconds) ?? now.microseconds - day / 2
        switch kind {
        case .integer: return .max
        case .timestamp: return now.microseconds
        case .localTimestamp: return local
        case .date: return local.dividedFloor(by: day).quotient
        case .text:
            guard let zone = style?.zone, !zone.isEmpty else { return local }
            let sample = Array("1970-01-02T00:00:00\(zone)".utf8)
            guard case .utc(let moment)? = ISO8601.timestamp(sample.span) else { return local }
            return now.microseconds + day - moment
        }
    }

    private var mixed: Diagnostic {
        .error(
            isFromMark ? Self.changed : "cursor_mixed",
            "the cursor column \(cursor.column) mixes values that do not sort as one: integers and texts, or times "
                + "written in different ways", at: cursor.position,
            hint: "give the model a column of one kind, such as strftime('%Y-%m-%d %H:%M:%S', \(cursor.column))")
    }

    private var notATime: Diagnostic {
        .error(
            "cursor_mixed",
            "the cursor column \(cursor.column) holds a text that is no time as YYYY-MM-DD HH:MM:SS or YYYY-MM-DD",
            at: cursor.position, hint: "make it one in the model's SQL, or a null, which is always read")
    }

    private var notSortable: Diagnostic {
        .error(
            "cursor_type", "the cursor column \(cursor.column) holds a value that is neither an integer nor a time",
            at: cursor.position, hint: "use an integer, a date or a timestamp")
    }
}
