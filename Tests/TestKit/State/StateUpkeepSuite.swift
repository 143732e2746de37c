package import SyncCore
internal import Testing

/// Pruning and forgetting, whatever database the state stands on. Each check starts from an empty store.
package enum StateUpkeepSuite {
    package typealias Check = @Sendable (any StateUpkeep) async throws -> Void

    /// Name and check, for one parameterised test a store.
    package static let checks: [(name: String, check: Check)] = [
        ("old runs lose their details and keep their rows", oldRunsLoseTheirDetails),
        ("a dry run counts the same and deletes nothing", aDryRunDeletesNothing),
        ("the newest run and plan of each sync stay", theNewestStay),
        ("runs that are kept keep their details", keptRunsKeepTheirDetails),
        ("what can be applied or is being delivered stays", whatIsUnderWayStays),
        ("plans without a run go when they can be applied no more", plansWithoutARunGo),
        ("the next run plans as if nothing had been pruned", pruningTouchesNoSnapshot),
        ("a reset forgets users, cursor and plans of its sync only", aResetForgetsItsSyncOnly),
        ("a reset forgets one destination where it is named", aResetForgetsOneDestination),
        ("a reset that takes over a living run keeps note of what that sent", aResetKeepsNoteOfLateWrites),
        ("a run that lost its locks resets nothing", aFencedResetIsRefused),
        ("usage adds up", usageAddsUp),
    ]

    /// Runs 1 to `count`, one user each, every one ended a second after `start`.
    private static func history(_ bench: StateStoreBench, _ count: Int) async throws {
        for number in 1...count {
            let plan = try await bench.plan(number, [bench.operation(number)])
            var report = try await bench.delivery(number, of: plan)
            report.invalidSample = [InvalidRow(key: "k", column: nil, value: nil, expected: nil, reason: "r")]
            try await bench.store.commit(
                [bench.outcome(1)], openThrough: 1, plan: plan.planID, run: bench.identifier(number))
            report.operations = try await bench.store.finishDelivery(of: plan.planID, report: bench.ended(report))
            try await bench.store.saveRun(bench.ended(report))
        }
    }

    /// After all of them, and before any.
    private static func rule(_ bench: StateStoreBench, kept: Int = 1, isLater: Bool = true) -> PruneRule {
        let later = WallTime(microseconds: bench.start.microseconds + 2_000_000)
        return PruneRule(endedBefore: isLater ? later : bench.start, keptRuns: kept)
    }

    private static func operations(_ bench: StateStoreBench, _ number: Int) async throws -> Int {
        try await bench.store.operations(of: bench.identifier(number), after: 0, limit: 10).count
    }

    static func oldRunsLoseTheirDetails(_ store: any StateUpkeep) async throws {
        let bench = StateStoreBench(store)
        try await history(bench, 3)
        #expect(try await store.prune(rule(bench, isLater: false), at: bench.start) == PruneCounts())
        #expect(try await operations(bench, 1) == 1)
        let counts = try await store.prune(rule(bench), at: bench.start)
        #expect(counts.runs == 2 && counts.plans == 2 && counts.operations == 2)
        #expect(try await operations(bench, 1) == 0)
        #expect(try await operations(bench, 3) == 1)
        #expect(try await store.plan(matching: bench.identifier(1).text) == nil)
        let runs = try await store.runs(sync: nil, limit: 9)
        #expect(runs.map { $0.operations.confirmed } == [1, 1, 1] && runs.allSatisfy { $0.status == .succeeded })
        #expect(runs.map { $0.invalidSample.count } == [1, 0, 0])
        #expect(try await store.invalidRows(of: bench.identifier(1)).isEmpty)
        #expect(try await store.answers(of: bench.identifier(1)).isEmpty)
        #expect(try await store.usage().prunedAt == bench.start)
        #expect(try await store.prune(rule(bench), at: bench.start) == PruneCounts())
    }

    static func aDryRunDeletesNothing(_ store: any StateUpkeep) async throws {
        let bench = StateStoreBench(store)
        try await history(bench, 4)
        let counts = try await store.prunable(rule(bench))
        #expect(counts.runs == 3 && counts.operations == 3)
        #expect(try await operations(bench, 1) == 1)
        #expect(try await store.usage().prunedAt == nil)
        #expect(try await store.prune(rule(bench), at: bench.start) == counts)
    }

    static func theNewestStay(_ store: any StateUpkeep) async throws {
        let bench = StateStoreBench(store)
        try await history(bench, 1)
        #expect(try await store.prune(rule(bench), at: bench.start) == PruneCounts())
        #expect(try await store.newestPlan(of: bench.sync)?.planID == bench.identifier(1))
        #expect(try await operations(bench, 1) == 1)
    }

    static func keptRunsKeepTheirDetails(_ store: any StateUpkeep) async throws {
        let bench = StateStoreBench(store)
        try await history(bench, 5)
        #expect(try await store.prune(rule(bench, kept: 3), at: bench.start).runs == 2)
        var left: [Int] = []
        for number in 1...5 where try await operations(bench, number) == 1 { left.append(number) }
        #expect(left == [3, 4, 5])
    }

    static func whatIsUnderWayStays(_ store: any StateUpkeep) async throws {
        let bench = StateStoreBench(store)
        try await history(bench, 2)
        let delivered = try await bench.plan(3, [bench.operation(7)])
        _ = try await bench.delivery(3, of: delivered)
        _ = try await bench.plan(4, [bench.operation(8)])
        var building = delivered
        (building.planID, building.status) = (bench.identifier(5), .building)
        try await store.beginPlan(building)
        _ = try await store.prune(rule(bench), at: bench.start)
        #expect(try await operations(bench, 1) == 0)
        for number in 3...4 { #expect(try await operations(bench, number) == 1) }
        #expect(try await store.plan(matching: bench.identifier(4).text)?.status == .ready)
        try await store.commit([bench.outcome(1)], openThrough: 1, plan: delivered.planID, run: bench.identifier(3))
        building.status = .ready
        try await store.finishPlan(building)
    }

    static func plansWithoutARunGo(_ store: any StateUpkeep) async throws {
        let bench = StateStoreBench(store)
        for number in 1...3 { _ = try await bench.plan(number, [bench.operation(number)]) }
        let counts = try await store.prune(rule(bench), at: bench.start)
        #expect(counts.runs == 0 && counts.plans == 2 && counts.operations == 2)
        #expect(try await store.plan(matching: bench.identifier(3).text)?.status == .ready)
    }

    static func pruningTouchesNoSnapshot(_ store: any StateUpkeep) async throws {
        let bench = StateStoreBench(store)
        try await history(bench, 3)
        let plan = try await bench.plan(4, [bench.operation(2, kind: .changed, generation: 2)])
        _ = try await bench.delivery(4, of: plan)
        try await store.commit(
            [bench.outcome(1, .unknown)], openThrough: 1, plan: plan.planID, run: bench.identifier(4))
        let before = try await bench.index()
        _ = try await store.prune(rule(bench), at: bench.start)
        #expect(try await bench.index() == before)
        #expect(before.count == 3 && before.map(\.isDirty) == [false, true, false])
    }

    static func aResetForgetsItsSyncOnly(_ store: any StateUpkeep) async throws {
        let bench = StateStoreBench(store)
        try await history(bench, 2)
        let other = try await store.scope(sync: "another", identity: bench.identity)
        _ = try await bench.plan(3, [bench.operation(3)])
        var building = try await bench.plan(4, [bench.operation(4)])
        (building.planID, building.status) = (bench.identifier(5), .building)
        try await store.beginPlan(building)
        let forgotten = try await store.forget(bench.sync, at: [bench.identity], run: bench.identifier(9))
        #expect(forgotten.map(\.users) == [2] && forgotten.map(\.plans) == [2])
        #expect(try await bench.index().isEmpty)
        let scope = try await bench.scope()
        #expect(scope.hadRows && scope.lastIdentity == bench.identity, "the guards stay")
        #expect(try await store.confirmedUsers(of: scope.id) == 0 && other.id != scope.id)
        #expect(try await store.plan(matching: bench.identifier(4).text)?.status == .superseded)
        building.status = .ready
        await #expect(throws: StateFailure.self) { try await store.finishPlan(building) }
        #expect(try await store.runs(sync: nil, limit: 9).count == 2)
        try await bench.confirm(1...2, run: 8)
        #expect(try await bench.index().count == 2)
    }

    static func aResetForgetsOneDestination(_ store: any StateUpkeep) async throws {
        let bench = StateStoreBench(store)
        try await history(bench, 2)
        let elsewhere = DestinationIdentity(projectUID: "p2", edgeHost: "edge.example.com", isLoopback: false)
        _ = try await store.scope(sync: bench.sync, identity: elsewhere)
        let empty = try await store.forget(bench.sync, at: [elsewhere], run: bench.identifier(9))
        #expect(empty.map(\.users) == [0])
        #expect(try await bench.index().count == 2)
        let nowhere = DestinationIdentity(projectUID: "p3", edgeHost: "edge.example.com", isLoopback: false)
        #expect(try await store.forget(bench.sync, at: [nowhere], run: bench.identifier(9)).isEmpty)
    }

    static func aResetKeepsNoteOfLateWrites(_ store: any StateUpkeep) async throws {
        let bench = StateStoreBench(store)
        func acquire(_ host: String, _ run: Int, at now: WallTime) async throws {
            _ = try await store.acquireLeases(
                ["x"], holder: LeaseHolder(host: host, bootID: "b", processID: 7, startTime: 8),
                run: bench.identifier(run), at: now, isGone: { _ in false })
        }
        let plan = try await bench.plan(1, [bench.operation(1, generation: 2)])
        try await acquire("a", 1, at: bench.start)
        _ = try await bench.delivery(1, of: plan)
        try await store.commit([], openThrough: 1, plan: plan.planID, run: bench.identifier(1))
        try await acquire("b", 2, at: WallTime(microseconds: bench.start.microseconds + 60_000_000))
        _ = try await store.recoverRuns(of: bench.sync, except: bench.identifier(2), at: bench.start)
        _ = try await store.forget(bench.sync, at: [bench.identity], run: bench.identifier(2))
        #expect(try await bench.index().isEmpty)
        _ = try await store.recoverRuns(of: bench.sync, except: bench.identifier(3), at: bench.start)
        try await bench.confirm(1...1, run: 3)
        _ = try await store.recoverRuns(of: bench.sync, except: bench.identifier(4), at: bench.start)
        #expect(try await bench.index().map(\.isDirty) == [true])
    }

    static func aFencedResetIsRefused(_ store: any StateUpkeep) async throws {
        let bench = StateStoreBench(store)
        try await history(bench, 1)
        let holder = LeaseHolder(host: "h", bootID: "b", processID: 7, startTime: 8)
        for number in [8, 9] {
            _ = try await store.acquireLeases(
                ["sync:loyalty"], holder: holder, run: bench.identifier(number), at: bench.start, isGone: { _ in true })
        }
        await #expect(throws: StateFailure.self) {
            try await store.forget(bench.sync, at: [bench.identity], run: bench.identifier(8))
        }
        #expect(try await bench.index().count == 1)
    }

    static func usageAddsUp(_ store: any StateUpkeep) async throws {
        let bench = StateStoreBench(store)
        try await bench.confirm(1...500, run: 1)
        try await bench.confirm(1...500, run: 2)
        let full = try await store.usage()
        let parts = try #require(full.parts)
        #expect(parts.values.reduce(0, +) + full.freeInBytes == full.sizeInBytes)
        #expect(StateUsage.Part.allCases.allSatisfy { parts[$0] ?? 0 > 0 })
        for number in 1...2 {
            try await store.saveRun(bench.ended(bench.report(number, plan: nil, status: .succeeded)))
        }
        _ = try await store.prune(rule(bench), at: bench.start)
        let pruned = try await store.usage()
        #expect(pruned.freeInBytes > full.freeInBytes && pruned.sizeInBytes == full.sizeInBytes)
        try await store.compact()
        let compact = try await store.usage()
        #expect(compact.freeInBytes == 0 && compact.sizeInBytes < full.sizeInBytes)
        #expect(try await store.damage().isEmpty)
        #expect(try await bench.index(pageSize: 100).count == 500)
    }
}
