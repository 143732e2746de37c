internal import SyncCore
internal import Testing

extension StateStoreSuite {
    /// The note lost the name to what became personal, and the snapshot the user to the removal.
    static func aRemovalNamesTheUserOfItsNoteAgain(_ bench: StateStoreBench) async throws {
        _ = try await takeOver(bench, isGone: true)
        try await bench.store.protect(["points"], of: bench.sync)
        let plan = try await bench.plan(3, [bench.operation(1, kind: .removed)])
        let report = try await bench.delivery(3, of: plan)
        try await bench.store.commit(
            [bench.outcome(1)], openThrough: 1, plan: plan.planID, run: bench.identifier(3))
        _ = try await bench.store.finishDelivery(of: plan.planID, report: bench.ended(report))
        #expect(try await bench.remembered(1) == nil)
        _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(4), at: bench.start)
        #expect(try await dirty(bench).contains(1))
        #expect(try await bench.remembered(1)?.userUID == .clear("u1"))
    }

    /// Its user is gone from the model, say, and from the snapshot by a reset.
    static func aNoteGoesAfterADay(_ bench: StateStoreBench) async throws {
        _ = try await takeOver(bench, isGone: true)
        let day: Int64 = 24 * 3600 * 1_000_000
        for (run, age, isThere) in [(3, 0, true), (4, day, true), (5, day + 1, false)] {
            let now = WallTime(microseconds: bench.start.microseconds + age)
            _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(run), at: now)
            #expect(try await open(bench) == (isThere ? [1, 2, 3] : []), "run \(run)")
        }
        // Whoever is dirty stays so.
        #expect(try await dirty(bench) == [1, 2, 3])
    }
}
