/// The process that holds a lock. A pid alone is reused; with boot id and start time it names one process for good.
package struct LeaseHolder: Sendable, Hashable {
    package var host: String
    /// Of the kernel, and of the pid namespace: two containers of one host do not see each other's processes.
    package var bootID: String
    package var processID: Int32
    /// Clock ticks since boot, field 22 of /proc/PID/stat.
    package var startTime: UInt64

    package init(host: String, bootID: String, processID: Int32, startTime: UInt64) {
        self.host = host
        self.bootID = bootID
        self.processID = processID
        self.startTime = startTime
    }

    /// Whether one sees the other's process by its pid, or a boot since has ended it.
    package func sharesProcesses(with other: LeaseHolder) -> Bool {
        func boot(_ id: String) -> Substring { id.prefix { $0 != Self.namespaceMark } }
        return host == other.host && (bootID == other.bootID || boot(bootID) != boot(other.bootID))
    }

    /// A holder that `other` cannot see counts as dead after 45 s without renewal; one that it can see is alive or gone.
    package func hasLapsed(renewedAt: WallTime, seenFrom other: LeaseHolder, at now: WallTime) -> Bool {
        !sharesProcesses(with: other) && now.microseconds - renewedAt.microseconds > 45_000_000
    }

    /// Between the boot id and the name of the pid namespace, where a container has one of its own.
    package static let namespaceMark: Character = "/"
}

/// What the state's witness says of it: how far the state has come, remembered outside of the project.
package enum WitnessVerdict: Sendable, Equatable {
    /// The state is at least as far as its witness, or there is none.
    case living
    /// The state is older than its witness, or another than it: a copy was put back, or two are in use.
    case restored
    /// The same of a state that holds nobody: a new one in the place of one that was deleted.
    case emptied
}

/// A lock taken, or who has it.
package enum LeaseResult: Sendable, Equatable {
    /// `fence` grows with every acquisition; writes under an older one are refused.
    case acquired(fence: Int64)
    case held(name: String, by: LeaseHolder, run: RunID)
}

/// The snapshot of one sync at one destination.
package struct ScopeRecord: Sendable, Equatable {
    package var id: Int64
    /// At least as many users as the snapshot holds, cheaply known: what a table of them is sized by.
    package var expectedUsers: Int
    /// Where the sync's last run that passed its guards sent to; nil before the first.
    package var lastIdentity: DestinationIdentity?
    /// An earlier run of the sync that was not blocked read at least one row.
    package var hadRows: Bool
    /// When the state was found to be an older copy of itself; nil again once everyone was planned anew.
    package var restoredAt: WallTime?

    package init(id: Int64, expectedUsers: Int, lastIdentity: DestinationIdentity?, hadRows: Bool) {
        self.id = id
        self.expectedUsers = expectedUsers
        self.lastIdentity = lastIdentity
        self.hadRows = hadRows
    }
}

package enum PlanStatus: String, Sendable, CaseIterable {
    /// The source is still being read; invisible to everyone else, deleted by recovery.
    case building
    /// Complete; may be applied.
    case ready
    /// A guard tripped; may be applied with `--override-guards`.
    case blocked
    /// A run is delivering it, or was killed while it did.
    case delivering
    /// Every operation has its outcome.
    case finished
    /// A newer plan or run of the sync began, or it expired: its bodies are deleted.
    case superseded
}

/// A plan without its operations.
package struct PlanRecord: Sendable {
    package var planID: PlanID
    package var sync: String
    package var scope: Int64
    package var status: PlanStatus
    package var createdAt: WallTime
    /// Digest of everything that decides the plan: SQL, mappings, attributes, destination.
    package var definitionDigest: String
    package var rows = RowCounts()
    package var planned = 0
    package var guards: [GuardResult] = []
    /// Attributes that no user of the snapshot has: a mapping was added.
    package var mappingAdded: [String] = []
    /// Nil for a model without a cursor.
    package var reading: ModelReading?
    /// The whole model was read and every operation kept: a user who has none needs none.
    package var isWhole = false
    /// Made with `--limit`, `--key` or `--baseline`: not everyone who is dirty is in it.
    package var isPartial = false
    /// What its rows hold no clear text of (`StateStore.protect`); nil where it is not known.
    package var protectedNames: Set<String>?

    package init(
        planID: PlanID, sync: String, scope: Int64, status: PlanStatus, createdAt: WallTime, definitionDigest: String
    ) {
        self.planID = planID
        self.sync = sync
        self.scope = scope
        self.status = status
        self.createdAt = createdAt
        self.definitionDigest = definitionDigest
    }
}

/// What delivery needs of an operation: its place, its user and its body (never `.sameAsSnapshot`: the store resolves it).
package struct OperationToSend: Sendable {
    package var sequence: Int
    package var userUID: ProtectedText
    package var body: ProtectedBody

    package init(sequence: Int, userUID: ProtectedText, body: ProtectedBody) {
        self.sequence = sequence
        self.userUID = userUID
        self.body = body
    }
}

/// The outcome of an operation, to be written.
package struct OutcomeRecord: Sendable, Hashable {
    package var sequence: Int
    package var outcome: OperationOutcome
    /// HTTP exchanges this run.
    package var attempts: Int
    /// `204`, `422`, `timeout`, … Never a value.
    package var lastAnswer: String?
    /// An attempt of this run may have been applied: the user is dirty unless confirmed.
    package var mayHaveBeenApplied: Bool
    /// An attempt of this run may be applied at any later time.
    package var mayStillArrive: Bool

    package init(
        sequence: Int, outcome: OperationOutcome, attempts: Int, lastAnswer: String?, mayHaveBeenApplied: Bool,
        mayStillArrive: Bool = false
    ) {
        self.sequence = sequence
        self.outcome = outcome
        self.attempts = attempts
        self.lastAnswer = lastAnswer
        self.mayHaveBeenApplied = mayHaveBeenApplied
        self.mayStillArrive = mayStillArrive
    }
}
