import SyncCore
import Synchronization

/// The requests of one delivery: pulls from the feed and answers in an order of chance, on its process's clock, so that
/// nobody waits for a retry.
final class HistoryExchange: Sendable {
    /// What becomes of a request is decided when it leaves.
    private enum Fate: Sendable {
        case confirmed
        /// Applied, and the answer is lost.
        case answerLost
        case notApplied(AttemptResult)
        /// Given up by us, and applied later or never.
        case late
    }

    private struct Requests {
        var inFlight: [(write: PlannedWrite, fate: Fate)] = []
        var isFinished = false
        /// The instants of requests that left, so that the latency is theirs.
        var startedAt: [Int: ContinuousClock.Instant] = [:]
    }

    /// So that the locks are renewed in time.
    private static let longestStep = Duration.seconds(5)

    private let feed: any WriteFeed
    private let maximumInFlight: Int
    private let process: HistoryProcess
    private let requests = Mutex(Requests())

    init(_ feed: any WriteFeed, maximumInFlight: Int, process: HistoryProcess) {
        self.feed = feed
        self.maximumInFlight = maximumInFlight
        self.process = process
    }

    private var history: History { process.history }
    var isOver: Bool { requests.withLock { $0.isFinished && $0.inFlight.isEmpty } }

    private enum Event { case nothing, something, waited }

    /// Some events, one after the other; false when there was nothing to do.
    func goOn() -> Bool {
        var didSomething = false
        for _ in 0..<history.draw(1...4) {
            let event = event()
            if event == .nothing { break }
            didSomething = true
            // Whoever else waits for the clock comes first.
            if event == .waited { break }
        }
        return didSomething
    }

    private func event() -> Event {
        if history.chance(0.1) { history.applyAnyStray() }
        let (count, isFinished) = requests.withLock { ($0.inFlight.count, $0.isFinished) }
        if !isFinished, count < maximumInFlight, count == 0 || history.chance(0.6) {
            switch pull() {
            case .write(let write):
                start(write)
                return .something
            case .wait(let until):
                guard count == 0 else { break }
                process.goOn(after: min(until - process.instant, Self.longestStep))
                return .waited
            case .idle:
                guard count > 0 else { return .nothing }
            case .finished:
                requests.withLock { $0.isFinished = true }
                return .something
            }
        }
        guard count > 0 else { return .nothing }
        finish(history.draw(0...(count - 1)))
        return .something
    }

    private func pull() -> FeedStep {
        process.goOn(after: .milliseconds(3))
        return feed.next(at: process.instant)
    }

    private func start(_ write: PlannedWrite) {
        feed.leaves(write.index)
        process.begins(write)
        let fate = fate(of: write)
        history.note(
            "  \(process.number) sends \(write.userUID) \(String(decoding: write.body, as: UTF8.self)) → \(fate)")
        requests.withLock { requests in
            requests.inFlight.append((write, fate))
            requests.startedAt[write.index] = process.instant
        }
    }

    private func fate(of write: PlannedWrite) -> Fate {
        if history.refuses(write.userUID.text), !history.chance(process.faults.destination) {
            return .notApplied(.refused(answer: "422"))
        }
        guard history.chance(process.faults.destination) else { return .confirmed }
        return switch history.draw(0...19) {
        case 0...4: .answerLost
        case 5...7: .notApplied(.ambiguous(answer: "503"))
        case 8...11: .late
        case 12, 13: .notApplied(.notSent(answer: "refused connection"))
        case 14, 15: .notApplied(.refused(answer: "422"))
        case 16: .notApplied(.throttled(answer: "429", after: nil))
        case 17: .notApplied(.throttled(answer: "429", after: .seconds(history.draw(0...1) * 400)))
        case 18: .notApplied(.forbidden(answer: "403"))
        default: history.chance(0.1) ? .notApplied(.hopeless(answer: "certificate")) : .answerLost
        }
    }

    private func finish(_ place: Int) {
        let (write, fate) = requests.withLock { $0.inFlight.remove(at: place) }
        var result: AttemptResult
        switch fate {
        case .confirmed:
            history.applied(write)
            result = .confirmed(answer: "204")
        case .answerLost:
            history.applied(write)
            result = .ambiguous(answer: "reset")
        case .notApplied(let answer): result = answer
        case .late:
            history.abandoned(write, by: process.sender)
            result = .unanswered(answer: "timeout")
        }
        report(result, write)
    }

    private func report(_ result: AttemptResult, _ write: PlannedWrite) {
        process.ended(write, result)
        process.goOn(after: .milliseconds(2))
        let now = process.instant
        let start = requests.withLock { $0.startedAt.removeValue(forKey: write.index) } ?? now
        feed.report(result, index: write.index, latency: start.duration(to: now), at: now)
    }

    /// The connections are gone: what was in flight was applied, will be, or never is.
    func abandon() {
        let gone = requests.withLock { requests in
            requests.isFinished = true
            defer { requests.inFlight = [] }
            return requests.inFlight
        }
        for (write, fate) in gone {
            if case .confirmed = fate, history.chance(0.5) { history.applied(write) } else { leave(write, fate) }
            report(.unanswered(answer: "cancelled"), write)
        }
    }

    /// Their process is stopped and cannot wait for them; it learns of it when it goes on.
    func freeze() {
        let frozen = requests.withLock { $0.inFlight }
        for (write, fate) in frozen { leave(write, fate) }
        requests.withLock { requests in
            for place in requests.inFlight.indices {
                requests.inFlight[place].fate = .notApplied(.unanswered(answer: "timeout"))
            }
        }
    }

    private func leave(_ write: PlannedWrite, _ fate: Fate) {
        if case .notApplied = fate { history.forgotten(write) } else { history.abandoned(write, by: process.sender) }
    }
}
