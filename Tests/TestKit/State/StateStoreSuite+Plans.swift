internal import SyncCore
internal import Testing

extension StateStoreSuite {
    static let planChecks: [(name: String, check: Check)] = [
        ("operations come back in order as they were written", operationsComeBackAsWritten),
        ("withdrawn users leave the plan", withdrawnUsersLeaveThePlan),
        ("only kept users stay in a partial plan", onlyKeptUsersStay),
        ("of the invalid rows the first thousand are kept", theFirstThousandInvalidRowsAreKept),
        ("a newer plan supersedes older ones and their bodies", aNewerPlanSupersedesOlderOnes),
        ("a plan that a newer one overtook is superseded, not the newer one", anOvertakenPlanIsSuperseded),
        ("a plan stays as long as it shows nothing personal", aPlanStaysAsLongAsItShowsNothingPersonal),
        ("what becomes personal leaves the history, not the counts", whatBecomesPersonalLeavesTheHistory),
        ("a newer plan leaves the one that a run is about to deliver", aNewerPlanLeavesARunsOwn),
        ("a plan that is built is invisible", aPlanThatIsBuiltIsInvisible),
        ("a discarded plan is gone", aDiscardedPlanIsGone),
        ("bodies are resolved and sealed ones go with their outcome", bodiesAreResolvedAndSealedOnesGo),
        ("the books of a finished delivery balance", theBooksBalance),
        ("a plan is not delivered by two runs", aPlanIsNotDeliveredByTwoRuns),
    ]

    static func anOvertakenPlanIsSuperseded(_ bench: StateStoreBench) async throws {
        var slow = PlanRecord(
            planID: bench.identifier(1), sync: bench.sync, scope: try await bench.scope().id, status: .building,
            createdAt: bench.start, definitionDigest: "d")
        try await bench.store.beginPlan(slow)
        let fast = try await bench.plan(2, [bench.operation(1)])
        slow.status = .ready
        #expect(try await bench.store.finishPlan(slow) == .superseded)
        #expect(try await bench.store.plan(matching: slow.planID.text)?.status == .superseded)
        #expect(try await bench.store.plan(matching: fast.planID.text)?.status == .ready)
        #expect(try await bench.store.newestPlan(of: bench.sync)?.planID == fast.planID)
        // Who was about to deliver it is told why not, and what to do.
        do {
            _ = try await bench.store.beginDelivery(
                of: slow.planID, run: bench.identifier(3), quarantineAfterRuns: 5)
            Issue.record("a superseded plan was delivered")
        } catch {
            #expect(error.kind == .outdated && error.diagnostic.code == "plan_outdated", "\(error)")
        }
    }

    static func whatBecomesPersonalLeavesTheHistory(_ bench: StateStoreBench) async throws {
        try await bench.store.protect([], of: bench.sync)
        try await bench.confirm(1...3, run: 1)
        let waiting = try await bench.plan(2, [bench.operation(1, kind: .changed, generation: 2)])
        try await bench.store.protect(["points"], of: "another")
        #expect(try await bench.store.operations(of: bench.identifier(1), after: 0, limit: 9).count == 3)
        try await bench.store.protect(["points"], of: bench.sync)
        #expect(try await bench.store.operations(of: bench.identifier(1), after: 0, limit: 9).isEmpty)
        #expect(try await bench.store.operations(of: waiting.planID, after: 0, limit: 9).isEmpty)
        #expect(try await bench.store.plan(matching: waiting.planID.text)?.status == .superseded)
        #expect(try await bench.store.run(matching: bench.identifier(1).text)?.operations.confirmed == 3)
        try await bench.confirm(4...5, run: 3)
        try await bench.store.protect(["points"], of: bench.sync)
        try await bench.store.protect([], of: bench.sync)
        #expect(try await bench.store.operations(of: bench.identifier(3), after: 0, limit: 9).count == 2)
    }

    /// Whoever made it: a plan of older files may be stored after the run that protected more.
    static func aPlanStaysAsLongAsItShowsNothingPersonal(_ bench: StateStoreBench) async throws {
        let careful = try await bench.plan(1, [bench.operation(1)], protecting: ["points", "note"])
        try await bench.store.protect(["points"], of: bench.sync)
        #expect(try await bench.store.plan(matching: careful.planID.text)?.status == .ready)
        #expect(try await bench.store.operations(of: careful.planID, after: 0, limit: 9).count == 1)
        let careless = try await bench.plan(2, [bench.operation(1)], protecting: [])
        try await bench.store.protect(["points"], of: bench.sync)
        #expect(try await bench.store.plan(matching: careless.planID.text)?.status == .superseded)
        #expect(try await bench.store.operations(of: careless.planID, after: 0, limit: 9).isEmpty)
    }

    static func operationsComeBackAsWritten(_ bench: StateStoreBench) async throws {
        var sealed = bench.operation(2, kind: .changed, body: .sealed([1, 2, 3]))
        sealed.userUID = .sealed([9])
        sealed.sentAttributes = ["a", "quote\"d"]
        sealed.valuesBefore = Array("{}".utf8)
        let plan = try await bench.plan(1, [bench.operation(1), sealed, bench.operation(3, kind: .removed)])
        let operations = try await bench.store.operations(of: plan.planID, after: 0, limit: 10)
        #expect(operations.map(\.sequence) == [1, 2, 3])
        #expect(operations.map(\.operation.kind) == [.added, .changed, .removed])
        #expect(operations[0].operation.body == .sameAsSnapshot && operations[0].operation.sentAttributes == nil)
        #expect(operations[1].operation.body == .sealed([1, 2, 3]) && operations[1].operation.userUID == .sealed([9]))
        #expect(operations[1].operation.sentAttributes == ["a", "quote\"d"])
        #expect(operations[1].operation.valuesBefore == Array("{}".utf8))
        #expect(operations[2].operation.snapshotValues == nil && operations[2].operation.fingerprint == nil)
        #expect(try await bench.store.operations(of: plan.planID, after: 1, limit: 1).map(\.sequence) == [2])
        let found = try #require(try await bench.store.plan(matching: String(plan.planID.text.lowercased())))
        #expect(found.planned == 3 && found.status == .ready && found.definitionDigest == "d1")
    }

    static func withdrawnUsersLeaveThePlan(_ bench: StateStoreBench) async throws {
        try await bench.confirm(4...4, run: 1)
        var plan = PlanRecord(
            planID: bench.identifier(2), sync: bench.sync, scope: try await bench.scope().id, status: .building,
            createdAt: bench.start, definitionDigest: "d")
        try await bench.store.beginPlan(plan)
        var chunk = PlanChunk()
        chunk.operations = [bench.operation(1), bench.operation(2)]
        chunk.settlements = [Settlement(keyHash: bench.user(4), change: .forget)]
        try await bench.store.append(chunk, to: plan.planID)
        chunk = PlanChunk()
        chunk.operations = [bench.operation(3)]
        chunk.withdrawn = [bench.user(1), bench.user(4)]
        try await bench.store.append(chunk, to: plan.planID)
        let whileBuilding = try await bench.store.operations(of: plan.planID, after: 0, limit: 10)
        #expect(whileBuilding.map(\.operation.keyHash) == [2, 3].map(bench.user))
        plan.status = .ready
        try await bench.store.finishPlan(plan)
        #expect(try await bench.store.operations(of: plan.planID, after: 0, limit: 10).map(\.sequence) == [2, 3])
        let report = try await bench.delivery(2, of: plan)
        let counts = try await bench.store.finishDelivery(of: plan.planID, report: bench.ended(report))
        #expect(counts.planned == 2 && counts.deferred == 2)
        #expect(try await bench.remembered(4) != nil)
    }

    static func onlyKeptUsersStay(_ bench: StateStoreBench) async throws {
        let plan = PlanRecord(
            planID: bench.identifier(1), sync: bench.sync, scope: try await bench.scope().id, status: .building,
            createdAt: bench.start, definitionDigest: "d")
        try await bench.store.beginPlan(plan)
        var chunk = PlanChunk()
        chunk.operations = (1...9).map { bench.operation($0) }
        try await bench.store.append(chunk, to: plan.planID)
        try await bench.store.keepOperations(of: [bench.user(3), bench.user(7), bench.user(99)], in: plan.planID)
        let kept = try await bench.store.operations(of: plan.planID, after: 0, limit: 10)
        #expect(kept.map(\.sequence) == [3, 7])
    }

    static func theFirstThousandInvalidRowsAreKept(_ bench: StateStoreBench) async throws {
        var plan = PlanRecord(
            planID: bench.identifier(1), sync: bench.sync, scope: try await bench.scope().id, status: .building,
            createdAt: bench.start, definitionDigest: "d")
        try await bench.store.beginPlan(plan)
        for part in 0..<3 {
            var chunk = PlanChunk()
            chunk.invalidRows = (0..<400).map {
                InvalidRow(key: "\(part * 400 + $0)", column: "c", value: nil, expected: "integer", reason: "r")
            }
            try await bench.store.append(chunk, to: plan.planID)
        }
        plan.status = .ready
        try await bench.store.finishPlan(plan)
        try await bench.store.saveRun(bench.report(1, plan: plan))
        let rows = try await bench.store.invalidRows(of: bench.identifier(1))
        #expect(rows.map(\.key) == (0..<1000).map { "\($0)" })
        #expect(rows.last?.expected == "integer" && rows.last?.value == nil)
    }

    static func aNewerPlanSupersedesOlderOnes(_ bench: StateStoreBench) async throws {
        let old = try await bench.plan(1, [bench.operation(1, body: .sealed([5, 5]))])
        let delivered = try await bench.plan(2, [bench.operation(1)])
        _ = try await bench.delivery(2, of: delivered)
        let new = try await bench.plan(3, [bench.operation(1)], status: .blocked)
        #expect(try await bench.store.plan(matching: old.planID.text)?.status == .superseded)
        #expect(try await bench.store.plan(matching: delivered.planID.text)?.status == .delivering)
        #expect(try await bench.store.newestPlan(of: bench.sync)?.planID == new.planID)
        #expect(try await bench.store.newestPlan(of: bench.sync)?.status == .blocked)
        let bodies = try await bench.store.operations(of: old.planID, after: 0, limit: 1).map(\.operation.body)
        #expect(bodies == [.sealed([])])
        await #expect(throws: StateFailure.self) {
            try await bench.store.beginDelivery(of: old.planID, run: bench.identifier(4), quarantineAfterRuns: 5)
        }
    }

    static func aNewerPlanLeavesARunsOwn(_ bench: StateStoreBench) async throws {
        let plan = try await bench.plan(1, [bench.operation(1)])
        try await bench.store.saveRun(bench.report(2, plan: plan, status: .querying))
        _ = try await bench.plan(3, [bench.operation(1)])
        try await bench.store.beginDelivery(of: plan.planID, run: bench.identifier(2), quarantineAfterRuns: 5)
        let unsent = try await bench.store.operationsToSend(of: plan.planID, after: 0, limit: 9)
        #expect(unsent.map(\.body) == [.clear(bench.values(1))])
    }

    static func aPlanThatIsBuiltIsInvisible(_ bench: StateStoreBench) async throws {
        let plan = PlanRecord(
            planID: bench.identifier(1), sync: bench.sync, scope: try await bench.scope().id, status: .building,
            createdAt: bench.start, definitionDigest: "d")
        try await bench.store.beginPlan(plan)
        #expect(try await bench.store.plan(matching: plan.planID.text) == nil)
        #expect(try await bench.store.newestPlan(of: bench.sync) == nil)
    }

    static func aDiscardedPlanIsGone(_ bench: StateStoreBench) async throws {
        let plan = try await bench.plan(1, [bench.operation(1)])
        try await bench.store.discardPlan(plan.planID)
        #expect(try await bench.store.plan(matching: plan.planID.text) == nil)
        #expect(try await bench.store.operations(of: plan.planID, after: 0, limit: 1).isEmpty)
    }

    static func bodiesAreResolvedAndSealedOnesGo(_ bench: StateStoreBench) async throws {
        let plan = try await bench.plan(
            1, [bench.operation(1), bench.operation(2, body: .sealed([7])), bench.operation(3, body: .sealed([8]))])
        let report = try await bench.delivery(1, of: plan)
        let sent = try await bench.store.operationsToSend(of: plan.planID, after: 0, limit: 10)
        #expect(sent.map(\.body) == [.clear(bench.values(1)), .sealed([7]), .sealed([8])])
        #expect(sent.map(\.userUID) == [.clear("u1"), .clear("u2"), .clear("u3")])
        try await bench.store.commit(
            [bench.outcome(2)], openThrough: 2, plan: plan.planID, run: bench.identifier(1))
        #expect(
            try await bench.store.operationsToSend(of: plan.planID, after: 0, limit: 10).map(\.sequence) == [1, 3])
        var bodies = try await bench.store.operations(of: plan.planID, after: 0, limit: 9).map(\.operation.body)
        #expect(bodies == [.sameAsSnapshot, .sealed([]), .sealed([8])])
        _ = try await bench.store.finishDelivery(of: plan.planID, report: bench.ended(report))
        bodies = try await bench.store.operations(of: plan.planID, after: 0, limit: 9).map(\.operation.body)
        #expect(bodies == [.sameAsSnapshot, .sealed([]), .sealed([])])
    }

    static func theBooksBalance(_ bench: StateStoreBench) async throws {
        let plan = try await bench.plan(1, (1...9).map { bench.operation($0) })
        let report = try await bench.delivery(1, of: plan)
        let outcomes = [
            bench.outcome(1), bench.outcome(2, .rejected, applied: false), bench.outcome(3, .unknown),
            bench.outcome(4, .quarantined, applied: false), bench.outcome(9),
        ]
        try await bench.store.commit(outcomes, openThrough: 9, plan: plan.planID, run: bench.identifier(1))
        let counts = try await bench.store.finishDelivery(of: plan.planID, report: bench.ended(report))
        #expect(counts.isBalanced && counts.planned == 9 && counts.confirmed == 2 && counts.deferred == 4)
        #expect(try await bench.store.run(matching: bench.identifier(1).text)?.operations == counts)
        #expect(try await bench.store.plan(matching: plan.planID.text)?.status == .finished)
        let records = try await bench.store.operations(of: plan.planID, after: 0, limit: 9)
        #expect(records.compactMap(\.outcome).count == 9 && records[2].lastAnswer == "timeout")
    }

    static func aPlanIsNotDeliveredByTwoRuns(_ bench: StateStoreBench) async throws {
        let plan = try await bench.plan(1, [bench.operation(1)])
        _ = try await bench.delivery(1, of: plan)
        await #expect(throws: StateFailure.self) {
            try await bench.store.beginDelivery(of: plan.planID, run: bench.identifier(2), quarantineAfterRuns: 5)
        }
        await #expect(throws: StateFailure.self) {
            try await bench.store.commit(
                [bench.outcome(1)], openThrough: 1, plan: plan.planID, run: bench.identifier(2))
        }
        await #expect(throws: StateFailure.self) {
            try await bench.store.commit(
                [bench.outcome(5)], openThrough: 1, plan: plan.planID, run: bench.identifier(1))
        }
        #expect(try await bench.index().isEmpty)
    }
}
