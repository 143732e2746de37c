internal import SyncCore
internal import Testing

/// Users that the destination rejects: counted, left alone for a while, released.
extension StateStoreSuite {
    static let rejectionChecks: [(name: String, check: Check)] = [
        ("a rejected user is sent 1, 2, 4, 8 deliveries later", aRejectedUserAges),
        ("other values start anew", otherValuesStartAnew),
        ("values are compared without the cells they came of", valuesAreComparedWithoutTheirCells),
        ("a confirmation forgets rejections", aConfirmationForgetsRejections),
        ("unknown and deferred leave the count", unknownAndDeferredLeaveTheCount),
        ("a dirty user is never withheld", aDirtyUserIsNeverWithheld),
        ("who has no operation in a whole plan is rejected no more", whoHasNoOperationIsRejectedNoMore),
        ("a killed apply resumes with what it withheld", aKilledApplyResumesWithWhatItWithheld),
        ("a killed run counts its rejections once", aKilledRunCountsItsRejectionsOnce),
        ("a removal is counted by what it writes", aRemovalIsCountedByWhatItWrites),
        ("a withheld operation loses its sealed body", aWithheldOperationLosesItsBody),
        ("release forgets one user or all", releaseForgetsOneUserOrAll),
        ("more privacy forgets rejections", morePrivacyForgetsRejections),
        ("rejections are of one scope", rejectionsAreOfOneScope),
    ]

    /// One run of these operations, each with its outcome; nil is not tried. Returns what was withheld and sent.
    @discardableResult private static func run(
        _ number: Int, _ bench: StateStoreBench, _ operations: [PlannedOperation],
        _ outcome: OperationOutcome? = .rejected, limit: Int = 3, isWhole: Bool = true
    ) async throws -> (withheld: WithheldCounts, sent: [Int], counts: OperationCounts) {
        let plan = try await bench.plan(number, operations, isWhole: isWhole)
        let foreseen = try await bench.store.withheld(of: plan.planID, quarantineAfterRuns: limit)
        let report = bench.report(number, plan: plan)
        try await bench.store.saveRun(report)
        let withheld = try await bench.store.beginDelivery(
            of: plan.planID, run: bench.identifier(number), quarantineAfterRuns: limit)
        #expect(withheld == foreseen, "a plan says what its delivery will withhold")
        let sent = try await bench.store.operationsToSend(of: plan.planID, after: 0, limit: 99).map(\.sequence)
        if let outcome, !sent.isEmpty {
            let outcomes = sent.map { bench.outcome($0, outcome, applied: outcome == .unknown) }
            try await bench.store.commit(
                outcomes, openThrough: operations.count, plan: plan.planID, run: bench.identifier(number))
        }
        let counts = try await bench.store.finishDelivery(of: plan.planID, report: bench.ended(report))
        #expect(counts.isBalanced && counts.planned == operations.count)
        #expect(counts.quarantined == withheld.quarantined)
        return (withheld, sent, counts)
    }

    private static func rejectedRuns(_ bench: StateStoreBench) async throws -> [KeyHash: Int] {
        let users = try await bench.store.rejectedUsers(of: bench.sync)
        return Dictionary(uniqueKeysWithValues: users.map { ($0.keyHash, $0.rejectedRuns) })
    }

    static func aRejectedUserAges(_ bench: StateStoreBench) async throws {
        var sent: [Int] = []
        for number in 1...40 {
            let run = try await run(number, bench, [bench.operation(1)], limit: 5)
            if !run.sent.isEmpty { sent.append(number) }
            #expect(run.withheld.quarantined == (number > 16 ? 1 : 0))
            #expect(run.withheld.total == 1 - run.sent.count)
            #expect(run.counts.rejected == run.sent.count && run.counts.deferred == run.withheld.ageing)
        }
        #expect(sent == [1, 2, 4, 8, 16])
        let user = try #require(try await bench.store.rejectedUsers(of: bench.sync).first)
        #expect(user.rejectedRuns == 5 && user.userUID == .clear("u1") && user.primaryKey == .clear("k1"))
        // A higher limit takes it out again, at its turn.
        #expect(try await run(41, bench, [bench.operation(1)], limit: 6).sent == [1])
    }

    static func otherValuesStartAnew(_ bench: StateStoreBench) async throws {
        for number in 1...3 { try await run(number, bench, [bench.operation(1)]) }
        #expect(try await rejectedRuns(bench) == [bench.user(1): 2])
        let changed = bench.operation(1, generation: 2)
        // Released as soon as a delivery has other values, also when that one never gets to them.
        #expect(try await run(4, bench, [changed], nil).sent == [1])
        #expect(try await rejectedRuns(bench).isEmpty)
        #expect(try await run(5, bench, [changed]).sent == [1])
        #expect(try await rejectedRuns(bench) == [bench.user(1): 1])
        #expect(try await run(6, bench, [bench.operation(1)]).sent == [1])
        #expect(try await rejectedRuns(bench) == [bench.user(1): 1])
    }

    static func valuesAreComparedWithoutTheirCells(_ bench: StateStoreBench) async throws {
        try await run(1, bench, [bench.operation(1)], limit: 1)
        var retyped = bench.operation(1)
        retyped.fingerprint?.row = RowDigest(rules: 4, cells: 4)
        #expect(try await run(2, bench, [retyped], limit: 1).withheld == WithheldCounts(quarantined: 1))
        retyped.fingerprint?.row = nil
        #expect(try await run(3, bench, [retyped], limit: 1).withheld == WithheldCounts(quarantined: 1))
    }

    static func aConfirmationForgetsRejections(_ bench: StateStoreBench) async throws {
        try await run(1, bench, [bench.operation(1), bench.operation(2)])
        try await run(2, bench, [bench.operation(1)], .confirmed, isWhole: false)
        #expect(try await rejectedRuns(bench) == [bench.user(2): 1])
        #expect(try await bench.index().map(\.keyHash) == [bench.user(1)])
    }

    static func unknownAndDeferredLeaveTheCount(_ bench: StateStoreBench) async throws {
        try await run(1, bench, [bench.operation(1)])
        try await run(2, bench, [bench.operation(1)], nil)
        #expect(try await rejectedRuns(bench) == [bench.user(1): 1])
        try await run(3, bench, [bench.operation(1)], .deferred)
        try await run(4, bench, [bench.operation(1)], .unknown)
        #expect(try await rejectedRuns(bench) == [bench.user(1): 1])
        try await run(5, bench, [bench.operation(2)], .unknown, isWhole: false)
        #expect(try await rejectedRuns(bench) == [bench.user(1): 1], "who was never rejected is not there")
    }

    static func aDirtyUserIsNeverWithheld(_ bench: StateStoreBench) async throws {
        try await run(1, bench, [bench.operation(1)])
        try await run(2, bench, [bench.operation(1)], .unknown)
        // Dirty from here on; rejections go on counting.
        for number in 3...6 {
            let run = try await run(number, bench, [bench.operation(1, reason: .dirty)], limit: 2)
            #expect(run.sent == [1] && run.withheld == WithheldCounts())
        }
        // The snapshot's mark says so too, whatever the reason of the operation.
        #expect(try await run(7, bench, [bench.operation(1)], limit: 2).sent == [1])
        #expect(try await rejectedRuns(bench) == [bench.user(1): 6])
    }

    static func whoHasNoOperationIsRejectedNoMore(_ bench: StateStoreBench) async throws {
        try await run(1, bench, [bench.operation(1), bench.operation(2)])
        try await run(2, bench, [bench.operation(3)], .confirmed, isWhole: false)
        #expect(try await rejectedRuns(bench).count == 2, "a partial plan says nothing of the others")
        try await run(3, bench, [bench.operation(2)], nil)
        #expect(try await rejectedRuns(bench) == [bench.user(2): 1])
        try await run(4, bench, [])
        #expect(try await rejectedRuns(bench).isEmpty)
    }

    static func aKilledApplyResumesWithWhatItWithheld(_ bench: StateStoreBench) async throws {
        for number in 1...2 { try await run(number, bench, (1...2).map { bench.operation($0) }) }
        let plan = try await bench.plan(3, (1...4).map { bench.operation($0) })
        _ = try await bench.delivery(3, of: plan, trigger: .apply)
        try await bench.store.commit(
            [bench.outcome(3, .rejected, applied: false)], openThrough: 3, plan: plan.planID, run: bench.identifier(3))
        _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(9), at: bench.start)
        let dead = try #require(try await bench.store.run(matching: bench.identifier(3).text))
        #expect(dead.operations.isBalanced && dead.operations.rejected == 1 && dead.operations.deferred == 3)

        let report = bench.report(4, plan: plan, trigger: .apply)
        try await bench.store.saveRun(report)
        let withheld = try await bench.store.beginDelivery(
            of: plan.planID, run: bench.identifier(4), quarantineAfterRuns: 5)
        #expect(withheld == WithheldCounts(ageing: 2), "those of the first attempt, and nobody twice")
        #expect(try await bench.store.operationsToSend(of: plan.planID, after: 0, limit: 9).map(\.sequence) == [4])
        try await bench.store.commit(
            [bench.outcome(4)], openThrough: 4, plan: plan.planID, run: bench.identifier(4))
        let counts = try await bench.store.finishDelivery(of: plan.planID, report: bench.ended(report))
        #expect(counts.isBalanced && counts.deferred == 2 && counts.rejected == 1 && counts.confirmed == 1)
        #expect(try await rejectedRuns(bench) == [bench.user(1): 2, bench.user(2): 2, bench.user(3): 1])
    }

    static func aKilledRunCountsItsRejectionsOnce(_ bench: StateStoreBench) async throws {
        let plan = try await bench.plan(1, [bench.operation(1), bench.operation(2)])
        _ = try await bench.delivery(1, of: plan)
        let rejection = bench.outcome(1, .rejected, applied: false)
        for _ in 1...2 {
            try await bench.store.commit([rejection], openThrough: 2, plan: plan.planID, run: bench.identifier(1))
        }
        #expect(try await rejectedRuns(bench) == [bench.user(1): 1])
        _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(9), at: bench.start)
        #expect(try await rejectedRuns(bench) == [bench.user(1): 1])
        #expect(try await bench.remembered(2)?.entry.isDirty == true)
    }

    static func aRemovalIsCountedByWhatItWrites(_ bench: StateStoreBench) async throws {
        try await bench.confirm(1...1, run: 1)
        var removal = bench.operation(1, kind: .removed)
        removal.fingerprint = Fingerprint(high: 8, low: 8)
        for number in 2...4 { try await run(number, bench, [removal], limit: 2) }
        #expect(try await rejectedRuns(bench) == [bench.user(1): 2])
        #expect(try await run(5, bench, [removal], limit: 2).withheld == WithheldCounts(quarantined: 1))
        removal.fingerprint = Fingerprint(high: 9, low: 9)
        #expect(try await run(6, bench, [removal], .confirmed, limit: 2).sent == [1])
        #expect(try await rejectedRuns(bench).isEmpty)
        #expect(try await bench.index().isEmpty)
    }

    static func aWithheldOperationLosesItsBody(_ bench: StateStoreBench) async throws {
        let sealed = bench.operation(1, body: .sealed([7]))
        try await run(1, bench, [sealed], limit: 1)
        let plan = try await bench.plan(2, [sealed, bench.operation(2, body: .sealed([8]))])
        _ = try await bench.delivery(2, of: plan, quarantineAfterRuns: 1)
        let operations = try await bench.store.operations(of: plan.planID, after: 0, limit: 9)
        #expect(operations.map(\.operation.body) == [.sealed([]), .sealed([8])])
        #expect(operations.map(\.outcome) == [.quarantined, nil])
        #expect(operations[0].attempts == 0 && operations[0].lastAnswer == "timeout")
    }

    static func releaseForgetsOneUserOrAll(_ bench: StateStoreBench) async throws {
        try await run(1, bench, (1...3).map { bench.operation($0) }, limit: 2)
        try await run(2, bench, [bench.operation(1)], limit: 2, isWhole: false)
        #expect(try await bench.store.release([bench.user(3), bench.user(9)], of: "another") == WithheldCounts())
        #expect(
            try await bench.store.release([bench.user(3), bench.user(9)], of: bench.sync) == WithheldCounts(ageing: 1))
        #expect(try await rejectedRuns(bench) == [bench.user(1): 2, bench.user(2): 1])
        #expect(
            try await bench.store.release(nil, of: bench.sync) == WithheldCounts(ageing: 1, quarantined: 1))
        #expect(try await bench.store.release(nil, of: bench.sync) == WithheldCounts())
        #expect(try await run(3, bench, (1...3).map { bench.operation($0) }, limit: 2).sent == [1, 2, 3])
    }

    static func morePrivacyForgetsRejections(_ bench: StateStoreBench) async throws {
        try await bench.store.protect(["note"], of: bench.sync)
        try await run(1, bench, [bench.operation(1)])
        try await bench.store.protect(["note"], of: bench.sync)
        #expect(try await rejectedRuns(bench).count == 1)
        try await bench.store.protect(["note", "user_uid and primary key"], of: bench.sync)
        #expect(try await rejectedRuns(bench).isEmpty)
    }

    static func rejectionsAreOfOneScope(_ bench: StateStoreBench) async throws {
        try await run(1, bench, [bench.operation(1)], limit: 1)
        let elsewhere = DestinationIdentity(projectUID: "p2", edgeHost: "edge.example.com", isLoopback: false)
        var plan = PlanRecord(
            planID: bench.identifier(2), sync: bench.sync,
            scope: try await bench.store.scope(sync: bench.sync, identity: elsewhere).id, status: .building,
            createdAt: bench.start, definitionDigest: "d")
        try await bench.store.beginPlan(plan)
        var chunk = PlanChunk()
        chunk.operations = [bench.operation(1)]
        try await bench.store.append(chunk, to: plan.planID)
        (plan.status, plan.planned, plan.isWhole) = (.ready, 1, true)
        try await bench.store.finishPlan(plan)
        #expect(try await bench.store.plan(matching: plan.planID.text)?.isWhole == true)
        let report = try await bench.delivery(2, of: plan, quarantineAfterRuns: 1)
        #expect(try await bench.store.operationsToSend(of: plan.planID, after: 0, limit: 9).count == 1)
        _ = try await bench.store.finishDelivery(of: plan.planID, report: bench.ended(report))
        #expect(try await rejectedRuns(bench) == [bench.user(1): 1])
    }
}
