/// `model.cursor`: the column by which a model is read in part. Whatever changes in a row must raise its value there.
package struct CursorDefinition: Sendable, Hashable {
    /// How far before the mark a read begins again, for rows that were committed late.
    package enum Overlap: Sendable, Hashable {
        case time(Duration)
        case count(Int64)
    }

    package var column: String
    /// Nil for the default of the column's type.
    package var overlap: Overlap?
    /// Everything is read when the last such read is this old; nil for never.
    package var fullEvery: Duration? = .seconds(24 * 3600)
    package var position: Diagnostic.Position?

    package init(column: String, overlap: Overlap? = nil, position: Diagnostic.Position? = nil) {
        self.column = column
        self.overlap = overlap
        self.position = position
    }
}

/// A value of a cursor column: as text that the source reads back as the same value.
package struct CursorMark: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        /// `2026-11-23T10:00:00.5Z`.
        case timestamp
        /// The same without Z, of a clock in the model's time zone.
        case localTimestamp = "local_timestamp"
        case date
        case integer
        /// ISO 8601 text of SQLite, to the second: `2026-11-23 10:00:00+02:00`.
        case text
    }

    package var kind: Kind
    package var value: String
    package init(_ kind: Kind, _ value: String) { (self.kind, self.value) = (kind, value) }
}

/// Why a model with a cursor was read whole all the same.
package enum FullReadReason: String, Sendable, CaseIterable {
    /// No run of it read everything and delivered all of it yet.
    case noMark = "no_mark"
    /// Source, statement, variables, mappings, attributes, cursor, overlap or key are not those of the mark.
    case definitionsChanged = "definitions_changed"
    /// The column has another type, or its values are written in another way, than when the mark was made.
    case cursorChanged = "cursor_changed"
    /// The last run sent elsewhere.
    case destinationChanged = "destination_changed"
    /// A user may hold a value that nobody confirmed, and its row may lie before the mark.
    case dirtyUsers = "dirty_users"
    case fullEvery = "full_every"
    /// `--full-resync`, `--baseline`, `--limit` or `--key`.
    case asked
}

/// Why a run left the mark where it was.
package enum CursorHold: String, Sendable, CaseIterable {
    /// `--limit` or `--key`.
    case partialRun = "partial_run"
    /// Rows shared a primary key or a user uid: one of them becomes valid when another changes or goes. A row that is
    /// invalid by itself holds nothing: only its own change, or that of a definition, makes it valid.
    case repeatedKeys = "repeated_keys"
    /// An operation was rejected, unknown, deferred or quarantined.
    case notAllConfirmed = "not_all_confirmed"
}

/// How much of a model with a cursor one plan read.
package struct ModelReading: Sendable, Hashable {
    package var column: String
    /// Rows from this value on were read, and those without one; nil: every row.
    package var from: CursorMark?
    /// The mark that `from` was counted from.
    package var base: CursorMark?
    /// Set when every row was read.
    package var reason: FullReadReason?
    /// Where the mark stands once all of the plan is confirmed.
    package var reached: CursorMark?
    /// Known before the delivery; the mark stays then.
    package var hold: CursorHold?
    /// Digest of everything that the mark is only good for.
    package var digest: String

    package init(column: String, digest: String, reason: FullReadReason?) {
        self.column = column
        self.digest = digest
        self.reason = reason
    }

    package var isIncremental: Bool { from != nil }
}

/// What the state remembers of a scope's cursor.
package struct CursorRecord: Sendable, Hashable {
    package var column: String
    /// Every row below it is in the snapshot as it was; nil after a whole read that was not delivered whole.
    package var mark: CursorMark?
    package var digest: String
    /// When the last whole read began whose plan was delivered whole.
    package var fullReadAt: WallTime?
    /// Why the last run did not move the mark; nil when it did.
    package var hold: CursorHold?

    package init(
        column: String, mark: CursorMark?, digest: String, fullReadAt: WallTime?, hold: CursorHold? = nil
    ) {
        self.column = column
        self.mark = mark
        self.digest = digest
        self.fullReadAt = fullReadAt
        self.hold = hold
    }
}
