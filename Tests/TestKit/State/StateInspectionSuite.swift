package import SyncCore
internal import Testing

/// What people look up in every state, whatever database it stands on. Each check starts from an empty store.
package enum StateInspectionSuite {
    package typealias Check = @Sendable (any StateInspection) async throws -> Void

    /// Name and check, for one parameterised test a store.
    package static let checks: [(name: String, check: Check)] = [
        ("syncs and snapshots are known also when nobody asks for them", syncsAndSnapshotsAreKnown),
        ("a beginning finds all its ids, newest first", aBeginningFindsItsIDs),
        ("an open run without locks has no holder", anOpenRunWithoutLocksHasNoHolder),
        ("answers are counted by outcome and text", answersAreCounted),
        ("a run that another one took the plan over from has no answers", answersBelongToTheRunThatDelivered),
    ]

    static func syncsAndSnapshotsAreKnown(_ store: any StateInspection) async throws {
        let bench = StateStoreBench(store)
        #expect(try await store.knownSyncs().isEmpty)
        #expect(try await store.snapshots().isEmpty)
        try await bench.confirm(1...3, run: 1)
        let elsewhere = DestinationIdentity(projectUID: "p2", edgeHost: "edge.example.com", isLoopback: false)
        _ = try await store.scope(sync: "another", identity: elsewhere)
        #expect(try await store.knownSyncs() == ["another", bench.sync])
        #expect(
            try await store.snapshots() == [
                SnapshotRecord(sync: "another", identity: elsewhere, isLast: false, users: 0),
                SnapshotRecord(sync: bench.sync, identity: bench.identity, isLast: true, users: 3),
            ])
    }

    static func aBeginningFindsItsIDs(_ store: any StateInspection) async throws {
        let bench = StateStoreBench(store)
        for number in 1...3 { _ = try await bench.delivery(number, of: bench.plan(number, [bench.operation(number)])) }
        let prefix = String(bench.identifier(1).text.prefix(4))
        let newest = [3, 2, 1].map(bench.identifier)
        #expect(try await store.runs(beginningWith: prefix, limit: 10) == newest)
        #expect(try await store.runs(beginningWith: prefix.lowercased(), limit: 2) == Array(newest.prefix(2)))
        #expect(try await store.plans(beginningWith: prefix, limit: 10) == newest)
        #expect(try await store.plans(beginningWith: bench.identifier(2).text, limit: 10) == [bench.identifier(2)])
        #expect(try await store.runs(beginningWith: "", limit: 10).isEmpty)
        #expect(try await store.runs(beginningWith: "%", limit: 10).isEmpty)
    }

    static func anOpenRunWithoutLocksHasNoHolder(_ store: any StateInspection) async throws {
        let bench = StateStoreBench(store)
        let holder = LeaseHolder(host: "h", bootID: "b", processID: 7, startTime: 8)
        for number in 1...2 { try await store.saveRun(bench.report(number, plan: nil)) }
        try await store.saveRun(bench.report(3, plan: nil, status: .succeeded))
        _ = try await store.acquireLeases(
            ["a", "b"], holder: holder, run: bench.identifier(1), at: bench.start, isGone: { _ in false })
        let open = try await store.openRuns().sorted { $0.run < $1.run }
        #expect(
            open == [
                OpenRun(run: bench.identifier(1), holder: holder, renewedAt: bench.start),
                OpenRun(run: bench.identifier(2), holder: nil, renewedAt: nil),
            ])
    }

    static func answersAreCounted(_ store: any StateInspection) async throws {
        let bench = StateStoreBench(store)
        let plan = try await bench.plan(1, (1...8).map { bench.operation($0) })
        let report = try await bench.delivery(1, of: plan)
        var outcomes = [bench.outcome(1)]
        outcomes += (2...5).map { bench.outcome($0, .rejected, applied: false) }
        outcomes[4].lastAnswer = "404"
        outcomes.append(bench.outcome(6, .unknown))
        try await store.commit(outcomes, openThrough: 6, plan: plan.planID, run: bench.identifier(1))
        _ = try await store.finishDelivery(of: plan.planID, report: bench.ended(report))
        func keys(_ numbers: Int...) -> [ProtectedText] { numbers.map { .clear("k\($0)") } }
        #expect(
            try await store.answers(of: bench.identifier(1)) == [
                AnswerCount(outcome: .rejected, answer: "timeout", count: 3, keys: keys(2, 3, 4)),
                AnswerCount(outcome: .deferred, answer: nil, count: 2, keys: keys(7, 8)),
                AnswerCount(outcome: .rejected, answer: "404", count: 1, keys: keys(5)),
                AnswerCount(outcome: .unknown, answer: "timeout", count: 1, keys: keys(6)),
            ])
        #expect(try await store.answers(of: bench.identifier(2)).isEmpty)
    }

    static func answersBelongToTheRunThatDelivered(_ store: any StateInspection) async throws {
        let bench = StateStoreBench(store)
        let plan = try await bench.plan(1, [bench.operation(1), bench.operation(2)])
        _ = try await bench.delivery(1, of: plan, trigger: .apply)
        _ = try await store.recoverRuns(of: bench.sync, except: bench.identifier(9), at: bench.start)
        let report = try await bench.delivery(2, of: plan, trigger: .apply)
        _ = try await store.finishDelivery(of: plan.planID, report: bench.ended(report))
        #expect(try await store.answers(of: bench.identifier(1)).isEmpty)
        #expect(try await store.answers(of: bench.identifier(2)).map(\.count) == [2])
    }
}
