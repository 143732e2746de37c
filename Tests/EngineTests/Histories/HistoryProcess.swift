import ChangePlanning
import Logging
import SyncCore
import SyncEngine
import Synchronization

/// One command of one process: what it reaches of the world, and how that ends.
final class HistoryProcess: Sendable {
    private struct Life {
        var calls = 0
        var events = 0
        var hasRead = false
        var isDead = false
        var isFenced = false
        var hasLocks = false
        var hadInterlude = false
        var sourceFailed = false
        var version: Int?
        var exchange: HistoryExchange?
        var mark: (any SendMark)?
        var requests = 0
        var exchanges = 0
        var confirmed = 0
        /// How far its clock is: nobody waits for the machine's.
        var elapsed = Duration.zero
        var sleepers: [(until: Duration, end: AsyncStream<Void>.Continuation)] = []
    }

    let number: Int32
    let history: History
    let sync: SyncDefinition
    let faults: ProcessFaults
    let holder: LeaseHolder
    /// Processes that run in its midst have none in theirs.
    let isInterlude: Bool
    let isResync: Bool
    let stop = StopRequest()
    private let life: Mutex<Life>
    private let start = ContinuousClock.now

    var runner: SerialRunner { history.runner }

    init(
        _ history: History, number: Int32, sync: SyncDefinition, faults: ProcessFaults, host: String = "here",
        isInterlude: Bool = false, isResync: Bool = false, version: Int? = nil
    ) {
        self.number = number
        self.history = history
        self.sync = sync
        self.faults = faults
        self.isInterlude = isInterlude
        self.isResync = isResync
        holder = LeaseHolder(host: host, bootID: host, processID: number, startTime: UInt64(number))
        var life = Life()
        life.version = version
        self.life = Mutex(life)
    }

    var isDead: Bool { life.withLock { $0.isDead } }
    var isFenced: Bool { life.withLock { $0.isFenced } }
    var hasLocks: Bool { life.withLock { $0.hasLocks } }
    /// Its run is in the state: it was written down before the read.
    var hasRead: Bool { life.withLock { $0.hasRead } }
    var version: Int? { life.withLock { $0.version } }
    var requests: Int { life.withLock { $0.requests } }
    var exchanges: Int { life.withLock { $0.exchanges } }
    var confirmed: Int { life.withLock { $0.confirmed } }
    /// It sent, or would have, though the state could not be written or is no longer its own.
    var hadStateTrouble: Bool {
        if case .stateFails(let number, _) = faults.cut, life.withLock({ $0.calls >= number }) { return true }
        return isFenced
    }

    var environment: EngineEnvironment {
        let (store, shape) = (history.store, history.shape)
        var environment = EngineEnvironment(
            project: shape.project(statePath: history.statePath),
            state: FaultyStateStore(store: store, process: self), keys: History.keys,
            source: { _ in HistorySource(process: self) }, destination: { _ in HistoryDestination(process: self) },
            holder: holder, isGone: { self.history.isGone($0) }, now: { self.history.now() },
            random: { self.history.share() },
            logger: Logger(label: "history") { _ in SwiftLogNoOpLogHandler() })
        environment.instant = { self.instant }
        environment.pause = { try await self.pause($0) }
        return environment
    }

    // MARK: Ends

    func die(_ reason: String) {
        let (wasAlive, mark) = life.withLock { life in
            defer { life.isDead = true }
            return (!life.isDead, life.mark)
        }
        guard wasAlive else { return }
        // The kernel lets go of what it held.
        mark?.release()
        history.note("  \(number) \(reason)")
        history.killed(holder)
        history.isInDoubt(sync.name, forGood: false)
    }

    func refuseDead() throws {
        if isDead { throw Self.stateFailure }
    }

    private static let stateFailure = StateFailure(.storage, .error("state_storage", "the disk is gone"))

    // MARK: The state

    func callBegins(_ name: String) throws {
        try refuseDead()
        let (number, exchange) = life.withLock { life in
            life.calls += 1
            return (life.calls, life.exchange)
        }
        // Answers come in while a transaction is under way.
        if name.hasPrefix("commit"), let exchange, history.chance(0.4) { _ = exchange.goOn() }
        switch faults.cut {
        case .killedAtCall(number, afterEffect: false): die("is killed before \(name)")
        case .stateFails(let first, let forGood) where number == first || forGood && number > first:
            if number == first { history.note("  \(self.number): the state fails \(name)") }
            throw Self.stateFailure
        default: break
        }
        try refuseDead()
    }

    func callEnded(_ name: String) throws {
        if case .killedAtCall(let number, afterEffect: true) = faults.cut, life.withLock({ $0.calls }) == number {
            die("is killed after \(name)")
        }
        try refuseDead()
    }

    func locked() { life.withLock { $0.hasLocks = true } }
    /// A file that its process holds open as long as it lives.
    func marks(_ mark: any SendMark) { life.withLock { $0.mark = mark } }
    func unlocked() { life.withLock { $0.hasLocks = false } }

    /// Somebody else took its locks over.
    func fence() {
        life.withLock { $0.isFenced = true }
        // What it sent last is dirty for the run that took over, and once more for the next.
        history.countAsKill()
        history.countAsKill()
        history.isInDoubt(sync.name, forGood: true)
    }

    // MARK: The source

    func readBegins() -> Int {
        life.withLock { $0.hasRead = true }
        if hasLocks { history.moved(sync.name) }
        return history.version(of: sync.name)
    }

    /// Once, except for a source that stays broken.
    func readFails(after rows: Int) -> SourceFailure.Kind? {
        guard let failing = faults.sourceFails, rows >= failing.after else { return nil }
        return life.withLock { life in
            defer { life.sourceFailed = true }
            return life.sourceFailed && failing.kind == .lost ? nil : failing.kind
        }
    }

    func wasRead(_ version: Int) {
        life.withLock { $0.version = version }
        history.wasRead(sync, version: version)
    }

    // MARK: The destination

    var sender: Reference.Sender {
        Reference.Sender(
            process: number, sync: sync, version: version, isResync: isResync, isFenced: isFenced,
            isSound: !isDead && !isFenced)
    }

    func delivers(_ exchange: HistoryExchange?) { life.withLock { $0.exchange = exchange } }

    func deliveryEvent() {
        let events = life.withLock { life in
            life.events += 1
            return life.events
        }
        if case .killedAtEvent(events) = faults.cut { die("is killed") }
    }

    func begins(_ write: PlannedWrite) {
        life.withLock { $0.requests += 1 }
        history.begins(write, by: sender)
    }

    func ended(_ write: PlannedWrite, _ result: AttemptResult) {
        var isConfirmed = false
        life.withLock { life in
            switch result {
            case .notSent, .hopeless: return
            case .confirmed: isConfirmed = true
            case .ambiguous, .unanswered, .throttled, .refused, .forbidden: break
            }
            life.exchanges += 1
            if isConfirmed { life.confirmed += 1 }
        }
        history.ended(write, result, for: sender)
    }

    // MARK: Time

    /// What others do while this process is in its midst.
    func interlude(_ exchange: HistoryExchange?) async {
        let isDue = life.withLock { life in
            guard !life.hadInterlude, !life.isDead, let interlude = faults.interlude else { return false }
            let isDue =
                exchange == nil
                ? interlude.isInRead && interlude.what.isPossibleInARead
                : !interlude.isInRead && life.events + 1 >= interlude.at
            guard isDue else { return false }
            life.hadInterlude = true
            return true
        }
        guard isDue, let interlude = faults.interlude else { return }
        // Not structured: what others do is not cancelled with this process.
        await Task(executorPreference: runner) {
            await self.history.perform(interlude.what, inTheMidstOf: self, exchange)
        }.value
    }

    var instant: ContinuousClock.Instant { start + life.withLock { $0.elapsed } }

    /// So much time passes for it.
    func goOn(after time: Duration) {
        let due = life.withLock { life in
            life.elapsed += time
            defer { life.sleepers.removeAll { $0.until <= life.elapsed } }
            return life.sleepers.filter { $0.until <= life.elapsed }
        }
        for sleeper in due { sleeper.end.finish() }
    }

    /// Long pauses are over at once; short ones are the lock keeper's, whose clock stands still until it is told.
    private func pause(_ time: Duration) async throws {
        if time < .seconds(1) {
            let (sleep, end) = AsyncStream.makeStream(of: Void.self)
            life.withLock { $0.sleepers.append(($0.elapsed + time, end)) }
            for await _ in sleep {}
        }
        try Task.checkCancellation()
    }
}

extension ProcessFaults.Interlude {
    /// A run that reads has sent nothing and is not asked to give its locks away.
    var isPossibleInARead: Bool {
        switch self {
        case .change, .run, .otherSync, .plan, .signal: true
        case .apply, .cancel, .takeover: false
        }
    }
}
