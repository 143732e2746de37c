package enum RunStatus: String, Sendable, CaseIterable {
    case queued, querying, planning, delivering
    case succeeded
    case completedWithErrors = "completed_with_errors"
    case failed, blocked, cancelled, interrupted

    package var isFinal: Bool {
        switch self {
        case .queued, .querying, .planning, .delivering: false
        default: true
        }
    }
}

/// Exit codes of every command; `contract.md` lists them.
package enum ExitStatus: Int32, Sendable, CaseIterable {
    case done = 0
    case ownFault = 1
    case usage = 2
    case completedWithErrors = 3
    case blocked = 4
    case destinationStop = 5
    case sourceFailure = 6
    case alreadyRunning = 7
    case changesPlanned = 8
    case interrupted = 130
    case terminated = 143

    /// Where several apply, within a sync and across syncs, the first of this list wins.
    package static let precedence: [ExitStatus] = [
        .terminated, .interrupted, .ownFault, .sourceFailure, .destinationStop, .blocked, .alreadyRunning, .usage,
        .changesPlanned, .completedWithErrors, .done,
    ]

    package static func strongest(_ statuses: some Sequence<ExitStatus>) -> ExitStatus {
        let present = Set(statuses)
        return precedence.first(where: present.contains) ?? .done
    }
}

/// What started a run.
package enum RunTrigger: String, Sendable, CaseIterable { case manual, schedule, apply }

/// One run of one sync, as it is stored and reported.
package struct RunReport: Sendable {
    /// Nil where no run began.
    package var runID: RunID?
    package var planID: PlanID?
    package var sync: String
    package var model: String
    package var status: RunStatus
    package var trigger: RunTrigger
    package var startedAt: WallTime
    package var finishedAt: WallTime?
    /// One sentence for people, without a value or a secret; nil when all went well.
    package var error: String?
    /// The same as a finding, with its code; known only to the process that ran it.
    package var finding: Diagnostic?
    package var rows = RowCounts()
    package var operations = OperationCounts()
    package var attempts = AttemptCounts()
    package var guards: [GuardResult] = []
    /// Nil for a model without a cursor.
    package var reading: ModelReading?
    package var querySeconds = 0.0
    package var planSeconds = 0.0
    package var deliverSeconds = 0.0
    /// The first twenty.
    package var invalidSample: [InvalidRow] = []
    package var exit: ExitStatus

    package init(
        runID: RunID?, sync: String, model: String, status: RunStatus, trigger: RunTrigger, startedAt: WallTime,
        exit: ExitStatus
    ) {
        self.runID = runID
        self.sync = sync
        self.model = model
        self.status = status
        self.trigger = trigger
        self.startedAt = startedAt
        self.exit = exit
    }
}
