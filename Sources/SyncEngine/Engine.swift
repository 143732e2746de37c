package import SyncCore

/// A sync whose statement was prepared and whose types were found to fit.
package struct CheckedSync: Sendable {
    package var sync: SyncDefinition
    package var columns: [ColumnDescription]
    package var source: any Source
    package var destination: any Destination
}

/// What `check` found.
package struct CheckOutcome: Sendable {
    /// Of all selected syncs, in file order.
    package var findings: [Diagnostic]
    /// Those without an error.
    package var checked: [CheckedSync]
    /// `.done`, `.usage` (a finding), `.sourceFailure` (a source could not be asked).
    package var exit: ExitStatus
}

/// What `plan` made: a stored plan, or why there is none.
package struct PlanOutcome: Sendable {
    /// Nil when the source failed.
    package var plan: PlanRecord?
    /// The first `details` operations.
    package var operations: [OperationRecord]
    /// Of all its operations, those that would not be sent now.
    package var withheld = WithheldCounts()
    package var invalidSample: [InvalidRow]
    package var error: Diagnostic?
    /// `.done`, `.blocked`, `.completedWithErrors` (invalid rows) or what failed.
    package var exit: ExitStatus
}

/// The engine's verbs. Each is one call of one command.
package struct Engine: Sendable {
    package let environment: EngineEnvironment
    package init(_ environment: EngineEnvironment) { self.environment = environment }
}
