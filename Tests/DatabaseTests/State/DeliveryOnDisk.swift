import Foundation
import SyncCore
import TestKit
import Testing

@testable import StateStorage

/// One delivery as a run does it, call by call, on a disk that may fail at any of them; and what the state must hold of
/// it afterwards. Users 1 to 20 and 90 were confirmed before; the plan sends 1 to 32 and forgets 90.
struct DeliveryOnDisk {
    static let known = 20
    static let planned = 32
    static let forgotten = 90
    static let window = 16
    static let run = 3

    /// A user of the snapshot, as far as it matters.
    struct Held: Equatable {
        /// 0 where nothing was ever confirmed.
        var generation: Int
        var isDirty = false
    }

    /// What the store has acknowledged, and the last call that it refused.
    struct Promises {
        var isPlanned = false
        var isBegun = false
        var openThrough = 0
        var settled = 0
        var isFinished = false
        /// The commit that threw: it may have happened, then as a whole.
        var doubtful: (openThrough: Int, settled: Int)?
        var isFinishDoubtful = false
        var failure: StateFailure?
    }

    /// Every tenth answer is a timeout, another a refusal.
    static func outcome(_ sequence: Int, _ bench: StateStoreBench) -> OutcomeRecord {
        switch sequence % 10 {
        case 3: bench.outcome(sequence, .unknown)
        case 7: bench.outcome(sequence, .rejected, applied: false)
        default: bench.outcome(sequence)
        }
    }

    /// The state before: a file that every round copies.
    static func prepare(_ path: String) async throws {
        let bench = StateStoreBench(try SQLiteStateStore(path: path))
        try await bench.confirm(1...known, run: 1)
        try await bench.confirm(forgotten...forgotten, run: 2)
        // A report that was saved as delivering would be closed by the recovery.
        for number in 1...2 {
            try await bench.store.saveRun(bench.ended(bench.report(number, plan: nil, status: .succeeded)))
        }
    }

    /// Works until the store refuses. With `closes` the failed run is closed at once, as the engine does, by the store
    /// that has just failed.
    static func deliver(on store: SQLiteStateStore, closes: Bool) async -> Promises {
        let bench = StateStoreBench(store)
        var promises = Promises()
        do {
            try await deliver(bench, &promises)
        } catch let failure as StateFailure {
            promises.failure = failure
        } catch {
            Issue.record(error)
        }
        guard closes, promises.failure != nil, promises.isBegun else { return promises }
        _ = try? await store.saveRun(report(bench, .delivering, error: "the state failed"))
        _ = try? await store.recoverRuns(of: bench.sync, except: bench.identifier(9), at: bench.start)
        return promises
    }

    private static func deliver(_ bench: StateStoreBench, _ promises: inout Promises) async throws {
        let (store, run) = (bench.store, bench.identifier(run))
        let holder = LeaseHolder(host: "h", bootID: "b", processID: 1, startTime: 1)
        _ = try await store.acquireLeases(
            ["sync:loyalty"], holder: holder, run: run, at: bench.start, isGone: { _ in true })
        _ = try await store.recoverRuns(of: bench.sync, except: run, at: bench.start)
        try await store.saveRun(report(bench, .querying))
        let plan = try await bench.plan(
            Self.run, (1...planned).map { bench.operation($0, generation: 2) },
            settlements: [Settlement(keyHash: bench.user(forgotten), change: .forget)])
        promises.isPlanned = true
        try await store.saveRun(report(bench, .delivering))
        try await store.beginDelivery(of: plan.planID, run: run, quarantineAfterRuns: 5)
        promises.isBegun = true
        while promises.settled < planned {
            // Half a window at a time, as answers come.
            let settled = promises.openThrough == 0 ? 0 : min(planned, promises.settled + window / 2)
            let open = min(planned, settled + window)
            promises.doubtful = (open, settled)
            let outcomes = (promises.settled..<settled).map { outcome($0 + 1, bench) }
            try await store.commit(outcomes, openThrough: open, plan: plan.planID, run: run)
            (promises.openThrough, promises.settled, promises.doubtful) = (open, settled, nil)
        }
        promises.isFinishDoubtful = true
        _ = try await store.finishDelivery(of: plan.planID, report: report(bench, .delivering))
        (promises.isFinished, promises.isFinishDoubtful) = (true, false)
        try await store.saveRun(report(bench, .succeeded))
        try await store.releaseLeases(run: run)
    }

    private static func report(_ bench: StateStoreBench, _ status: RunStatus, error: String? = nil) -> RunReport {
        var report = bench.report(run, plan: nil, status: status)
        report.planID = bench.identifier(run)
        report.error = error
        if status != .querying { report.operations.planned = planned }
        if status == .succeeded {
            for sequence in 1...planned { report.operations[outcome(sequence, bench).outcome] += 1 }
        }
        return report
    }

    // MARK: Afterwards

    /// The snapshots that the promises allow, once the run is recovered.
    static func allowed(by promises: Promises, _ bench: StateStoreBench) -> [[Int: Held]] {
        var candidates = [(promises.openThrough, promises.settled)]
        if let doubtful = promises.doubtful { candidates.append(doubtful) }
        let finishes = promises.isFinished ? [true] : promises.isFinishDoubtful ? [true, false] : [false]
        return candidates.flatMap { open, settled in
            finishes.map { snapshot(openThrough: open, settled: settled, isFinished: $0, bench) }
        }
    }

    private static func snapshot(
        openThrough: Int, settled: Int, isFinished: Bool, _ bench: StateStoreBench
    ) -> [Int: Held] {
        var users = Dictionary(uniqueKeysWithValues: (1...known).map { ($0, Held(generation: 1)) })
        if !isFinished { users[forgotten] = Held(generation: 1) }
        for number in 1...max(1, openThrough) where number <= openThrough {
            let outcome = number <= settled ? outcome(number, bench) : bench.outcome(number, .unknown)
            if outcome.outcome == .confirmed {
                users[number] = Held(generation: 2)
            } else if outcome.mayHaveBeenApplied {
                users[number, default: Held(generation: 0)].isDirty = true
            }
        }
        return users
    }

    /// The snapshot as it is.
    static func held(in store: SQLiteStateStore) async throws -> [Int: Held] {
        let bench = StateStoreBench(store)
        let numbers = Dictionary(uniqueKeysWithValues: (1...100).map { (bench.user($0), $0) })
        let users = try await store.snapshotUsers(scope: try await bench.scope().id, keyHashes: Array(numbers.keys))
        return Dictionary(
            uniqueKeysWithValues: users.map { user in
                let number = numbers[user.entry.keyHash] ?? 0
                let generation = (1...2).first { bench.values(number, $0) == user.values } ?? 0
                return (number, Held(generation: generation, isDirty: user.entry.isDirty))
            })
    }
}
