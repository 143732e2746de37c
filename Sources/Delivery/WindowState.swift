import SyncCore

/// The window's rules as a value: which write may leave when, and what its answers amount to.
struct WindowState {
    typealias Instant = ContinuousClock.Instant

    let settings: DeliverySettings
    private let schedule = RetrySchedule()
    private var budget = RetryBudget()
    private let pacer: DestinationPacer
    private var stopRule: StopRule

    private var fresh = FreshWrites()
    private var retries = RetryQueue()
    private var inFlight: [Int: TrackedWrite] = [:]
    private var probe: Int?
    /// Users with a write that has no outcome yet, and what else is theirs: it leaves after, in order.
    private var held: [UserUID: [TrackedWrite]] = [:]
    private var heldCount = 0
    private var counts = DeliveryCounts()

    private(set) var outcomes: [OutcomeRecord] = []
    private(set) var stopReason: StopReason?
    private(set) var isDraining = false
    private(set) var isComplete = false

    /// How soon to ask again where another delivery to the destination has what we wait for.
    private static let pollInterval: Duration = .milliseconds(50)

    init(_ settings: DeliverySettings, pacer: DestinationPacer, at now: Instant) {
        self.settings = settings
        self.pacer = pacer
        stopRule = StopRule(plannedWrites: settings.plannedWrites)
        stopReason = pacer.begin(settings, at: now)
    }

    /// Nothing new leaves any more.
    var isClosing: Bool { isDraining || stopReason != nil }
    private var waiting: Int { fresh.count + retries.count + heldCount }
    var unfinished: Int { waiting + inFlight.count }
    /// Every write has its outcome, and none will come.
    var isOver: Bool { unfinished == 0 && (isComplete || isClosing) }
    /// Half the window is done: the engine can commit it and open the next.
    var wantsWrites: Bool { !isComplete && !isClosing && unfinished <= settings.windowSize / 2 }
    /// `next` has something else to say than `.idle`.
    var hasNextStep: Bool {
        if isClosing || isOver { return true }
        return (!fresh.isEmpty || retries.count > 0) && inFlight.count < limit
    }
    private var limit: Int { min(pacer.limit, stopRule.maximumInFlight) }

    // MARK: The engine's side

    mutating func append(_ writes: [PlannedWrite]) {
        for write in writes {
            let item = TrackedWrite(write)
            if isClosing {
                conclude(item)
            } else if held[write.userUID]?.append(item) != nil {
                heldCount += 1
            } else {
                held[write.userUID] = []
                fresh.append(item)
            }
        }
    }

    mutating func finishAdding() { isComplete = true }

    mutating func drain() {
        isDraining = true
        concludeWaiting()
    }

    mutating func takeOutcomes() -> [OutcomeRecord] {
        defer { outcomes.removeAll(keepingCapacity: true) }
        return outcomes
    }

    func currentCounts(at now: Instant) -> DeliveryCounts {
        var counts = counts
        counts.inFlight = inFlight.count
        counts.waiting = waiting
        counts.concurrencyLimit = limit
        counts.pausedUntil = pacer.pause(at: now)
        return counts
    }

    // MARK: The connections' side

    mutating func next(at now: Instant) -> FeedStep {
        if isClosing { return .finished }
        guard !fresh.isEmpty || retries.count > 0 else {
            return isComplete && inFlight.isEmpty ? .finished : .idle
        }
        guard inFlight.count < stopRule.maximumInFlight else { return .idle }
        let isRetryDue = retries.firstDue.map { $0 <= now } ?? false
        let retryCost = isRetryDue ? retries.firstCost.flatMap { budget.covers($0) ? $0 : nil } : nil
        guard retryCost != nil || !fresh.isEmpty else {
            // A retry that is due waits for tokens that are in flight.
            return isRetryDue ? .idle : retries.firstDue.map { .wait(until: $0) } ?? .idle
        }
        switch pacer.take(at: now) {
        case .wait(let until): return .wait(until: until)
        case .tooLong:
            stopReason = .throttled
            concludeWaiting()
            return .finished
        case .full: return inFlight.isEmpty ? .wait(until: now + Self.pollInterval) : .idle
        case .probing: return probe == nil ? .wait(until: now + Self.pollInterval) : .idle
        case .go(let isProbe):
            if let retryCost { budget.lend(retryCost) }
            guard let item = retryCost != nil ? retries.popFirst() : fresh.popFirst() else {
                preconditionFailure("a write that may leave is there")
            }
            return handOut(item, isProbe: isProbe)
        }
    }

    private mutating func handOut(_ item: TrackedWrite, isProbe: Bool) -> FeedStep {
        var item = item
        item.tries += 1
        inFlight[item.write.index] = item
        if isProbe { probe = item.write.index }
        return .write(item.write)
    }

    mutating func report(
        _ result: AttemptResult, index: Int, latency: Duration, at now: Instant, random: () -> Double
    ) {
        guard var item = inFlight.removeValue(forKey: index) else {
            preconditionFailure("a write is reported once, and only after it was handed out")
        }
        let isProbe = probe == index
        if isProbe { probe = nil }
        note(result, in: &item)
        pay(for: item, result)
        learn(from: result, latency: latency, isProbe: isProbe, at: now)
        switch result {
        case .confirmed: conclude(item, as: .confirmed)
        case .refused: conclude(item, as: item.mayHaveBeenApplied ? .unknown : .rejected)
        case .forbidden, .hopeless: conclude(item)
        case .ambiguous, .notSent: retry(item, cause: .transient, at: now, random: random)
        case .throttled: retry(item, cause: .throttling, at: now, random: random)
        }
        endUncoveredRetries()
        if isClosing { concludeWaiting() }
    }

    private mutating func note(_ result: AttemptResult, in item: inout TrackedWrite) {
        item.lastAnswer = result.answer
        switch result {
        case .ambiguous: item.mayHaveBeenApplied = true
        case .notSent, .hopeless: return
        case .confirmed, .throttled, .refused, .forbidden: break
        }
        item.exchanges += 1
        counts.attempts.sent += 1
        if item.exchanges > 1 { counts.attempts.retried += 1 }
    }

    private mutating func learn(
        from result: AttemptResult, latency: Duration, isProbe: Bool, at now: Instant
    ) {
        let ofUsers = stopRule.record(result)
        let ofDestination = pacer.record(result, latency: latency, isProbe: isProbe, at: now)
        if stopReason == nil { stopReason = ofUsers ?? ofDestination }
    }

    // MARK: Outcomes

    private mutating func retry(
        _ item: TrackedWrite, cause: RetrySchedule.Cause, at now: Instant, random: () -> Double
    ) {
        let cost = RetryBudget.cost(afterThrottling: cause == .throttling)
        guard !isClosing, item.tries < settings.attempts, budget.mayCover(cost) else {
            conclude(item)
            return
        }
        var item = item
        item.retryCost = cost
        let delay = schedule.delay(afterAttempt: item.tries, cause: cause, share: random())
        retries.insert(item, due: now + delay)
    }

    private mutating func pay(for item: TrackedWrite, _ result: AttemptResult) {
        let succeeded = if case .confirmed = result { true } else { false }
        if item.retryCost > 0 {
            budget.settle(item.retryCost, succeeded: succeeded)
        } else if succeeded {
            budget.earn()
        }
    }

    /// No tokens are left for them, and none may come back.
    private mutating func endUncoveredRetries() {
        guard retries.count > 0, !budget.mayCover(RetryBudget.retryCost) else { return }
        let budget = budget
        for item in retries.takeAll(costing: { !budget.mayCover($0) }) { conclude(item) }
    }

    /// The outcome of a write that was neither confirmed nor refused.
    private mutating func conclude(_ item: TrackedWrite) {
        conclude(item, as: item.mayHaveBeenApplied ? .unknown : .deferred)
    }

    private mutating func conclude(_ item: TrackedWrite, as outcome: OperationOutcome) {
        outcomes.append(
            OutcomeRecord(
                sequence: item.write.index, outcome: outcome, attempts: item.exchanges, lastAnswer: item.lastAnswer,
                mayHaveBeenApplied: item.mayHaveBeenApplied))
        switch outcome {
        case .confirmed: counts.confirmed += 1
        case .rejected: counts.rejected += 1
        case .unknown: counts.unknown += 1
        case .deferred, .quarantined: counts.deferred += 1
        }
        releaseHeld(of: item.write.userUID)
    }

    private mutating func releaseHeld(of user: UserUID) {
        guard var waiting = held.removeValue(forKey: user), !waiting.isEmpty else { return }
        fresh.append(waiting.removeFirst())
        heldCount -= 1
        held[user] = waiting
    }

    /// Nothing new leaves: what is not in flight ends here. A user's held writes come up one after the other.
    private mutating func concludeWaiting() {
        while let item = retries.popFirst() ?? fresh.popFirst() { conclude(item) }
    }
}
