import SyncCore

/// How much of a model with a cursor was read, for people and as JSON.
struct ReadingReport {
    let reading: ModelReading
    init(_ reading: ModelReading) { self.reading = reading }

    /// The line with `"read":{"mode","column","from","reason"}` at its end; without it for a model without a cursor.
    static func added(_ reading: ModelReading?, to line: JSONText) -> JSONText {
        guard let reading else { return line }
        return line.adding([
            "read": .members([
                "mode": .string(reading.isIncremental ? "incremental" : "full"), "column": .string(reading.column),
                "from": .optional(reading.from?.value), "reason": .optional(reading.reason?.rawValue),
            ])
        ])
    }

    var sentence: String {
        let column = TerminalText.escaped(reading.column)
        if let from = reading.from {
            return "rows with \(column) from \(TerminalText.escaped(from.value)) on; removed rows are not looked for"
        }
        let reason =
            switch reading.reason {
            case .noMark, nil: "no complete run by \(column) yet"
            case .definitionsChanged: "the definitions changed since the last complete run"
            case .cursorChanged: "\(column) has another type or format than the last complete run saw"
            case .destinationChanged: "the last run sent elsewhere"
            case .dirtyUsers: "a user may hold a value that was never confirmed"
            case .fullEvery: "the last full read is older than `full_every`"
            case .asked: "asked for by a flag"
            }
        return "every row (\(reason))"
    }
}

/// Where a cursor's mark stands, for `status` and `state info`.
enum CursorReport {
    static func added(_ cursor: CursorRecord?, to line: JSONText) -> JSONText {
        guard let cursor else { return line }
        return line.adding([
            "cursor": .members([
                "column": .string(cursor.column), "mark": .optional(cursor.mark?.value),
                "full_read_at": .optional(cursor.fullReadAt), "held_by": .optional(cursor.hold?.rawValue),
            ])
        ])
    }

    /// `updated_at 2026-11-23T10:00:00Z`, and what keeps it there.
    static func text(_ cursor: CursorRecord?) -> String {
        guard let cursor else { return "-" }
        let held = cursor.hold.map { " (held: \($0.rawValue))" } ?? ""
        return "\(cursor.column) \(cursor.mark?.value ?? "none")\(held)"
    }
}
