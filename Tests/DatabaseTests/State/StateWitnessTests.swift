import Foundation
import Glibc
import SQLDatabases
import SyncCore
import Synchronization
import TestKit
import Testing

@testable import StateStorage

/// What the witness makes of states at every place where a process may die.
@Suite struct StateWitnessTests {
    private struct Place {
        var folder: String
        var path: String { folder + "/state.db" }

        func open() throws -> SQLiteStateStore {
            try SQLiteStateStore(path: path, witness: StateWitness(folder: folder + "/witness", warn: { _ in }))
        }

        func copy(to name: String) throws {
            try Data(contentsOf: URL(filePath: path)).write(to: URL(filePath: "\(folder)/\(name)"))
        }
        func putBack(_ name: String) throws {
            try Data(contentsOf: URL(filePath: "\(folder)/\(name)")).write(to: URL(filePath: path))
        }
    }

    private func atAPlace(_ body: (Place) async throws -> Void) async throws {
        try await withScratchFolder { folder async throws in try await body(Place(folder: folder)) }
    }

    private let now = WallTime(microseconds: 1_763_895_700_000_000)

    @Test func aStateThatIsAheadOfItsWitnessIsNoDoubt() async throws {
        try await atAPlace { place in
            let bench = StateStoreBench(try place.open())
            #expect(try await bench.store.examineWitness(at: now) == .living)
            try await bench.confirm(1...3, run: 1)
            // As after a kill between the transaction and the witness.
            let blind = StateStoreBench(try SQLiteStateStore(path: place.path))
            try await blind.confirm(4...5, run: 2)
            #expect(try await place.open().examineWitness(at: now) == .living)
            #expect(try await bench.index().allSatisfy { !$0.isDirty })
        }
    }

    @Test func everyStepOfADeliveryMakesEarlierCopiesOld() async throws {
        try await atAPlace { place in
            let bench = StateStoreBench(try place.open())
            _ = try await bench.store.examineWitness(at: now)
            try await bench.confirm(1...3, run: 1)
            let plan = try await bench.plan(2, (1...3).map { bench.operation($0, kind: .changed, generation: 2) })
            try place.copy(to: "planned")
            let report = try await bench.delivery(2, of: plan)
            try place.copy(to: "begun")
            try await bench.store.commit([], openThrough: 2, plan: plan.planID, run: bench.identifier(2))
            try place.copy(to: "opened")
            try await bench.store.commit(
                [bench.outcome(1)], openThrough: 3, plan: plan.planID, run: bench.identifier(2))
            try place.copy(to: "confirmed")
            #expect(try await place.open().witnessVerdict() == .living)
            _ = try await bench.store.finishDelivery(of: plan.planID, report: bench.ended(report))
            try place.copy(to: "finished")
            for name in ["planned", "begun", "opened", "confirmed"] {
                try place.putBack(name)
                #expect(try await place.open().examineWitness(at: now) == .restored, "\(name)")
                let marked = StateStoreBench(try place.open())
                _ = try await marked.store.recoverRuns(of: bench.sync, except: bench.identifier(9), at: now)
                let index = try await marked.index()
                #expect(index.count == 3 && index.allSatisfy(\.isDirty), "\(name)")
                #expect(try await marked.scope().restoredAt == now)
            }
            try place.putBack("finished")
            #expect(try await place.open().examineWitness(at: now) == .living)
        }
    }

    /// Of whom only a plan knows that the copy was delivering: they may have been sent since, and must be taken back if
    /// they have left.
    @Test func whoeverAnUnfinishedPlanNamesIsDirty() async throws {
        try await atAPlace { place in
            let bench = StateStoreBench(try place.open())
            _ = try await bench.store.examineWitness(at: now)
            let plan = try await bench.plan(1, (1...5).map { bench.operation($0) })
            let report = try await bench.delivery(1, of: plan)
            try await bench.store.commit(
                [bench.outcome(1)], openThrough: 2, plan: plan.planID, run: bench.identifier(1))
            try place.copy(to: "copy")
            _ = try await bench.store.finishDelivery(of: plan.planID, report: bench.ended(report))
            try place.putBack("copy")
            let restored = StateStoreBench(try place.open())
            #expect(try await restored.store.examineWitness(at: now) == .restored)
            _ = try await restored.store.recoverRuns(of: bench.sync, except: bench.identifier(9), at: now)
            let index = try await restored.index()
            #expect(index.map(\.keyHash) == (1...5).map(bench.user) && index.allSatisfy(\.isDirty))
            #expect(index.map(\.isConfirmed) == [true, false, false, false, false])
        }
    }

    /// It was confirmed since, so that what was rejected once with the same values says nothing; and a plan of the copy's
    /// time would send what is older than what was sent.
    @Test func anOldCopyWithholdsNobodyAndItsPlansAreOver() async throws {
        try await atAPlace { place in
            let bench = StateStoreBench(try place.open())
            _ = try await bench.store.examineWitness(at: now)
            try await bench.confirm(1...2, run: 1)
            let rejected = try await bench.plan(2, [bench.operation(3)])
            let report = try await bench.delivery(2, of: rejected)
            try await bench.store.commit(
                [bench.outcome(1, .rejected)], openThrough: 1, plan: rejected.planID, run: bench.identifier(2))
            _ = try await bench.store.finishDelivery(of: rejected.planID, report: bench.ended(report))
            let waiting = try await bench.plan(3, [bench.operation(1, kind: .changed, generation: 2)])
            try place.copy(to: "copy")
            try await bench.confirm(3...4, run: 4)
            try place.putBack("copy")
            let restored = StateStoreBench(try place.open())
            #expect(try await restored.store.examineWitness(at: now) == .restored)
            #expect(try await restored.store.plan(matching: waiting.planID.text)?.status == .superseded)
            // One made after the finding stays.
            let again = try await restored.plan(5, [restored.operation(3)])
            #expect(try await restored.store.examineWitness(at: now) == .restored)
            let withheld = try await restored.store.beginDelivery(
                of: again.planID, run: restored.identifier(5), quarantineAfterRuns: 1)
            #expect(withheld.total == 0)
        }
    }

    @Test func aCopyFromBeforeARetryIsOld() async throws {
        try await atAPlace { place in
            let bench = StateStoreBench(try place.open())
            _ = try await bench.store.examineWitness(at: now)
            let plan = try await bench.plan(1, (1...2).map { bench.operation($0) })
            let report = try await bench.delivery(1, of: plan)
            try await bench.store.commit(
                [bench.outcome(1), bench.outcome(2, .rejected)], openThrough: 2, plan: plan.planID,
                run: bench.identifier(1))
            _ = try await bench.store.finishDelivery(of: plan.planID, report: bench.ended(report))
            try place.copy(to: "rejected")
            #expect(try await bench.store.release([], of: bench.sync) == WithheldCounts())
            #expect(try await bench.store.release(nil, of: "another") == WithheldCounts())
            #expect(try await bench.store.release(nil, of: bench.sync) == WithheldCounts(ageing: 1))
            #expect(try await place.open().witnessVerdict() == .living)
            try place.putBack("rejected")
            #expect(try await place.open().witnessVerdict() == .restored)
        }
    }

    /// To put back the latest copy is the way out of an old one.
    @Test func anOldCopyThatOnlyClosesARunLeavesTheWitness() async throws {
        try await atAPlace { place in
            let bench = StateStoreBench(try place.open())
            _ = try await bench.store.examineWitness(at: now)
            let plan = try await bench.plan(1, (1...3).map { bench.operation($0) })
            let report = try await bench.delivery(1, of: plan)
            try place.copy(to: "begun")
            try await bench.store.commit(
                [bench.outcome(1)], openThrough: 3, plan: plan.planID, run: bench.identifier(1))
            _ = try await bench.store.finishDelivery(of: plan.planID, report: bench.ended(report))
            try place.copy(to: "latest")
            try place.putBack("begun")
            let old = try place.open()
            #expect(try await old.examineWitness(at: now) == .restored)
            for run in 7...9 { _ = try await old.recoverRuns(of: bench.sync, except: bench.identifier(run), at: now) }
            try place.putBack("latest")
            #expect(try await place.open().examineWitness(at: now) == .living)
        }
    }

    @Test func anEqualEpochOfAnotherHistoryIsDoubt() async throws {
        try await atAPlace { place in
            let bench = StateStoreBench(try place.open())
            _ = try await bench.store.examineWitness(at: now)
            try await bench.confirm(1...2, run: 1)
            try place.copy(to: "copy")
            try await bench.confirm(1...2, run: 2)
            try place.putBack("copy")
            try await StateStoreBench(try SQLiteStateStore(path: place.path)).confirm(1...2, run: 3)
            #expect(try await place.open().examineWitness(at: now) == .restored)
        }
    }

    @Test func theMarkEndsWithAWholePlanThatWasMadeSince() async throws {
        try await atAPlace { place in
            let first = StateStoreBench(try place.open())
            _ = try await first.store.examineWitness(at: now)
            try await first.confirm(1...2, run: 1)
            try place.copy(to: "copy")
            try await first.confirm(1...2, run: 2)
            try place.putBack("copy")
            let bench = StateStoreBench(try place.open())
            let before = WallTime(microseconds: bench.start.microseconds - 1)
            let after = WallTime(microseconds: bench.start.microseconds + 1)
            #expect(try await bench.store.examineWitness(at: after) == .restored)
            try await bench.confirm(1...1, run: 3)
            #expect(try await bench.scope().restoredAt == after, "the plan was made before")
            #expect(try await bench.store.examineWitness(at: now) == .living, "its delivery went past the witness")
            try place.putBack("copy")
            let again = StateStoreBench(try place.open())
            #expect(try await again.store.examineWitness(at: before) == .restored)
            try await again.confirm(1...1, run: 4)
            #expect(try await again.scope().restoredAt == nil)
            #expect(try await again.remembered(2)?.entry.isDirty == true)
        }
    }

    @Test func everySnapshotIsMarkedAndEachWaitsForItsOwn() async throws {
        try await atAPlace { place in
            let bench = StateStoreBench(try place.open())
            _ = try await bench.store.examineWitness(at: now)
            try await bench.confirm(1...2, run: 1)
            let elsewhere = DestinationIdentity(projectUID: "p2", edgeHost: "edge.example.com", isLoopback: false)
            _ = try await bench.store.scope(sync: "another", identity: elsewhere)
            try place.copy(to: "copy")
            try await bench.confirm(1...2, run: 2)
            try place.putBack("copy")
            let restored = try place.open()
            _ = try await restored.examineWitness(at: now)
            #expect(try await restored.scope(sync: bench.sync, identity: bench.identity).restoredAt == now)
            #expect(
                try await restored.scope(sync: "another", identity: elsewhere).restoredAt == nil,
                "a snapshot of nobody has nothing to doubt")
        }
    }

    @Test func aLaterEpochOfAnotherProcessStays() async throws {
        try await withScratchFolder { folder async throws in
            let witness = StateWitness(folder: folder, warn: { _ in })
            let later = StateEpoch(number: 9)
            witness.record(later, of: "a", durably: true)
            witness.record(StateEpoch(number: 8), of: "a", durably: false)
            #expect(witness.epoch(of: "a") == later)
            let latest = StateEpoch(number: 1_234_567_890_123)
            witness.record(latest, of: "a", durably: false)
            #expect(witness.epoch(of: "a") == latest)
        }
    }

    @Test(arguments: ["", "57", "57 0f3a", "0 0f3a55c2d1e09b47", "-1 0f3a55c2d1e09b47", "57 0f3a55c2d1e09b4g", "x y"])
    func whatIsNoEpochIsSaidOnce(text: String) async throws {
        try await withScratchFolder { folder async throws in
            let said = Mutex<[Diagnostic]>([])
            let witness = StateWitness(folder: folder) { finding in said.withLock { $0.append(finding) } }
            try text.write(toFile: folder + "/a", atomically: true, encoding: .utf8)
            for _ in 1...3 { #expect(witness.epoch(of: "a") == nil) }
            #expect(said.withLock { $0.map(\.code) } == ["witness_unusable"])
        }
    }

    /// By a process that was stopped just then: it may stay so for ever.
    @Test func aLockedWitnessIsSaidAndStopsNobody() async throws {
        try await withScratchFolder { folder async throws in
            let said = Mutex<[Diagnostic]>([])
            let witness = StateWitness(folder: folder) { finding in said.withLock { $0.append(finding) } }
            witness.record(StateEpoch(number: 8), of: "a", durably: true)
            let descriptor = open(folder + "/a", O_RDWR)
            defer { close(descriptor) }
            #expect(flock(descriptor, LOCK_EX) == 0)
            #expect(witness.epoch(of: "a") == nil)
            #expect(said.withLock { $0.map(\.code) } == ["witness_unusable"])
            let later = StateEpoch(number: 9)
            witness.record(later, of: "a", durably: false)
            #expect(witness.epoch(of: "a") == later)
        }
    }
}
