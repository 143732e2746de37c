internal import SyncCore
internal import Testing

/// What a run may have sent after another took its locks over arrives last, so that what the other confirmed proves
/// nothing.
extension StateStoreSuite {
    static let lateWriteChecks: [(name: String, check: Check)] = [
        (
            "the window of a holder that may live is dirty once more after its successor",
            aLivingHoldersWindowIsDirtyAgain
        ),
        ("a successor that sends nothing uses no note up", aSuccessorThatSendsNothingUsesNothingUp),
        ("what becomes personal leaves the notes of late writes", whatBecomesPersonalLeavesTheNotes),
        ("a takeover keeps its notes whatever becomes personal", aTakeoverKeepsItsNotesWhateverBecomesPersonal),
        ("a plan outlives notes that wait", aPlanOutlivesNotesThatWait),
        ("a run that leaves a user out uses no note of it up", aRunThatLeavesAUserOutUsesNothingUp),
        ("a second takeover renews the notes of the first", aSecondTakeoverRenewsTheNotes),
        ("what nobody waited for is sent once more after other values", unansweredValuesAreOvertaken),
        ("what the destination was done with is not", ambiguousValuesAreDone),
        ("a plan from before a late write is over", aPlanFromBeforeALateWriteIsOver),
        ("a plan that has the late writes stays", aPlanThatHasTheLateWritesStays),
        ("after late writes of a forgotten plan everyone is dirty", afterLateWritesOfAForgottenPlanEveryoneIsDirty),
        ("the window of a dead holder is dirty only until it is confirmed", aDeadHoldersWindowIsDirtyOnce),
        ("a dead holder's other values are sent once more", aDeadHoldersOtherValuesAreSentOnceMore),
        ("what a run sent after it lost its locks is dirty from the next run on", lateWritesAreDirtyFromTheNextRunOn),
        ("a successor that is killed in its turn leaves the window dirty", aKilledSuccessorLeavesTheWindowDirty),
        ("a run that has its locks notes no late writes", aRunWithItsLocksNotesNothing),
        ("a removal that overtakes a note names its user again", aRemovalNamesTheUserOfItsNoteAgain),
        ("a note that nothing uses up goes after a day", aNoteGoesAfterADay),
    ]

    /// Run 2 has users 1 to 4 in its window when run 3 takes its lock over.
    static func takeOver(_ bench: StateStoreBench, isGone: Bool) async throws -> PlanRecord {
        func acquire(_ host: String, _ run: Int, after seconds: Int64) async throws -> LeaseResult {
            try await bench.store.acquireLeases(
                ["x"], holder: LeaseHolder(host: host, bootID: "b", processID: 1, startTime: 1),
                run: bench.identifier(run), at: WallTime(microseconds: bench.start.microseconds + seconds * 1_000_000),
                isGone: { _ in isGone })
        }
        try await bench.confirm(1...2, run: 1)
        let plan = try await bench.plan(2, (1...6).map { bench.operation($0, kind: .changed, generation: 2) })
        _ = try await acquire("a", 2, after: 0)
        _ = try await bench.delivery(2, of: plan)
        try await bench.store.commit([], openThrough: 4, plan: plan.planID, run: bench.identifier(2))
        try await bench.store.commit([bench.outcome(4)], openThrough: 4, plan: plan.planID, run: bench.identifier(2))
        guard case .acquired = try await acquire("b", 3, after: 60) else {
            Issue.record("the lock was not taken over")
            return plan
        }
        _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(3), at: bench.start)
        return plan
    }

    package static func dirty(_ bench: StateStoreBench) async throws -> Set<Int> {
        let dirty = Set(try await bench.index().filter(\.isDirty).map(\.keyHash))
        return Set((1...6).filter { dirty.contains(bench.user($0)) })
    }

    static func open(_ bench: StateStoreBench) async throws -> Set<Int> {
        let open = Set(try await bench.store.openWindow(of: try await bench.scope().id))
        return Set((1...6).filter { open.contains(bench.user($0)) })
    }

    static func aLivingHoldersWindowIsDirtyAgain(_ bench: StateStoreBench) async throws {
        _ = try await takeOver(bench, isGone: false)
        #expect(try await dirty(bench) == [1, 2, 3])
        try await bench.confirm(1...6, run: 3)
        #expect(try await dirty(bench) == [])
        #expect(try await open(bench) == [1, 2, 3], "a plan made in between has them too")
        _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(4), at: bench.start)
        #expect(try await dirty(bench) == [1, 2, 3])
        #expect(try await open(bench) == [])
        try await bench.confirm(1...6, run: 4)
        _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(5), at: bench.start)
        #expect(try await dirty(bench) == [])
    }

    /// Killed, blocked, or a `plan`: the next run's requests are the first that the late ones can undo.
    static func aSuccessorThatSendsNothingUsesNothingUp(_ bench: StateStoreBench) async throws {
        _ = try await takeOver(bench, isGone: false)
        for run in 4...5 {
            _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(run), at: bench.start)
            #expect(try await open(bench) == [1, 2, 3])
        }
        try await bench.confirm(1...6, run: 5)
        #expect(try await dirty(bench) == [])
        _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(6), at: bench.start)
        #expect(try await dirty(bench) == [1, 2, 3])
        #expect(try await open(bench) == [])
    }

    /// As `apply` does when it is called again after it was killed, or with a plan made since.
    static func aPlanOutlivesNotesThatWait(_ bench: StateStoreBench) async throws {
        _ = try await takeOver(bench, isGone: false)
        let waiting = try await bench.plan(4, (1...6).map { bench.operation($0, kind: .changed, generation: 3) })
        _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(5), at: bench.start)
        #expect(try await bench.store.plan(matching: waiting.planID.text)?.status == .ready)
        #expect(try await open(bench) == [1, 2, 3])
    }

    static func aRunThatLeavesAUserOutUsesNothingUp(_ bench: StateStoreBench) async throws {
        _ = try await takeOver(bench, isGone: false)
        try await bench.confirm(1...1, kind: .changed, generation: 3, run: 3)
        _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(4), at: bench.start)
        #expect(try await open(bench) == [2, 3])
        try await bench.confirm(1...6, kind: .changed, generation: 3, run: 4)
        #expect(try await dirty(bench) == [])
        _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(5), at: bench.start)
        #expect(try await dirty(bench) == [2, 3])
    }

    /// Run 3 has confirmed nobody when it goes silent in its turn.
    static func aSecondTakeoverRenewsTheNotes(_ bench: StateStoreBench) async throws {
        _ = try await takeOver(bench, isGone: false)
        let plan = try await bench.plan(3, (1...6).map { bench.operation($0, kind: .changed, generation: 3) })
        _ = try await bench.delivery(3, of: plan)
        try await bench.store.commit([], openThrough: 6, plan: plan.planID, run: bench.identifier(3))
        _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(4), at: bench.start)
        try await bench.confirm(1...6, kind: .changed, generation: 4, run: 4)
        #expect(try await open(bench) == [1, 2, 3, 4, 5, 6])
        _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(5), at: bench.start)
        #expect(try await dirty(bench) == [1, 2, 3, 4, 5, 6])
    }

    static func unansweredValuesAreOvertaken(_ bench: StateStoreBench) async throws {
        #expect(try await dirtyAfterOtherValues(bench, stillArrives: true) == [2])
    }

    static func ambiguousValuesAreDone(_ bench: StateStoreBench) async throws {
        #expect(try await dirtyAfterOtherValues(bench, stillArrives: false) == [])
    }

    /// Who is due in run 3, where in run 1 users 1 and 2 were sent without proof and 3 was rejected, and run 2 confirmed
    /// them, 1 with the same values.
    private static func dirtyAfterOtherValues(_ bench: StateStoreBench, stillArrives: Bool) async throws -> Set<Int> {
        let plan = try await bench.plan(1, (1...3).map { bench.operation($0) })
        let report = try await bench.delivery(1, of: plan)
        try await bench.store.commit(
            (1...3).map {
                bench.outcome(
                    $0, $0 == 3 ? .rejected : .unknown, applied: $0 != 3, stillArrives: stillArrives && $0 != 3)
            }, openThrough: 3, plan: plan.planID, run: bench.identifier(1))
        _ = try await bench.store.finishDelivery(of: plan.planID, report: bench.ended(report))
        _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(2), at: bench.start)
        #expect(try await dirty(bench) == [1, 2])
        let next = try await bench.plan(2, (1...3).map { bench.operation($0, generation: $0 == 1 ? 1 : 2) })
        let ended = try await bench.delivery(2, of: next)
        try await bench.store.commit(
            (1...3).map { bench.outcome($0) }, openThrough: 3, plan: next.planID, run: bench.identifier(2))
        _ = try await bench.store.finishDelivery(of: next.planID, report: bench.ended(ended))
        #expect(try await dirty(bench) == [])
        _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(3), at: bench.start)
        return try await dirty(bench)
    }

    static func whatBecomesPersonalLeavesTheNotes(_ bench: StateStoreBench) async throws {
        _ = try await takeOver(bench, isGone: false)
        try await bench.confirm(1...6, run: 3)
        try await bench.store.protect(["points"], of: bench.sync)
        #expect(try await open(bench) == [])
        #expect(try await dirty(bench) == [1, 2, 3])
    }

    /// In the run that took over, whose own requests may come before the late ones.
    static func aTakeoverKeepsItsNotesWhateverBecomesPersonal(_ bench: StateStoreBench) async throws {
        _ = try await takeOver(bench, isGone: false)
        try await bench.store.protect(["points"], of: bench.sync)
        try await bench.confirm(1...6, run: 3)
        #expect(try await dirty(bench) == [])
        _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(4), at: bench.start)
        #expect(try await dirty(bench) == [1, 2, 3])
        #expect(try await bench.remembered(1)?.userUID == .clear("u1"))
    }

    /// Its operations hold what had changed of users who were confirmed when it was made.
    static func aPlanFromBeforeALateWriteIsOver(_ bench: StateStoreBench) async throws {
        let old = try await takeOver(bench, isGone: true)
        try await bench.confirm(1...6, kind: .changed, generation: 2, run: 3)
        let waiting = try await bench.plan(4, [bench.operation(2, kind: .changed, generation: 4)])
        try await bench.store.noteLateWrites([2], plan: old.planID, run: bench.identifier(2))
        _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(5), at: bench.start)
        #expect(try await dirty(bench) == [2])
        #expect(try await bench.store.plan(matching: waiting.planID.text)?.status == .superseded)
    }

    static func aPlanThatHasTheLateWritesStays(_ bench: StateStoreBench) async throws {
        let old = try await takeOver(bench, isGone: true)
        try await bench.confirm(1...6, kind: .changed, generation: 2, run: 3)
        try await bench.store.noteLateWrites([2, 4], plan: old.planID, run: bench.identifier(2))
        let waiting = try await bench.plan(
            4, [2, 4, 5].map { bench.operation($0, kind: .unchanged, generation: 2, reason: .dirty) })
        _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(5), at: bench.start)
        #expect(try await dirty(bench) == [2, 4])
        #expect(try await bench.store.plan(matching: waiting.planID.text)?.status == .ready)
    }

    /// What it sent is no longer known. The run in progress confirmed some before that, and has yet to write it down.
    static func afterLateWritesOfAForgottenPlanEveryoneIsDirty(_ bench: StateStoreBench) async throws {
        let old = try await takeOver(bench, isGone: true)
        try await bench.confirm(1...6, kind: .changed, generation: 2, run: 3)
        try await bench.store.protect(["points"], of: bench.sync)
        let plan = try await bench.plan(4, (1...3).map { bench.operation($0, kind: .changed, generation: 3) })
        let report = try await bench.delivery(4, of: plan)
        try await bench.store.commit(
            (1...3).map { bench.outcome($0) }, openThrough: 3, plan: plan.planID, run: bench.identifier(4))
        let waiting = try await bench.plan(5, [bench.operation(2, kind: .changed, generation: 4)])
        try await bench.store.noteLateWrites([2], plan: old.planID, run: bench.identifier(2))
        _ = try await bench.store.finishDelivery(of: plan.planID, report: bench.ended(report))
        _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(6), at: bench.start)
        #expect(try await dirty(bench) == [1, 2, 3, 4, 5, 6])
        #expect(try await bench.store.plan(matching: waiting.planID.text)?.status == .superseded)
    }

    /// Its confirmations reach the snapshot only when it is closed, and prove nothing of what arrived after them.
    static func aKilledSuccessorLeavesTheWindowDirty(_ bench: StateStoreBench) async throws {
        _ = try await takeOver(bench, isGone: false)
        let plan = try await bench.plan(
            3, [bench.operation(1, kind: .removed)] + (2...6).map { bench.operation($0, kind: .changed, generation: 3) }
        )
        _ = try await bench.delivery(3, of: plan)
        try await bench.store.commit([], openThrough: 6, plan: plan.planID, run: bench.identifier(3))
        try await bench.store.commit(
            (1...6).map { bench.outcome($0) }, openThrough: 6, plan: plan.planID, run: bench.identifier(3))
        _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(4), at: bench.start)
        #expect(try await dirty(bench) == [1, 2, 3])
    }

    /// Its requests carried what the next run confirmed, whichever of them arrives last.
    static func aDeadHoldersWindowIsDirtyOnce(_ bench: StateStoreBench) async throws {
        _ = try await takeOver(bench, isGone: true)
        #expect(try await dirty(bench) == [1, 2, 3])
        try await bench.confirm(1...6, kind: .changed, generation: 2, run: 3)
        _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(4), at: bench.start)
        #expect(try await dirty(bench) == [])
        #expect(try await open(bench) == [])
    }

    /// The source has changed since: what arrives last of a dead holder undoes what its successor sent.
    static func aDeadHoldersOtherValuesAreSentOnceMore(_ bench: StateStoreBench) async throws {
        _ = try await takeOver(bench, isGone: true)
        try await bench.confirm(1...1, kind: .changed, generation: 2, run: 3)
        try await bench.confirm(2...3, kind: .changed, generation: 3, run: 4)
        #expect(try await open(bench) == [2, 3])
        _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(5), at: bench.start)
        #expect(try await dirty(bench) == [2, 3])
        try await bench.confirm(2...3, kind: .changed, generation: 3, run: 5)
        _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(6), at: bench.start)
        #expect(try await dirty(bench) == [])
    }

    static func lateWritesAreDirtyFromTheNextRunOn(_ bench: StateStoreBench) async throws {
        let plan = try await takeOver(bench, isGone: true)
        // It wakes up while its successor sends, whose confirmations come after the note.
        try await bench.store.noteLateWrites([2, 4], plan: plan.planID, run: bench.identifier(2))
        try await bench.store.noteLateWrites([2], plan: plan.planID, run: bench.identifier(2))
        try await bench.confirm(1...6, kind: .changed, generation: 3, run: 3)
        #expect(try await dirty(bench) == [])
        #expect(try await open(bench) == [1, 2, 3, 4])
        _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(4), at: bench.start)
        #expect(try await dirty(bench) == [1, 2, 3, 4])
        #expect(try await bench.remembered(4)?.values == bench.values(4, 3))
    }

    static func aRunWithItsLocksNotesNothing(_ bench: StateStoreBench) async throws {
        let plan = try await bench.plan(1, [bench.operation(1)])
        _ = try await bench.delivery(1, of: plan)
        try await bench.store.commit([bench.outcome(1)], openThrough: 1, plan: plan.planID, run: bench.identifier(1))
        try await bench.store.noteLateWrites([1], plan: plan.planID, run: bench.identifier(1))
        _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(2), at: bench.start)
        #expect(try await dirty(bench) == [])
    }
}
