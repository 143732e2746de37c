internal import SyncCore
internal import Testing

/// The mark of a cursor moves with a plan that was delivered whole, and with no other.
extension StateStoreSuite {
    static let cursorChecks: [(name: String, check: Check)] = [
        ("a plan and its run keep what they read", aPlanKeepsWhatItRead),
        ("a whole read that is delivered sets the mark", aWholeReadSetsTheMark),
        ("a partial read that is delivered moves the mark on", aPartialReadMovesTheMark),
        ("anything but a confirmation holds the mark of a partial read", anythingElseHoldsTheMark),
        ("a held reading moves nothing", aHeldReadingMovesNothing),
        ("a whole read takes the mark away until it is delivered", aWholeReadTakesTheMarkAway),
        ("a partial run leaves the mark alone", aPartialRunLeavesTheMarkAlone),
        ("a plan without a cursor takes the mark away", aPlanWithoutACursorTakesTheMarkAway),
        ("a mark that moved meanwhile is not moved back", aMarkThatMovedIsNotMovedBack),
        ("a killed run moves nothing", aKilledRunMovesNothing),
        ("a run that ends early shows its own hold", aRunThatEndsEarlyShowsItsOwnHold),
        ("a resumed apply moves the mark when all is confirmed", aResumedApplyMovesTheMark),
    ]

    private static func mark(_ hour: Int) -> CursorMark { CursorMark(.timestamp, "2026-11-23T\(10 + hour):00:00Z") }

    private static func whole(_ hour: Int) -> ModelReading {
        var reading = ModelReading(column: "updated_at", digest: "d", reason: .noMark)
        reading.reached = mark(hour)
        return reading
    }

    private static func part(from base: Int, to hour: Int) -> ModelReading {
        var reading = ModelReading(column: "updated_at", digest: "d", reason: nil)
        (reading.base, reading.from, reading.reached) = (mark(base), mark(base), mark(hour))
        return reading
    }

    /// Delivers users 1 to 3; the last as `outcome` says.
    private static func deliver(
        _ reading: ModelReading?, _ bench: StateStoreBench, run: Int, last outcome: OperationOutcome = .confirmed
    ) async throws {
        let plan = try await bench.plan(run, (1...3).map { bench.operation($0, generation: run) }, reading: reading)
        let report = try await bench.delivery(run, of: plan)
        let outcomes = [bench.outcome(1), bench.outcome(2), bench.outcome(3, outcome, applied: false)]
        try await bench.store.commit(
            outcomes, openThrough: 3, plan: plan.planID, run: bench.identifier(run))
        _ = try await bench.store.finishDelivery(of: plan.planID, report: bench.ended(report))
    }

    private static func record(_ bench: StateStoreBench) async throws -> CursorRecord? {
        try await bench.store.cursor(of: try await bench.scope().id)
    }

    static func aPlanKeepsWhatItRead(_ bench: StateStoreBench) async throws {
        var reading = part(from: 0, to: 1)
        reading.hold = .repeatedKeys
        let plan = try await bench.plan(1, [], reading: reading)
        #expect(try await bench.store.plan(matching: plan.planID.text)?.reading == reading)
        var report = bench.report(1, plan: plan)
        report.reading = reading
        try await bench.store.saveRun(report)
        #expect(try await bench.store.run(matching: bench.identifier(1).text)?.reading == reading)
        let without = try await bench.plan(2, [])
        #expect(try await bench.store.plan(matching: without.planID.text)?.reading == nil)
    }

    static func aWholeReadSetsTheMark(_ bench: StateStoreBench) async throws {
        #expect(try await record(bench) == nil)
        try await deliver(whole(1), bench, run: 1)
        #expect(
            try await record(bench)
                == CursorRecord(column: "updated_at", mark: mark(1), digest: "d", fullReadAt: bench.start))
    }

    static func aPartialReadMovesTheMark(_ bench: StateStoreBench) async throws {
        try await deliver(whole(1), bench, run: 1)
        try await deliver(part(from: 1, to: 2), bench, run: 2)
        #expect(try await record(bench)?.mark == mark(2))
        #expect(try await record(bench)?.fullReadAt == bench.start)
    }

    static func anythingElseHoldsTheMark(_ bench: StateStoreBench) async throws {
        try await deliver(whole(1), bench, run: 1)
        for (index, outcome) in [OperationOutcome.rejected, .unknown, .deferred, .quarantined].enumerated() {
            try await deliver(part(from: 1, to: 2), bench, run: index + 2, last: outcome)
            #expect(try await record(bench)?.mark == mark(1), "\(outcome)")
            #expect(try await record(bench)?.hold == .notAllConfirmed, "\(outcome)")
        }
        try await deliver(part(from: 1, to: 2), bench, run: 9)
        #expect(try await record(bench)?.mark == mark(2))
        #expect(try await record(bench)?.hold == nil)
    }

    static func aHeldReadingMovesNothing(_ bench: StateStoreBench) async throws {
        try await deliver(whole(1), bench, run: 1)
        var reading = part(from: 1, to: 2)
        reading.hold = .repeatedKeys
        try await deliver(reading, bench, run: 2)
        #expect(try await record(bench)?.mark == mark(1))
        #expect(try await record(bench)?.hold == .repeatedKeys)
    }

    static func aWholeReadTakesTheMarkAway(_ bench: StateStoreBench) async throws {
        try await deliver(whole(1), bench, run: 1)
        try await deliver(whole(2), bench, run: 2, last: .rejected)
        #expect(try await record(bench)?.mark == nil)
        try await deliver(whole(2), bench, run: 3)
        #expect(try await record(bench)?.mark == mark(2))
    }

    static func aPartialRunLeavesTheMarkAlone(_ bench: StateStoreBench) async throws {
        try await deliver(whole(1), bench, run: 1)
        var reading = whole(2)
        reading.hold = .partialRun
        try await deliver(reading, bench, run: 2)
        #expect(try await record(bench)?.mark == mark(1))
    }

    static func aPlanWithoutACursorTakesTheMarkAway(_ bench: StateStoreBench) async throws {
        try await deliver(whole(1), bench, run: 1)
        try await deliver(nil, bench, run: 2)
        #expect(try await record(bench) == nil)
    }

    static func aMarkThatMovedIsNotMovedBack(_ bench: StateStoreBench) async throws {
        try await deliver(whole(2), bench, run: 1)
        try await deliver(part(from: 0, to: 1), bench, run: 2)
        #expect(try await record(bench)?.mark == mark(2))
    }

    static func aKilledRunMovesNothing(_ bench: StateStoreBench) async throws {
        try await deliver(whole(1), bench, run: 1)
        let plan = try await bench.plan(2, [bench.operation(1)], reading: part(from: 1, to: 2))
        _ = try await bench.delivery(2, of: plan)
        try await bench.store.commit([bench.outcome(1)], openThrough: 1, plan: plan.planID, run: bench.identifier(2))
        _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(9), at: bench.start)
        #expect(try await record(bench)?.mark == mark(1))
        #expect(try await record(bench)?.hold == .notAllConfirmed)
        let second = try await bench.plan(3, [bench.operation(1)], reading: whole(2))
        _ = try await bench.delivery(3, of: second)
        _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(9), at: bench.start)
        #expect(try await record(bench)?.mark == nil)
    }

    static func aRunThatEndsEarlyShowsItsOwnHold(_ bench: StateStoreBench) async throws {
        try await deliver(whole(1), bench, run: 1)
        var reading = part(from: 1, to: 2)
        reading.hold = .repeatedKeys
        try await deliver(reading, bench, run: 2)
        // Blocked: it ends without a delivery.
        let blocked = try await bench.plan(3, [bench.operation(1)], reading: part(from: 1, to: 2))
        var report = bench.report(3, plan: blocked)
        report.reading = blocked.reading
        (report.status, report.exit, report.finishedAt) = (.blocked, .blocked, bench.start)
        try await bench.store.saveRun(report)
        #expect(try await record(bench)?.hold == .notAllConfirmed)
        #expect(try await record(bench)?.mark == mark(1))
        // A report that is saved again after a whole delivery holds nothing.
        try await deliver(part(from: 1, to: 2), bench, run: 4)
        var done = bench.report(4, plan: try await bench.store.plan(matching: bench.identifier(4).text))
        (done.status, done.exit, done.finishedAt) = (.succeeded, .done, bench.start)
        try await bench.store.saveRun(done)
        #expect(try await record(bench)?.hold == nil)
    }

    static func aResumedApplyMovesTheMark(_ bench: StateStoreBench) async throws {
        try await deliver(whole(1), bench, run: 1)
        let operations = (1...2).map { bench.operation($0, generation: 2) }
        let plan = try await bench.plan(2, operations, reading: part(from: 1, to: 2))
        _ = try await bench.delivery(2, of: plan, trigger: .apply)
        try await bench.store.commit([bench.outcome(1)], openThrough: 2, plan: plan.planID, run: bench.identifier(2))
        _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(9), at: bench.start)
        let report = try await bench.delivery(3, of: plan, trigger: .apply)
        try await bench.store.commit([bench.outcome(2)], openThrough: 2, plan: plan.planID, run: bench.identifier(3))
        _ = try await bench.store.finishDelivery(of: plan.planID, report: bench.ended(report))
        #expect(try await record(bench)?.mark == mark(2))
    }
}
