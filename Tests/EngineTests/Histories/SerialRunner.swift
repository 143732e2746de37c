import Dispatch
import Synchronization

/// Runs the tasks of one history one after the other, and says when all of them wait: so that equal seeds give equal
/// histories, whatever the machine does.
final class SerialRunner: TaskExecutor {
    private struct Work {
        /// Jobs that are enqueued or running.
        var jobs = 0
        /// Calls that were made into other threads and have not come back.
        var callsOutside = 0
        var waiter: CheckedContinuation<Void, Never>?

        mutating func waiterIfQuiet() -> CheckedContinuation<Void, Never>? {
            jobs == 0 && callsOutside == 0 ? waiter.take() : nil
        }
    }

    private let queue = DispatchQueue(label: "headrace.history")
    private let work = Mutex(Work())

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        work.withLock { $0.jobs += 1 }
        queue.async {
            job.runSynchronously(on: self.asUnownedTaskExecutor())
            self.ended { $0.jobs -= 1 }
        }
    }

    func asUnownedTaskExecutor() -> UnownedTaskExecutor { UnownedTaskExecutor(ordinary: self) }

    func callBegins() { work.withLock { $0.callsOutside += 1 } }
    func callEnded() { ended { $0.callsOutside -= 1 } }

    /// Returns when every other task waits for something that only its caller, or the clock, can bring about.
    func quiet() async {
        await withCheckedContinuation { continuation in
            ended { work in
                precondition(work.waiter == nil, "one task at a time waits for quiet")
                work.waiter = continuation
            }
        }
    }

    private func ended(_ change: (inout Work) -> Void) {
        let waiter = work.withLock { work in
            change(&work)
            return work.waiterIfQuiet()
        }
        waiter?.resume()
    }
}
