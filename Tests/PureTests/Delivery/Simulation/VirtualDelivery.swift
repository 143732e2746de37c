import Delivery
import SyncCore
import Synchronization
import TestKit

/// A delivery in virtual time: the real window and rules, `max_in_flight` connections that pull from it, and a modelled
/// server. Nothing sleeps and nothing is sent; a second costs what its requests cost to compute.
struct VirtualDelivery {
    var users: Int
    var server: VirtualServer
    var maximumInFlight = 256
    var maximumPerSecond: Double?
    var pacer = DestinationPacer()
    var seed: UInt64 = 1
    /// Where it begins on the pacer's clock, in seconds.
    var start = 0.0
    /// Ends there, whatever is left.
    var longest = 3600.0
    /// What a transaction of the journal takes.
    var commitSeconds = 0.004
    /// How late a timer may ring.
    var lateness = 0.001

    /// All that the server saw, by the second since the start, and what became of the users.
    struct Record {
        var confirmed: [Int] = []
        var throttled: [Int] = []
        var failed: [Int] = []
        var mostInFlight: [Int] = []
        var seconds = 0.0
        var outcomes: [OperationOutcome: Int] = [:]
        var stopReason: StopReason?

        private static func sum(_ counts: [Int], _ range: Range<Int>?) -> Int {
            guard let range else { return counts.reduce(0, +) }
            return counts.indices.filter(range.contains).reduce(0) { $0 + counts[$1] }
        }
        func confirmed(in range: Range<Int>? = nil) -> Int { Self.sum(confirmed, range) }
        func throttled(in range: Range<Int>? = nil) -> Int { Self.sum(throttled, range) }
        func failed(in range: Range<Int>? = nil) -> Int { Self.sum(failed, range) }
        func sent(in range: Range<Int>? = nil) -> Int {
            confirmed(in: range) + throttled(in: range) + failed(in: range)
        }
        /// Confirmed users a second, from start to end.
        var rate: Double { Double(confirmed()) / seconds }
        func rate(in range: Range<Int>) -> Double { Double(confirmed(in: range)) / Double(range.count) }
    }

    private enum Event {
        case answer(AttemptResult, index: Int, handedOut: Double)
        case wake(due: Double)
        case append(Int)
    }

    func run() -> Record {
        var run = Run(self)
        run.proceed()
        return run.record
    }

    private struct Run {
        let delivery: VirtualDelivery
        let window: DeliveryWindow
        var server: VirtualServer
        var random: SplitMix
        var record = Record()
        var events = VirtualQueue<Event>()
        var busy = 0
        var appended = 0
        var isCommitting = false
        var nextWake = Double.infinity

        static let origin = ContinuousClock.now

        init(_ delivery: VirtualDelivery) {
            self.delivery = delivery
            server = delivery.server
            random = SplitMix(state: delivery.seed)
            let jitter = Mutex(SplitMix(state: delivery.seed &+ 1))
            window = DeliveryWindow(
                DeliverySettings(
                    maximumInFlight: delivery.maximumInFlight, maximumRequestsPerSecond: delivery.maximumPerSecond,
                    plannedWrites: delivery.users),
                pacer: delivery.pacer, at: Self.origin + .seconds(delivery.start)
            ) { jitter.withLock { Double.random(in: 0...1, using: &$0) } }
        }

        func instant(_ time: Double) -> ContinuousClock.Instant { Self.origin + .seconds(delivery.start + time) }

        mutating func proceed() {
            settle(at: 0)
            while !window.isOver, let (time, event) = events.popFirst(), time <= delivery.longest {
                record.seconds = time
                switch event {
                case .answer(let result, let index, let handedOut):
                    busy -= 1
                    count(result, at: time)
                    window.report(result, index: index, latency: .seconds(time - handedOut), at: instant(time))
                case .wake(let due):
                    guard due == nextWake else { continue }
                    nextWake = .infinity
                case .append(let count): append(count)
                }
                pull(at: time)
                settle(at: time)
            }
            for outcome in window.takeOutcomes() { record.outcomes[outcome.outcome, default: 0] += 1 }
            record.stopReason = window.stopReason
        }

        mutating func pull(at time: Double) {
            while busy < delivery.maximumInFlight {
                switch window.next(at: instant(time)) {
                case .write(let write):
                    busy += 1
                    let answer = server.answer(at: time, using: &random)
                    events.insert(.answer(answer.result, index: write.index, handedOut: time), at: answer.at)
                case .wait(let until):
                    let due = Self.origin.duration(to: until) / .seconds(1) - delivery.start
                    guard due < nextWake else { return }
                    nextWake = due
                    let late = Double.random(in: 0...delivery.lateness, using: &random) + 1e-9
                    events.insert(.wake(due: due), at: max(time, due) + late)
                    return
                case .idle, .finished: return
                }
            }
        }

        /// As the engine does: one transaction at a time, which settles what was answered and opens the next writes.
        mutating func settle(at time: Double) {
            guard !isCommitting, window.wantsWrites || window.isOver else { return }
            for outcome in window.takeOutcomes() { record.outcomes[outcome.outcome, default: 0] += 1 }
            isCommitting = true
            let count = min(window.room, delivery.users - appended)
            events.insert(.append(count), at: time + delivery.commitSeconds)
        }

        mutating func append(_ count: Int) {
            isCommitting = false
            let writes = (0..<count).compactMap { number in
                UserUID("user-\(appended + number)").map {
                    PlannedWrite(index: appended + number, userUID: $0, body: [])
                }
            }
            appended += count
            window.append(writes)
            if appended == delivery.users { window.finishedAdding() }
        }

        mutating func count(_ result: AttemptResult, at time: Double) {
            let second = Int(time)
            while record.confirmed.count <= second {
                record.confirmed.append(0)
                record.throttled.append(0)
                record.failed.append(0)
                record.mostInFlight.append(0)
            }
            record.mostInFlight[second] = max(record.mostInFlight[second], busy + 1)
            switch result {
            case .confirmed: record.confirmed[second] += 1
            case .throttled: record.throttled[second] += 1
            default: record.failed[second] += 1
            }
        }
    }
}
