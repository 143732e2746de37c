import Dispatch

/// Runs an actor on a queue of its own, so that calls into libpq and SQLite, which block, never take a thread of the
/// cooperative pool. One executor for each connection: its jobs run one after the other.
///
///     actor Session {
///         private let executor = DatabaseExecutor(label: "postgres")
///         nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
///     }
package final class DatabaseExecutor: SerialExecutor {
    private let queue: DispatchQueue

    /// `label` names the queue's thread in debuggers.
    package init(label: String) { queue = DispatchQueue(label: label) }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        // Strong: the actor that owns this executor may end with its last job.
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

    package func checkIsolated() { dispatchPrecondition(condition: .onQueue(queue)) }
}

extension Duration {
    /// As both databases count time limits: 1 to 2^31 - 1 ms, since 0 means none to them.
    var clampedMilliseconds: Int32 {
        let (seconds, attoseconds) = components
        let (whole, isTooLong) = seconds.multipliedReportingOverflow(by: 1000)
        guard !isTooLong else { return .max }
        return Int32(clamping: max(1, whole &+ attoseconds / 1_000_000_000_000_000))
    }
}
