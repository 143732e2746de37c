import SyncCore

/// The window's rules as a value: which write may leave when, and what its answers amount to.
struct WindowState {
    typealias Instant = ContinuousClock.Instant

    let settings: DeliverySettings
    private let schedule = RetrySchedule()
    private var budget = RetryBudget()
    private let pacer: DestinationPacer
    private var stopRule: StopRule

    private var places = WritePlaces()
    private var fresh = FreshWrites()
    private var retries = RetryQueue()
    /// By index.
    private var inFlight: [Int: Int] = [:]
    private var probe: Int?
    /// Users with a write that has no outcome yet, and what else is theirs: it leaves after, in order.
    private var held: [UserUID: [Int]] = [:]
    private var heldCount = 0
    private var counts = DeliveryCounts()

    private(set) var outcomes: [OutcomeRecord] = []
    private(set) var stopReason: StopReason?
    private(set) var isDraining = false
    private(set) var isComplete = false
    /// The run's locks are certainly its own until then; nil where there are none.
    var trustedUntil: Instant?

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
            let place = places.insert(TrackedWrite(write))
            if isClosing {
                conclude(place)
            } else if held[write.userUID]?.append(place) != nil {
                heldCount += 1
            } else {
                held[write.userUID] = []
                fresh.append(place)
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
        // The process may have been stopped, or the state out of reach, for so long that another run is sending.
        if let trustedUntil, now >= trustedUntil { return .idle }
        guard !fresh.isEmpty || retries.count > 0 else {
            return isComplete && inFlight.isEmpty ? .finished : .idle
        }
        guard inFlight.count < stopRule.maximumInFlight else { return .idle }
        let isRetryDue = retries.firstDue.map { $0 <= now } ?? false
        let firstCost = isRetryDue ? retries.first.map { places[$0].retryCost } : nil
        let retryCost = firstCost.flatMap { budget.covers($0) ? $0 : nil }
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
            guard let place = retryCost != nil ? retries.popFirst() : fresh.popFirst() else {
                preconditionFailure("a write that may leave is there")
            }
            return handOut(place, isProbe: isProbe)
        }
    }

    private mutating func handOut(_ place: Int, isProbe: Bool) -> FeedStep {
        places[place].tries += 1
        let write = places[place].write
        inFlight[write.index] = place
        if isProbe { probe = write.index }
        return .write(write)
    }

    mutating func report(
        _ result: AttemptResult, index: Int, latency: Duration, at now: Instant, random: () -> Double
    ) {
        guard let place = inFlight.removeValue(forKey: index) else {
            preconditionFailure("a write is reported once, and only after it was handed out")
        }
        let isProbe = probe == index
        if isProbe { probe = nil }
        note(result, at: place)
        pay(places[place].retryCost, result)
        learn(from: result, latency: latency, isProbe: isProbe, at: now)
        switch result {
        case .confirmed: conclude(place, as: .confirmed)
        case .refused: conclude(place, as: places[place].mayHaveBeenApplied ? .unknown : .rejected)
        case .forbidden, .hopeless: conclude(place)
        case .ambiguous, .unanswered, .notSent: retry(place, cause: .transient, at: now, random: random)
        case .throttled: retry(place, cause: .throttling, at: now, random: random)
        }
        endUncoveredRetries()
        if isClosing { concludeWaiting() }
    }

    private mutating func note(_ result: AttemptResult, at place: Int) {
        places[place].lastAnswer = result.answer
        switch result {
        case .ambiguous: places[place].mayHaveBeenApplied = true
        case .unanswered: (places[place].mayHaveBeenApplied, places[place].mayStillArrive) = (true, true)
        case .notSent, .hopeless: return
        case .confirmed, .throttled, .refused, .forbidden: break
        }
        places[place].exchanges += 1
        counts.attempts.sent += 1
        if places[place].exchanges > 1 { counts.attempts.retried += 1 }
    }

    private mutating func learn(
        from result: AttemptResult, latency: Duration, isProbe: Bool, at now: Instant
    ) {
        if isDraining {
            switch result {
            // We may just have stopped to wait for it.
            case .unanswered, .notSent: return pacer.giveBack(isProbe: isProbe, at: now)
            case .confirmed, .ambiguous, .throttled, .refused, .forbidden, .hopeless: break
            }
        }
        let ofUsers = stopRule.record(result)
        let ofDestination = pacer.record(result, latency: latency, isProbe: isProbe, at: now)
        if stopReason == nil { stopReason = ofUsers ?? ofDestination }
    }

    // MARK: Outcomes

    private mutating func retry(
        _ place: Int, cause: RetrySchedule.Cause, at now: Instant, random: () -> Double
    ) {
        let tries = places[place].tries
        let cost = RetryBudget.cost(afterThrottling: cause == .throttling)
        guard !isClosing, tries < settings.attempts, budget.mayCover(cost) else {
            conclude(place)
            return
        }
        places[place].retryCost = cost
        let delay = schedule.delay(afterAttempt: tries, cause: cause, share: random())
        retries.insert(place, due: now + delay)
    }

    private mutating func pay(_ retryCost: Int, _ result: AttemptResult) {
        let succeeded = if case .confirmed = result { true } else { false }
        if retryCost > 0 {
            budget.settle(retryCost, succeeded: succeeded)
        } else if succeeded {
            budget.earn()
        }
    }

    /// No tokens are left for them, and none may come back.
    private mutating func endUncoveredRetries() {
        guard retries.count > 0, !budget.mayCover(RetryBudget.retryCost) else { return }
        let (budget, places) = (budget, places)
        for place in retries.takeAll(where: { !budget.mayCover(places[$0].retryCost) }) { conclude(place) }
    }

    /// The outcome of a write that was neither confirmed nor refused.
    private mutating func conclude(_ place: Int) {
        conclude(place, as: places[place].mayHaveBeenApplied ? .unknown : .deferred)
    }

    private mutating func conclude(_ place: Int, as outcome: OperationOutcome) {
        let item = places[place]
        outcomes.append(
            OutcomeRecord(
                sequence: item.write.index, outcome: outcome, attempts: item.exchanges, lastAnswer: item.lastAnswer,
                mayHaveBeenApplied: item.mayHaveBeenApplied, mayStillArrive: item.mayStillArrive))
        switch outcome {
        case .confirmed: counts.confirmed += 1
        case .rejected: counts.rejected += 1
        case .unknown: counts.unknown += 1
        case .deferred, .quarantined: counts.deferred += 1
        }
        places.release(place)
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
        while let place = retries.popFirst() ?? fresh.popFirst() { conclude(place) }
    }
}
