/// What a row is to the model, or to the run that stopped it.
package enum RowKind: String, Sendable, CaseIterable { case unchanged, added, changed, removed, invalid }

/// Why an operation is planned.
package enum OperationReason: String, Sendable, CaseIterable { case diff, dirty, resync }

/// What became of an operation.
package enum OperationOutcome: String, Sendable, CaseIterable {
    case confirmed, rejected, unknown, deferred, quarantined
}

/// Rows of one run. `queried = unchanged + added + changed + invalid`; removed rows were not queried.
package struct RowCounts: Sendable, Hashable {
    package var queried = 0
    package var unchanged = 0
    package var added = 0
    package var changed = 0
    package var removed = 0
    package var invalid = 0
    package init() {}

    package var isBalanced: Bool { queried == unchanged + added + changed + invalid }
}

/// Operations of one run. `planned = confirmed + rejected + unknown + deferred + quarantined` when it ends.
package struct OperationCounts: Sendable, Hashable {
    package var planned = 0
    package var confirmed = 0
    package var rejected = 0
    package var unknown = 0
    package var deferred = 0
    package var quarantined = 0
    package init() {}

    package var isBalanced: Bool { withoutOutcome == 0 }
    /// Planned operations that none of the outcomes counts.
    package var withoutOutcome: Int { planned - confirmed - rejected - unknown - deferred - quarantined }

    package subscript(outcome: OperationOutcome) -> Int {
        get {
            switch outcome {
            case .confirmed: confirmed
            case .rejected: rejected
            case .unknown: unknown
            case .deferred: deferred
            case .quarantined: quarantined
            }
        }
        set {
            switch outcome {
            case .confirmed: confirmed = newValue
            case .rejected: rejected = newValue
            case .unknown: unknown = newValue
            case .deferred: deferred = newValue
            case .quarantined: quarantined = newValue
            }
        }
    }
}

/// HTTP exchanges of one run: all that were sent, and those that were not a user's first.
package struct AttemptCounts: Sendable, Hashable {
    package var sent = 0
    package var retried = 0
    package init() {}
}

/// The verdict of one guard.
package struct GuardResult: Sendable, Hashable {
    /// `min_rows`, `max_changed_percent`, `max_removed_percent`, `max_null_percent`, `destination_identity`,
    /// `state_restored`; `model_tests` alone where they stopped a run before its plan.
    package var name: String
    package var limit: Double?
    package var actual: Double?
    package var tripped: Bool
    /// What a person needs beyond the numbers: the worst attribute, the other host.
    package var detail: String?

    package init(name: String, limit: Double?, actual: Double?, tripped: Bool, detail: String? = nil) {
        self.name = name
        self.limit = limit
        self.actual = actual
        self.tripped = tripped
        self.detail = detail
    }
}
