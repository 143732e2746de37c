package import SyncCore

/// What a run tells while it lasts, for the progress bar and the log. Called often and from any task: must be quick.
package struct RunProgress: Sendable, Hashable {
    package var sync: String
    package var runID: RunID?
    package var status: RunStatus
    package var rowsRead = 0
    package var operations = OperationCounts()
    package var attempts = AttemptCounts()
    package var inFlight = 0
    /// How long nothing leaves: the destination is in trouble or asked for a pause. Nil while requests may leave.
    package var pause: Duration?

    package init(sync: String, runID: RunID?, status: RunStatus) {
        self.sync = sync
        self.runID = runID
        self.status = status
    }
}

package typealias RunObserver = @Sendable (RunProgress) -> Void
