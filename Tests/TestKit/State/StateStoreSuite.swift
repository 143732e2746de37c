internal import SyncCore
internal import Testing

/// What every state store must do, whatever database it stands on. Each function starts from an empty store.
package enum StateStoreSuite {
    package typealias Check = @Sendable (StateStoreBench) async throws -> Void

    /// Name and check, for one parameterised test a store.
    package static let checks: [(name: String, check: Check)] =
        snapshotChecks + planChecks + recoveryChecks + runChecks + leaseChecks + lateWriteChecks + cursorChecks
        + rejectionChecks

    static let snapshotChecks: [(name: String, check: Check)] = [
        ("a new scope is empty and kept", aNewScopeIsEmptyAndKept),
        ("confirmed operations move into the snapshot", confirmedOperationsMoveIntoTheSnapshot),
        ("confirmed removals leave the snapshot", confirmedRemovalsLeaveTheSnapshot),
        ("an unknown outcome makes a user dirty", anUnknownOutcomeMakesAUserDirty),
        ("an unknown new user is in the snapshot only to be dirty", anUnknownNewUserIsOnlyDirty),
        ("a rejection that was never applied leaves the snapshot alone", aPlainRejectionLeavesTheSnapshotAlone),
        ("a confirmation ends dirtiness", aConfirmationEndsDirtiness),
        ("settlements apply when the delivery finishes", settlementsApplyAtTheEnd),
        ("a settled dirty user stays dirty", aSettledDirtyUserStaysDirty),
        ("protection applies when the delivery begins", protectionAppliesAtTheBeginning),
        ("the last identity is the one that was delivered to", theLastIdentityWasDeliveredTo),
    ]

    static func aNewScopeIsEmptyAndKept(_ bench: StateStoreBench) async throws {
        let first = try await bench.scope()
        #expect(first.expectedUsers == 0 && first.lastIdentity == nil && !first.hadRows)
        #expect(try await bench.scope() == first)
        let other = DestinationIdentity(projectUID: "p2", edgeHost: "edge.example.com", isLoopback: false)
        #expect(try await bench.store.scope(sync: bench.sync, identity: other).id != first.id)
        #expect(try await bench.store.scope(sync: "another", identity: bench.identity).id != first.id)
        #expect(try await bench.index().isEmpty)
    }

    static func confirmedOperationsMoveIntoTheSnapshot(_ bench: StateStoreBench) async throws {
        try await bench.confirm(1...5, run: 1)
        let index = try await bench.index()
        #expect(index.map(\.keyHash) == (1...5).map(bench.user))
        #expect(index.allSatisfy { $0.isConfirmed && !$0.isDirty })
        let third = try #require(try await bench.remembered(3))
        #expect(third.values == bench.values(3))
        #expect(third.userUID == .clear("u3") && third.primaryKey == .clear("k3"))
        #expect(index.map(\.fingerprint) == (1...5).map { bench.fingerprint($0) })
        #expect(third.entry.fingerprint == bench.fingerprint(3))
        let scope = try await bench.scope()
        #expect(scope.expectedUsers == 5 && scope.hadRows)
        #expect(try await bench.store.confirmedUsers(of: scope.id) == 5)
        try await bench.confirm(1...6, run: 2)
        #expect(try await bench.scope().expectedUsers == 6, "whoever was there uses no place of a new user up")
        #expect(try await bench.remembered(7) == nil)
    }

    static func confirmedRemovalsLeaveTheSnapshot(_ bench: StateStoreBench) async throws {
        try await bench.confirm(1...3, run: 1)
        let plan = try await bench.plan(2, [bench.operation(2, kind: .removed), bench.operation(3, kind: .removed)])
        let report = try await bench.delivery(2, of: plan)
        try await bench.store.commit(
            [bench.outcome(1), bench.outcome(2, .unknown)], openThrough: 2, plan: plan.planID, run: bench.identifier(2))
        _ = try await bench.store.finishDelivery(of: plan.planID, report: bench.ended(report))
        let index = try await bench.index()
        #expect(index.map(\.keyHash) == [bench.user(1), bench.user(3)])
        #expect(index.map(\.isDirty) == [false, true])
        #expect(try await bench.remembered(3)?.values == bench.values(3))
    }

    static func anUnknownOutcomeMakesAUserDirty(_ bench: StateStoreBench) async throws {
        try await bench.confirm(1...2, run: 1)
        let plan = try await bench.plan(2, [bench.operation(2, kind: .changed, generation: 2)])
        _ = try await bench.delivery(2, of: plan)
        try await bench.store.commit(
            [bench.outcome(1, .unknown)], openThrough: 1, plan: plan.planID, run: bench.identifier(2))
        let user = try #require(try await bench.remembered(2))
        #expect(user.entry.isDirty && user.entry.isConfirmed)
        #expect(user.values == bench.values(2))
        #expect(try await bench.remembered(1)?.entry.isDirty == false)
    }

    static func anUnknownNewUserIsOnlyDirty(_ bench: StateStoreBench) async throws {
        let plan = try await bench.plan(1, [bench.operation(1), bench.operation(2)])
        _ = try await bench.delivery(1, of: plan)
        try await bench.store.commit(
            [bench.outcome(1, .unknown), bench.outcome(2, .rejected)], openThrough: 2, plan: plan.planID,
            run: bench.identifier(1))
        for number in 1...2 {
            let user = try #require(try await bench.remembered(number))
            #expect(user.entry.isDirty && !user.entry.isConfirmed)
            #expect(user.values == Array("{}".utf8) && user.userUID == .clear("u\(number)"))
            #expect(user.entry.fingerprint == Fingerprint(high: 0, low: 0))
        }
        #expect(try await bench.store.confirmedUsers(of: try await bench.scope().id) == 0)
    }

    static func aPlainRejectionLeavesTheSnapshotAlone(_ bench: StateStoreBench) async throws {
        let plan = try await bench.plan(1, [bench.operation(1), bench.operation(2)])
        _ = try await bench.delivery(1, of: plan)
        try await bench.store.commit(
            [bench.outcome(1, .rejected, applied: false), bench.outcome(2, .deferred, applied: false)], openThrough: 2,
            plan: plan.planID, run: bench.identifier(1))
        #expect(try await bench.index().isEmpty)
    }

    static func aConfirmationEndsDirtiness(_ bench: StateStoreBench) async throws {
        try await anUnknownNewUserIsOnlyDirty(bench)
        _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(9), at: bench.start)
        try await bench.confirm(1...1, run: 2)
        let user = try #require(try await bench.remembered(1))
        #expect(!user.entry.isDirty && user.entry.isConfirmed && user.values == bench.values(1))
        #expect(try await bench.remembered(2)?.entry.isDirty == true)
    }

    static func settlementsApplyAtTheEnd(_ bench: StateStoreBench) async throws {
        try await bench.confirm(1...3, run: 1)
        let settled = Settlement.Change.set(
            userUID: .clear("u2"), primaryKey: .sealed([1, 2]), fingerprint: bench.fingerprint(9),
            values: Array("{}".utf8))
        let plan = try await bench.plan(
            2, [],
            settlements: [
                Settlement(keyHash: bench.user(1), change: .forget),
                Settlement(keyHash: bench.user(2), change: settled),
                Settlement(keyHash: bench.user(8), change: settled),
            ])
        let report = try await bench.delivery(2, of: plan)
        #expect(try await bench.index().count == 3)
        _ = try await bench.store.finishDelivery(of: plan.planID, report: bench.ended(report))
        #expect(try await bench.index().map(\.keyHash) == [2, 3, 8].map(bench.user))
        let second = try #require(try await bench.remembered(2))
        #expect(second.values == Array("{}".utf8) && second.primaryKey == .sealed([1, 2]))
        #expect(second.entry.fingerprint == bench.fingerprint(9))
    }

    static func protectionAppliesAtTheBeginning(_ bench: StateStoreBench) async throws {
        try await bench.confirm(1...2, run: 1)
        let protection = Settlement.Change.protect(
            userUID: .sealed([1]), primaryKey: .sealed([2]), values: Array(#"{"points":9}"#.utf8))
        let plan = try await bench.plan(
            2, [bench.operation(1, kind: .changed, generation: 2), bench.operation(2, kind: .changed, generation: 2)],
            settlements: [1, 2, 7].map { Settlement(keyHash: bench.user($0), change: protection) })
        #expect(try await bench.remembered(1)?.userUID == .clear("u1"))
        let report = try await bench.delivery(2, of: plan)
        for number in 1...2 {
            let user = try #require(try await bench.remembered(number))
            #expect(user.userUID == .sealed([1]) && user.primaryKey == .sealed([2]))
            #expect(user.values == Array(#"{"points":9}"#.utf8))
            #expect(user.entry.fingerprint == Fingerprint(high: 0, low: 0))
            #expect(user.entry.isConfirmed && !user.entry.isDirty)
        }
        try await bench.store.commit(
            [bench.outcome(1), bench.outcome(2, .rejected, applied: false)], openThrough: 2, plan: plan.planID,
            run: bench.identifier(2))
        _ = try await bench.store.finishDelivery(of: plan.planID, report: bench.ended(report))
        #expect(try await bench.remembered(1)?.values == bench.values(1, 2))
        #expect(try await bench.remembered(2)?.values == Array(#"{"points":9}"#.utf8))
        #expect(try await bench.index().count == 2)
    }

    static func aSettledDirtyUserStaysDirty(_ bench: StateStoreBench) async throws {
        try await anUnknownNewUserIsOnlyDirty(bench)
        _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(9), at: bench.start)
        let settled = Settlement.Change.set(
            userUID: .clear("u1"), primaryKey: .clear("k1"), fingerprint: Fingerprint(high: 1, low: 1),
            values: bench.values(1))
        let plan = try await bench.plan(2, [], settlements: [Settlement(keyHash: bench.user(1), change: settled)])
        let report = try await bench.delivery(2, of: plan)
        _ = try await bench.store.finishDelivery(of: plan.planID, report: bench.ended(report))
        let user = try #require(try await bench.remembered(1))
        #expect(user.entry.isDirty && user.entry.isConfirmed && user.values == bench.values(1))
    }

    static func theLastIdentityWasDeliveredTo(_ bench: StateStoreBench) async throws {
        let plan = try await bench.plan(1, [bench.operation(1)])
        #expect(try await bench.scope().lastIdentity == nil)
        _ = try await bench.delivery(1, of: plan)
        #expect(try await bench.scope().lastIdentity == bench.identity)
        #expect(try await bench.scope().hadRows, "a run that is killed had rows too")
    }
}
