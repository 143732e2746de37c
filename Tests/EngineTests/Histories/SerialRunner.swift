import Dispatch
import Synchronization

/// Runs the tasks of one history one after the other, and says when all of them wait: so that equal seeds give equal
/// histories, whatever the machine does.
final class SerialRunner: TaskExecutor {
    private struct Work {
        var ready: [UnownedJob] = []
        var isRunning = false
        /// A call was made into another thread and has not come back: nothing else runs, since how long it takes is
        /// the machine's to say.
        var isOutside = false
        var waiter: CheckedContinuation<Void, Never>?

        mutating func next() -> UnownedJob? {
            guard !isRunning, !isOutside, !ready.isEmpty else { return nil }
            isRunning = true
            return ready.removeFirst()
        }

        mutating func waiterIfQuiet() -> CheckedContinuation<Void, Never>? {
            !isRunning && !isOutside && ready.isEmpty ? waiter.take() : nil
        }
    }

    private static let isRunner = DispatchSpecificKey<Bool>()
    private let queue = DispatchQueue(label: "headrace.history")
    private let work = Mutex(Work())

    init() { queue.setSpecific(key: Self.isRunner, value: true) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isReturn = DispatchQueue.getSpecific(key: Self.isRunner) == nil
        work.withLock { work in
            guard isReturn, work.isOutside else { return work.ready.append(job) }
            work.ready.insert(job, at: 0)
            work.isOutside = false
        }
        goOn()
    }

    func asUnownedTaskExecutor() -> UnownedTaskExecutor { UnownedTaskExecutor(ordinary: self) }

    /// What its caller does next leaves for another thread, and comes back from there.
    func callBegins() { work.withLock { $0.isOutside = true } }

    /// Returns when every other task waits for something that only its caller, or the clock, can bring about.
    func quiet() async {
        await withCheckedContinuation { continuation in
            work.withLock { work in
                precondition(work.waiter == nil, "one task at a time waits for quiet")
                work.waiter = continuation
            }
        }
    }

    private func goOn() {
        guard let job = work.withLock({ $0.next() }) else { return }
        queue.async {
            job.runSynchronously(on: self.asUnownedTaskExecutor())
            let waiter = self.work.withLock { work in
                work.isRunning = false
                return work.waiterIfQuiet()
            }
            waiter?.resume()
            self.goOn()
        }
    }
}
