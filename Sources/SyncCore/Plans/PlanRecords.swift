/// Text of the state that may be personal: clear, or sealed with the install key.
package enum ProtectedText: Sendable, Hashable {
    case clear(String)
    case sealed([UInt8])
}

/// The JSON body of an operation: clear bytes, or sealed where a value in it is pii (or no values are retained).
package enum ProtectedBody: Sendable, Hashable {
    /// The same bytes as the operation's `snapshotValues`, which are then wholly clear.
    case sameAsSnapshot
    case clear([UInt8])
    case sealed([UInt8])
}

/// One intended effect on one user, as the state keeps it until its outcome is known.
package struct PlannedOperation: Sendable {
    package var keyHash: KeyHash
    package var userUID: ProtectedText
    /// Parts of a list joined by `/`.
    package var primaryKey: ProtectedText
    /// unchanged, added, changed or removed.
    package var kind: RowKind
    package var reason: OperationReason
    /// What a PATCH carries.
    package var body: ProtectedBody
    /// Attributes in the body; nil means all of `snapshotValues`.
    package var sentAttributes: [String]?
    /// What the snapshot holds for the user once confirmed: a JSON object of mapped values in which a pii value is
    /// `{"fingerprint":"<32 hex digits>"}`; nil when the user then leaves the snapshot (kind removed).
    package var snapshotValues: [UInt8]?
    /// What its values are known by. Where the user is removed, by what is written then; nil in plans that were made
    /// before it was kept.
    package var fingerprint: Fingerprint?
    /// The snapshot's values before this operation, in the same form; nil when the user was not in it.
    package var valuesBefore: [UInt8]?

    package init(
        keyHash: KeyHash, userUID: ProtectedText, primaryKey: ProtectedText, kind: RowKind, reason: OperationReason,
        body: ProtectedBody, sentAttributes: [String]?, snapshotValues: [UInt8]?, fingerprint: Fingerprint?,
        valuesBefore: [UInt8]?
    ) {
        self.keyHash = keyHash
        self.userUID = userUID
        self.primaryKey = primaryKey
        self.kind = kind
        self.reason = reason
        self.body = body
        self.sentAttributes = sentAttributes
        self.snapshotValues = snapshotValues
        self.fingerprint = fingerprint
        self.valuesBefore = valuesBefore
    }
}

/// An operation read back for people: `plan`, `explain`, tests.
package struct OperationRecord: Sendable {
    package var sequence: Int
    package var operation: PlannedOperation
    package var outcome: OperationOutcome?
    package var attempts: Int
    /// Last HTTP status or reason word, nil while never tried.
    package var lastAnswer: String?

    package init(
        sequence: Int, operation: PlannedOperation, outcome: OperationOutcome?, attempts: Int, lastAnswer: String?
    ) {
        self.sequence = sequence
        self.operation = operation
        self.outcome = outcome
        self.attempts = attempts
        self.lastAnswer = lastAnswer
    }
}

/// What a user of the snapshot becomes when an unblocked run ends, without a request: its attributes that are null
/// now or no longer mapped leave, a removed user without `on_removed` leaves altogether, `--baseline` records.
package struct Settlement: Sendable {
    package enum Change: Sendable {
        case forget
        /// The dirty mark of the user, if any, stays.
        case set(userUID: ProtectedText, primaryKey: ProtectedText, fingerprint: Fingerprint, values: [UInt8])
        /// What the snapshot holds of a user of it, as it may be held from now on; written when the delivery begins,
        /// whatever becomes of the user in it. The fingerprint, which is of what it held before, goes.
        case protect(userUID: ProtectedText, primaryKey: ProtectedText, values: [UInt8])
    }

    package var keyHash: KeyHash
    package var change: Change
    package init(keyHash: KeyHash, change: Change) { (self.keyHash, self.change) = (keyHash, change) }
}

/// A row that was stopped before sending.
package struct InvalidRow: Sendable, Hashable {
    /// The primary key as people may read it (masked when pii); nil when it is itself unreadable.
    package var key: String?
    package var column: String?
    /// The value, masked when pii, cut to 80 characters, control characters escaped.
    package var value: String?
    /// `integer`, `a user uid`, …
    package var expected: String?
    package var reason: String

    package init(key: String?, column: String?, value: String?, expected: String?, reason: String) {
        self.key = key
        self.column = column
        self.value = value
        self.expected = expected
        self.reason = reason
    }
}

/// What the diff adds to a plan at a time; all of it goes to the state in one transaction.
package struct PlanChunk: Sendable {
    package var operations: [PlannedOperation] = []
    package var settlements: [Settlement] = []
    package var invalidRows: [InvalidRow] = []
    /// Users whose operation or settlement of an earlier chunk is taken back: their key was seen again.
    package var withdrawn: [KeyHash] = []
    package init() {}

    package var isEmpty: Bool {
        operations.isEmpty && settlements.isEmpty && invalidRows.isEmpty && withdrawn.isEmpty
    }
}

/// A user of the snapshot as the diff's hash table wants it.
package struct SnapshotIndexEntry: Sendable, Hashable {
    package var keyHash: KeyHash
    package var fingerprint: Fingerprint
    /// A last attempt may have been applied.
    package var isDirty: Bool
    /// False for a user that was sent and never confirmed: it is in the snapshot only to be dirty.
    package var isConfirmed: Bool

    package init(keyHash: KeyHash, fingerprint: Fingerprint, isDirty: Bool, isConfirmed: Bool) {
        self.keyHash = keyHash
        self.fingerprint = fingerprint
        self.isDirty = isDirty
        self.isConfirmed = isConfirmed
    }
}

/// A user of the snapshot with all that is remembered.
package struct SnapshotUser: Sendable, Hashable {
    package var entry: SnapshotIndexEntry
    package var userUID: ProtectedText
    package var primaryKey: ProtectedText
    /// JSON object as in `PlannedOperation.snapshotValues`.
    package var values: [UInt8]

    package init(entry: SnapshotIndexEntry, userUID: ProtectedText, primaryKey: ProtectedText, values: [UInt8]) {
        self.entry = entry
        self.userUID = userUID
        self.primaryKey = primaryKey
        self.values = values
    }
}
