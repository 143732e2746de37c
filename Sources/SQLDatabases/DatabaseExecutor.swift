internal import Dispatch

/// The thread of one database connection: an actor with this executor may block in C without stopping other tasks.
package final class DatabaseExecutor: SerialExecutor {
    private let queue: DispatchQueue

    /// `label` names the queue in debuggers and crash reports.
    package init(label: String) {
        queue = DispatchQueue(label: label)
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }
}
