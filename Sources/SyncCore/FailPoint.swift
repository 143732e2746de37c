#if DEBUG
    internal import Foundation
    internal import Synchronization
#endif

/// A place where a debug build kills itself with SIGKILL when the environment asks for it: `HEADRACE_FAIL_POINT=NAME`, or
/// `NAME:3` for the third time that the process passes. Tests put a kill exactly where the crash table of
/// `docs/how-a-run-works.md` has a row. A release build has none of it.
package enum FailPoint: String, Sendable, CaseIterable {
    /// The run has its locks, and no row yet.
    case locksTaken = "locks_taken"
    /// In the transaction that forgets what has become personal.
    case protecting
    /// A chunk of the plan is in the state, the plan is not complete.
    case planning
    /// In the transaction that completes the plan.
    case planFinishing = "plan_finishing"
    /// The plan is complete, its delivery has not begun.
    case planFinished = "plan_finished"
    /// In the transaction that begins the delivery.
    case deliveryBeginning = "delivery_beginning"
    /// The delivery has begun, no window is open.
    case deliveryBegun = "delivery_begun"
    /// In the transaction that opens a window: the intent is not durable.
    case intentCommitting = "intent_committing"
    /// The intent is durable, none of its writes was handed over.
    case intentCommitted = "intent_committed"
    /// Answers have arrived whose outcomes are not in the state.
    case answersArrived = "answers_arrived"
    /// In the transaction that settles answers.
    case outcomesCommitting = "outcomes_committing"
    /// Outcomes are durable.
    case outcomesCommitted = "outcomes_committed"
    /// In a transaction that moves confirmed users into the snapshot.
    case snapshotMoving = "snapshot_moving"
    /// In the transaction that ends the delivery.
    case deliveryFinishing = "delivery_finishing"
    /// The delivery has ended, the run's row does not say so.
    case deliveryFinished = "delivery_finished"
    /// The run's row is final, its locks are held.
    case runSaved = "run_saved"
    /// In the transaction that closes a killed run.
    case recovering
    /// The killed run is closed, its successor has not begun.
    case recovered
    /// Between two transactions of `state prune`.
    case pruning
    /// In the transaction of `state reset`.
    case resetting

    /// Ends the process here, if this is the place and the time.
    package func pass() {
        #if DEBUG
            Self.armed?.pass(self)
        #endif
    }

    #if DEBUG
        private static let armed = ArmedFailPoint(ProcessInfo.processInfo.environment["HEADRACE_FAIL_POINT"])
    #endif
}

#if DEBUG
    /// The one place that the environment names.
    private final class ArmedFailPoint: Sendable {
        private let point: FailPoint
        private let passesLeft: Mutex<Int>

        /// Ends the process when the text names no place: a test that kills nowhere must not pass.
        init?(_ text: String?) {
            guard let text else { return nil }
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            let time = parts.count == 2 ? Int(parts[1]) : 1
            guard let point = FailPoint(rawValue: String(parts[0])), parts.count <= 2, let time, time > 0 else {
                FileHandle.standardError.write(Data("HEADRACE_FAIL_POINT names no place: \(text)\n".utf8))
                exit(ExitStatus.usage.rawValue)
            }
            self.point = point
            passesLeft = Mutex(time)
        }

        func pass(_ passed: FailPoint) {
            guard passed == point else { return }
            let isDue = passesLeft.withLock { left in
                left -= 1
                return left == 0
            }
            if isDue { kill(getpid(), SIGKILL) }
        }
    }
#endif
