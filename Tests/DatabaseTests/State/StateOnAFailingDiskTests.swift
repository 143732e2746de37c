import CSQLite
import Foundation
import SQLDatabases
import SyncCore
import TestKit
import Testing

@testable import StateStorage

/// A delivery with a fault of the disk at every single call. Afterwards, on a sound disk, what the store said was
/// committed is there, what it refused is there as a whole or not at all, whoever was in an open window is dirty, and
/// the file opens clean.
@Suite struct StateOnAFailingDiskTests {
    struct Trouble: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var calls: Set<FailingDisk.Call>
        var effect: FailingDisk.Effect
        var isLasting = false
        var endsAll: Bool { if case .powerCut = effect { true } else { isLasting } }
    }

    /// SQLITE_IOERR_READ, _WRITE, _FSYNC and _TRUNCATE, macros that the importer does not carry over.
    private static func ioError(_ number: Int32) -> Int32 { SQLITE_IOERR | number << 8 }

    static let troubles = [
        Trouble(testDescription: "a write fails", calls: [.write], effect: .error(ioError(3))),
        Trouble(
            testDescription: "writes fail from now on", calls: [.write], effect: .error(ioError(3)), isLasting: true),
        Trouble(testDescription: "the disk is full", calls: [.write], effect: .error(SQLITE_FULL), isLasting: true),
        Trouble(testDescription: "the disk is full once", calls: [.write], effect: .error(SQLITE_FULL)),
        Trouble(testDescription: "half is written", calls: [.write], effect: .half(ioError(3))),
        Trouble(testDescription: "a sync fails", calls: [.sync], effect: .error(ioError(4))),
        Trouble(testDescription: "syncs fail from now on", calls: [.sync], effect: .error(ioError(4)), isLasting: true),
        Trouble(testDescription: "a truncation fails", calls: [.truncate], effect: .error(ioError(6))),
        Trouble(testDescription: "a read fails", calls: [.read], effect: .error(ioError(1))),
        Trouble(
            testDescription: "the power fails and nothing of the unsynced is there", calls: [.write, .sync, .truncate],
            effect: .powerCut(kept: 0)),
        Trouble(
            testDescription: "the power fails and some of the unsynced is there", calls: [.write, .sync, .truncate],
            effect: .powerCut(kept: 0.5)),
        Trouble(
            testDescription: "the power fails and all of the unsynced is there", calls: [.write, .sync, .truncate],
            effect: .powerCut(kept: 1)),
    ]

    @Test(arguments: troubles) func keepsWhatItPromised(trouble: Trouble) async throws {
        try await Self.expectKept(trouble, closes: false)
    }

    /// The failed run is closed by the very store that failed, as the engine tries to. Without power none can be.
    @Test(arguments: troubles.filter { !$0.endsAll })
    func keepsItAlsoWhenTheFailedRunIsClosedAtOnce(trouble: Trouble) async throws {
        try await Self.expectKept(trouble, closes: true)
    }

    /// With the fault at every call, one round each.
    private static func expectKept(_ trouble: Trouble, closes: Bool) async throws {
        try await withScratchFolder { folder async throws in
            let (before, path) = (folder + "/before.db", folder + "/state.db")
            try await DeliveryOnDisk.prepare(before)
            let disk = FailingDisk()
            var time = 0
            while true {
                time += 1
                for suffix in ["", "-journal"] {
                    try? FileManager.default.removeItem(atPath: path + suffix)
                }
                try FileManager.default.copyItem(atPath: before, toPath: path)
                let fault = FailingDisk.Fault(
                    calls: trouble.calls, time: time, effect: trouble.effect, isLasting: trouble.isLasting)
                let promises = try await Self.deliver(path, on: disk, fault: fault, closes: closes)
                let hasFired = disk.hasFired
                try disk.restore(seed: UInt64(time))
                try await Self.expectKept(promises, path, on: disk, "\(trouble.testDescription), call \(time)")
                // The last round met no fault.
                guard hasFired else { break }
                #expect(promises.failure?.kind == .storage || promises.failure == nil, "call \(time)")
            }
            #expect(time > 8, "only \(time - 1) calls could fail")
        }
    }

    /// In a function of its own: the store is closed when it returns.
    private static func deliver(
        _ path: String, on disk: FailingDisk, fault: FailingDisk.Fault, closes: Bool
    ) async throws -> DeliveryOnDisk.Promises {
        let store = try SQLiteStateStore(path: path, vfs: disk.name)
        disk.arm(fault)
        return await DeliveryOnDisk.deliver(on: store, closes: closes)
    }

    private static func expectKept(
        _ promises: DeliveryOnDisk.Promises, _ path: String, on disk: FailingDisk, _ note: String
    ) async throws {
        disk.arm(nil)
        let store = try SQLiteStateStore(path: path, vfs: disk.name)
        let bench = StateStoreBench(store)
        _ = try await store.recoverRuns(of: bench.sync, except: bench.identifier(9), at: bench.start)
        let held = try await DeliveryOnDisk.held(in: store)
        let allowed = DeliveryOnDisk.allowed(by: promises, bench)
        #expect(allowed.contains(held), "\(note): \(promises), held \(held)")
        let run = try await store.run(matching: bench.identifier(DeliveryOnDisk.run).text)
        #expect(run != nil || !promises.isPlanned, "\(note)")
        #expect(
            run.map { $0.status.isFinal && $0.operations.isBalanced } ?? true, "\(note): \(String(describing: run))")
        let plan = try await store.plan(matching: bench.identifier(DeliveryOnDisk.run).text)
        #expect(plan != nil || !promises.isPlanned, "\(note)")
        #expect(plan?.status == .finished || !promises.isFinished, "\(note)")
        let client = try SQLiteConnection(path: path, mode: .readOnly)
        let check = try client.prepare("PRAGMA integrity_check")
        #expect(try check.step() && check.text(at: 0) == "ok", "\(note)")
    }
}
