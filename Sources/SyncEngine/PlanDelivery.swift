import ChangePlanning
import Delivery
import Logging
import SyncCore

/// Loop B: feeds a stored plan to the destination window by window. The journal comes first: a write is handed out
/// only after the transaction that opened its window is durable, and each transaction also settles the answers that
/// came in meanwhile.
struct PlanDelivery: Sendable {
    /// What is in flight when a run is asked to stop gets this long to finish.
    static let drainLimit = Duration.seconds(20)
    /// Answers that are worth a transaction of their own while more are coming.
    private static let outcomesACommit = 128
    /// Marks for as many operations as may be in flight. Each costs a system call; what leaves between two of them counts
    /// as sent a little early.
    private static let marksInFlight = 32
    /// How often people hear of a delivery in which nothing happens.
    private static let tellEvery = Duration.seconds(1)

    var environment: EngineEnvironment
    var checked: CheckedSync
    var plan: PlanRecord
    /// Operations of the plan that have no outcome yet.
    var writes: Int
    var run: RunID
    var stop: StopRequest
    var trust: LeaseTrust
    var progress: @Sendable (DeliveryCounts) -> Void

    struct Result {
        var attempts: AttemptCounts
        /// Outcomes that are in the state; unknown are also those of the open window where the delivery failed.
        var operations = OperationCounts()
        /// Why sending stopped before all was tried.
        var stopReason: String?
        /// The last answer to an operation that ended deferred or unknown.
        var lastTrouble: String?
        /// A `StateFailure` when the journal could not be written: nothing more was sent then, and whoever was in the
        /// open window is dirty.
        var failure: (any Error)?
        /// With a `failure`: operations whose request may have left, and whose outcome is not in the state.
        var mayHaveLeft: [Int] = []
    }

    /// What the journal holds so far.
    private struct Journal {
        var openThrough = 0
        var handedOver = 0
        var outcomes = OperationCounts()
        var lastTrouble: String?
        /// Outcomes of a commit that has not succeeded.
        var uncommitted: [OutcomeRecord] = []

        mutating func committed(_ records: [OutcomeRecord], handingOver writes: [PlannedWrite]) {
            uncommitted = []
            handedOver += writes.count
            outcomes.planned += records.count
            for record in records {
                outcomes[record.outcome] += 1
                guard record.outcome == .deferred || record.outcome == .unknown else { continue }
                lastTrouble = record.lastAnswer ?? lastTrouble
            }
        }
    }

    private var pacer: DestinationPacer { environment.pacers.pacer(for: checked.destination.identity) }

    /// Returns when every operation that may be sent has its outcome in the state, or when that became impossible.
    func deliver() async -> Result {
        let mark = await environment.state.beginSendMark(
            of: run, step: checked.sync.destination.maxInFlight / Self.marksInFlight)
        let window = DeliveryWindow(
            DeliverySettings(checked.sync, plannedWrites: writes), pacer: pacer, mark: mark, at: environment.instant(),
            random: environment.random)
        trust.onRenewal { [weak window] in window?.trust(until: $0) }
        stop.onRequest { [weak window] _ in window?.drain() }
        var journal = Journal()
        var failure: (any Error)?
        let refusal = await withTaskGroup(of: DestinationFailure?.self) { group in
            group.addTask { await send(from: window) }
            do {
                try await feed(window, &journal)
            } catch {
                failure = error
                window.drain()
                group.cancelAll()
            }
            return await group.next() ?? nil
        }
        var result = Result(attempts: window.counts(at: .now).attempts, operations: journal.outcomes)
        if failure != nil {
            result.operations.unknown += journal.handedOver - journal.outcomes.planned
            mark?.release()
            result.mayHaveLeft = (journal.uncommitted + window.takeOutcomes())
                .filter { $0.attempts > 0 || $0.mayHaveBeenApplied }.map(\.sequence)
        } else {
            mark?.remove()
        }
        result.stopReason = refusal?.diagnostic.sentence ?? window.stopReason?.sentence
        result.lastTrouble = journal.lastTrouble
        result.failure = failure
        return result
    }

    /// Lets the destination pull from the window to the end; after a stop request for `drainLimit` at most. A failure
    /// of the destination as a whole drains the window, so that the rest is deferred.
    private func send(from window: DeliveryWindow) async -> DestinationFailure? {
        let destination = checked.destination
        let maximumInFlight = checked.sync.destination.maxInFlight
        return await withTaskGroup(of: DestinationFailure?.self) { group in
            group.addTask {
                // Whyever it returns, nobody pulls from here on: what is left can only be deferred.
                defer { window.drain() }
                do throws(DestinationFailure) {
                    try await destination.deliver(from: window, maximumInFlight: maximumInFlight)
                    return nil
                } catch {
                    return error
                }
            }
            group.addTask {
                await stop.wait()
                try? await Task.sleep(for: Self.drainLimit)
                return nil
            }
            group.addTask {
                while (try? await Task.sleep(for: Self.tellEvery)) != nil {
                    tellNews()
                    progress(window.counts(at: environment.instant()))
                }
                return nil
            }
            defer { tellNews() }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }

    /// Says what the destination as a whole does, where that is why the run takes its time.
    private func tellNews() {
        for news in pacer.takeNews() {
            environment.logger.log(
                level: news.isTrouble ? .warning : .notice,
                "\(checked.destination.identity.edgeHost) \(news.sentence)",
                metadata: ["destination": "\(checked.sync.destination.name)", "sync": "\(checked.sync.name)"])
        }
    }

    /// Keeps the window full: journal, hand over, settle, until the plan is worked off or sending has stopped. Throws
    /// when the journal cannot be written, or the run has lost its locks.
    private func feed(_ window: DeliveryWindow, _ journal: inout Journal) async throws {
        var unread = UnreadOperations(plan: plan.planID, state: environment.state, keys: environment.keys)
        while true {
            try Task.checkCancellation()
            let isOver = window.isOver
            // Before the outcomes: an answer that comes in between must not make room for more than is settled.
            let room = window.room
            let outcomes = window.takeOutcomes()
            journal.uncommitted = outcomes
            let writes = isOver ? [] : try await unread.next(room)
            if let last = writes.last { journal.openThrough = last.index }
            if !outcomes.isEmpty { FailPoint.answersArrived.pass() }
            if !outcomes.isEmpty || !writes.isEmpty {
                try await environment.state.commit(
                    outcomes, openThrough: journal.openThrough, plan: plan.planID, run: run)
                if !writes.isEmpty { FailPoint.intentCommitted.pass() }
                if !outcomes.isEmpty { FailPoint.outcomesCommitted.pass() }
            }
            journal.committed(outcomes, handingOver: writes)
            window.append(writes)
            if unread.isExhausted { window.finishedAdding() }
            progress(window.counts(at: .now))
            if isOver { return }
            await window.waitForWork(minimumOutcomes: Self.outcomesACommit)
        }
    }
}

/// The operations of a plan that have no outcome yet, read ahead in bounded steps and unsealed.
struct UnreadOperations {
    private static let readAhead = 2000

    var plan: PlanID
    var state: any StateStore
    var keys: KeyRing
    private var buffer: ArraySlice<OperationToSend> = []
    private var lastRead = 0
    private var reachedEnd = false

    init(plan: PlanID, state: any StateStore, keys: KeyRing) {
        (self.plan, self.state, self.keys) = (plan, state, keys)
    }

    var isExhausted: Bool { reachedEnd && buffer.isEmpty }

    /// At most `count` writes, in sequence order.
    mutating func next(_ count: Int) async throws -> [PlannedWrite] {
        guard count > 0, !isExhausted else { return [] }
        if buffer.count < count, !reachedEnd {
            let limit = max(Self.readAhead, count)
            let read = try await state.operationsToSend(of: plan, after: lastRead, limit: limit)
            reachedEnd = read.count < limit
            if let last = read.last { lastRead = last.sequence }
            buffer += read
        }
        let taken = buffer.prefix(count)
        buffer = buffer.dropFirst(taken.count)
        return try taken.map(write)
    }

    private func write(_ operation: OperationToSend) throws -> PlannedWrite {
        guard let uid = UserUID(try keys.reveal(operation.userUID)) else {
            throw RunFailure(
                .ownFault,
                .error("inconsistent", "operation \(operation.sequence) of plan \(plan) has no valid user uid"))
        }
        return PlannedWrite(index: operation.sequence, userUID: uid, body: try keys.reveal(operation.body))
    }
}

extension KeyRing {
    /// The bytes of a body to send.
    fileprivate func reveal(_ body: ProtectedBody) throws -> [UInt8] {
        switch body {
        case .clear(let bytes): return bytes
        case .sealed(let sealed): return try unseal(sealed)
        case .sameAsSnapshot:
            throw RunFailure(.ownFault, .error("inconsistent", "the state gave an operation without its body"))
        }
    }
}
