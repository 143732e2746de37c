package import SyncCore

/// Decides how much of a model a run reads. The mark says: every row below it is in the snapshot as it was when it was
/// read. Whatever leaves a doubt of that reads everything.
package struct CursorRule: Sendable {
    package var cursor: CursorDefinition
    /// Of everything that the mark is only good for.
    package var digest: String
    /// Of the column as the source describes it now; nil where it is not known.
    package var columnType: SourceType?
    /// A read from the mark met values that are written in another way.
    package var hasChangedStyle: Bool
    package var record: CursorRecord?
    /// A user of the snapshot is dirty, or its write may be under way.
    package var hasDirtyUsers: Bool
    package var isSameDestination: Bool
    package var options: PlanOptions
    package var now: WallTime

    package init(
        cursor: CursorDefinition, digest: String, columnType: SourceType? = nil, hasChangedStyle: Bool = false,
        record: CursorRecord?, hasDirtyUsers: Bool, isSameDestination: Bool, options: PlanOptions, now: WallTime
    ) {
        self.cursor = cursor
        self.digest = digest
        self.columnType = columnType
        self.hasChangedStyle = hasChangedStyle
        self.record = record
        self.hasDirtyUsers = hasDirtyUsers
        self.isSameDestination = isSameDestination
        self.options = options
        self.now = now
    }

    /// Throws `cursor_overlap` where the overlap is not of the mark's kind.
    package func reading() throws(Diagnostic) -> ModelReading {
        var reading = ModelReading(column: cursor.column, digest: digest, reason: fullReadReason)
        if reading.reason == nil, let mark = record?.mark {
            reading.base = mark
            reading.from = try CursorValue.before(mark, cursor)
        }
        return reading
    }

    private var fullReadReason: FullReadReason? {
        if options != PlanOptions() { return .asked }
        guard let record, let mark = record.mark, let fullReadAt = record.fullReadAt else { return .noMark }
        if record.digest != digest { return .definitionsChanged }
        if hasChangedStyle || !isOfColumn(mark.kind) { return .cursorChanged }
        if !isSameDestination { return .destinationChanged }
        if hasDirtyUsers { return .dirtyUsers }
        guard let fullEvery = cursor.fullEvery else { return nil }
        let age = now.microseconds - fullReadAt.microseconds
        // A clock that was set back says nothing about the age.
        return age < 0 || age >= fullEvery.microseconds ? .fullEvery : nil
    }

    private func isOfColumn(_ kind: CursorMark.Kind) -> Bool {
        switch columnType {
        case nil: true
        case .integer: kind == .integer
        case .timestamp: kind == .timestamp
        case .localTimestamp: kind == .localTimestamp
        case .date: kind == .date
        case .dynamic: kind == .integer || kind == .text
        default: false
        }
    }

    /// Completes the reading, once all rows are typed, with where the mark would stand.
    package static func finish(
        _ reading: ModelReading, reached: CursorMark?, hasRepeatedKeys: Bool, options: PlanOptions
    ) -> ModelReading {
        var reading = reading
        // A part that was read again may lie below the mark: what is above it was read already.
        reading.reached = [reading.base, reached].compactMap(\.self).max(by: CursorValue.isBelow)
        if options.isPartial {
            reading.hold = .partialRun
        } else if hasRepeatedKeys {
            reading.hold = .repeatedKeys
        }
        return reading
    }
}
