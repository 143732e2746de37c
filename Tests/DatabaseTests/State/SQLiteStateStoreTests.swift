import Foundation
import SQLDatabases
import SyncCore
import Synchronization
import TestKit
import Testing

@testable import StateStorage

@Suite struct SQLiteStateStoreTests {
    @Test(arguments: StateStoreSuite.checks.map(\.name)) func conforms(name: String) async throws {
        try await withScratchFolder { folder async throws in
            let check = try #require(StateStoreSuite.checks.first { $0.name == name })
            try await check.check(StateStoreBench(try SQLiteStateStore(path: folder + "/state.db")))
        }
    }

    @Test(arguments: StateInspectionSuite.checks.map(\.name)) func isLookedUpIn(name: String) async throws {
        try await withScratchFolder { folder async throws in
            let check = try #require(StateInspectionSuite.checks.first { $0.name == name })
            try await check.check(try SQLiteStateStore(path: folder + "/state.db"))
        }
    }

    @Test(arguments: StateUpkeepSuite.checks.map(\.name)) func isKeptUp(name: String) async throws {
        try await withScratchFolder { folder async throws in
            let check = try #require(StateUpkeepSuite.checks.first { $0.name == name })
            try await check.check(try SQLiteStateStore(path: folder + "/state.db"))
        }
    }

    @Test func makesFolderAndFileForTheOwnerOnly() async throws {
        try await withScratchFolder { folder async throws in
            let path = folder + "/.headrace/state.db"
            _ = try SQLiteStateStore(path: path)
            func permissions(_ path: String) throws -> Int? {
                try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            }
            #expect(try permissions(path) == 0o600)
            #expect(try permissions(folder + "/.headrace") == 0o700)
        }
    }

    @Test func readingOpensNothingWhereThereIsNoState() async throws {
        try await withScratchFolder { folder async throws in
            #expect(try SQLiteStateStore.openForReading(path: folder + "/a/state.db") == nil)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        }
    }

    @Test func aReaderSeesWhatIsThereAndWritesNothing() async throws {
        try await withScratchFolder { folder async throws in
            let path = folder + "/state.db"
            try await StateStoreBench(try SQLiteStateStore(path: path)).confirm(1...3, run: 1)
            let reader = StateStoreBench(try #require(try SQLiteStateStore.openForReading(path: path)))
            #expect(try await reader.index().count == 3)
            await #expect(throws: StateFailure.self) { try await reader.store.setKeyCheck([1]) }
        }
    }

    @Test func truncatesItsJournalAlsoWhenReopened() async throws {
        try await withScratchFolder { folder async throws in
            let path = folder + "/state.db"
            let isSound = SQLiteStateMigrator.isWriteAheadLogSound(version: SQLiteConnection.libraryVersion)
            let journal = path + (isSound ? "-wal" : "-journal")
            _ = try SQLiteStateStore(path: path)
            let store = try SQLiteStateStore(path: path)
            try await store.setKeyCheck([1])
            let attributes = try FileManager.default.attributesOfItem(atPath: journal)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            #expect(isSound || attributes[.size] as? Int == 0)
        }
    }

    @Test func twoProcessesShareOneState() async throws {
        try await withScratchFolder { folder async throws in
            let path = folder + "/state.db"
            let (first, second) = (try SQLiteStateStore(path: path), try SQLiteStateStore(path: path))
            try await StateStoreBench(first).confirm(1...3, run: 1)
            try await StateStoreBench(second).confirm(2...5, run: 2)
            #expect(try await StateStoreBench(first).index().count == 5)
            #expect(try await first.runs(sync: nil, limit: 9).count == 2)
        }
    }

    @Test func saysThatADamagedStateIsDamaged() async throws {
        try await withScratchFolder { folder async throws in
            let path = folder + "/state.db"
            try await StateStoreBench(try SQLiteStateStore(path: path)).confirm(1...2000, run: 1)
            let file = try FileHandle(forUpdating: URL(filePath: path))
            // Behind the schema: every page of users and values.
            let pages = try file.seekToEnd() / 4096
            try file.seek(toOffset: 24 * 4096)
            file.write(Data(repeating: 0xFF, count: Int(pages - 24) * 4096))
            try file.close()
            let failure = await #expect(throws: StateFailure.self) {
                _ = try await StateStoreBench(try SQLiteStateStore(path: path)).index(pageSize: 5000)
            }
            #expect(failure?.kind == .storage && failure?.diagnostic.code == "state_damaged")
        }
    }

    @Test func refusesANewerSchema() async throws {
        try await withScratchFolder { folder async throws in
            let path = folder + "/state.db"
            _ = try SQLiteStateStore(path: path)
            try SQLiteConnection(path: path, mode: .readWrite).execute("PRAGMA user_version = 99")
            let failure = #expect(throws: StateFailure.self) { try SQLiteStateStore(path: path) }
            #expect(failure?.kind == .unusable && failure?.diagnostic.code == "state_newer")
        }
    }

    @Test(arguments: [false, true]) func refusesAFileThatIsNotOurs(isDatabase: Bool) async throws {
        try await withScratchFolder { folder async throws in
            let path = folder + "/state.db"
            if isDatabase {
                try SQLiteConnection(path: path, mode: .create).execute("CREATE TABLE t (a)")
            } else {
                try String(repeating: "not a database. ", count: 200).write(
                    toFile: path, atomically: true, encoding: .utf8)
            }
            let failure = #expect(throws: StateFailure.self) { try SQLiteStateStore(path: path) }
            #expect(failure?.kind == .unusable && failure?.diagnostic.code == "state_not_ours")
        }
    }

    @Test func saysWhatFolderCannotBeMade() async throws {
        try await withScratchFolder { folder async throws in
            try "".write(toFile: folder + "/file", atomically: true, encoding: .utf8)
            let failure = #expect(throws: StateFailure.self) { try SQLiteStateStore(path: folder + "/file/state.db") }
            #expect(failure?.kind == .storage)
        }
    }

    @Test func waitsForAnotherWriterAndGivesUpAfterThirtySeconds() async throws {
        try await withScratchFolder { folder async throws in
            let path = folder + "/state.db"
            let waited = Waits()
            let store = try SQLiteStateStore(path: path, pause: { waited.add($0) })
            let other = try SQLiteConnection(path: path, mode: .readWrite)
            try other.execute("BEGIN IMMEDIATE")
            let failure = await #expect(throws: StateFailure.self) { try await store.setKeyCheck([1]) }
            #expect(failure?.kind == .busy)
            #expect(waited.total >= .seconds(30) && waited.total < .seconds(31))
            try other.execute("ROLLBACK")
            try await store.setKeyCheck([1])
            #expect(try await store.keyCheck() == [1])
        }
    }

    @Test func survivesAWriterThatWasKilledInItsTransaction() async throws {
        try await withScratchFolder { folder async throws in
            let path = folder + "/state.db"
            try await StateStoreBench(try SQLiteStateStore(path: path)).confirm(1...3, run: 1)
            var killed: SQLiteConnection? = try SQLiteConnection(path: path, mode: .readWrite)
            try killed?.execute("PRAGMA cache_spill = 1; BEGIN IMMEDIATE; DELETE FROM snapshot_users")
            killed = nil
            #expect(try await StateStoreBench(try SQLiteStateStore(path: path)).index().count == 3)
        }
    }

    @Test func theSnapshotMovesForManyAtOnceAndBeforeTheDeliveryEnds() async throws {
        try await withScratchFolder { folder async throws in
            let bench = StateStoreBench(try SQLiteStateStore(path: folder + "/state.db"))
            let many = Int(OutcomeWriter.fewestToMove)
            let plan = try await bench.plan(1, (1...many + 1).map { bench.operation($0) })
            _ = try await bench.delivery(1, of: plan)
            func commit(_ sequences: ClosedRange<Int>) async throws {
                try await bench.store.commit(
                    sequences.map { bench.outcome($0) }, openThrough: many + 1, plan: plan.planID,
                    run: bench.identifier(1))
            }
            try await commit(1...many - 1)
            #expect(try await bench.index(pageSize: 1000).isEmpty)
            #expect(try await bench.store.openWindow(of: try await bench.scope().id).count == many + 1)
            try await commit(many...many)
            #expect(try await bench.index(pageSize: 1000).count == many)
            #expect(try await bench.store.openWindow(of: try await bench.scope().id) == [bench.user(many + 1)])
        }
    }

    @Test func viewsReadAsPlainSQL() async throws {
        try await withScratchFolder { folder async throws in
            let path = folder + "/state.db"
            try await StateStoreBench(try SQLiteStateStore(path: path)).confirm(1...2, run: 1)
            let client = try SQLiteConnection(path: path, mode: .readOnly)
            func text(_ sql: String) throws -> String? {
                let statement = try client.prepare(sql)
                return try statement.step() ? statement.text(at: 0) : nil
            }
            #expect(try text("SELECT started_at FROM runs") == "2025-11-23T11:00:00.123Z")
            #expect(
                try text("SELECT user_uid || outcome || body FROM operations ORDER BY sequence DESC")
                    == #"u2confirmed{"points":2,"generation":1}"#)
            #expect(
                try text("SELECT json_extract(attributes, '$.points') || is_dirty FROM snapshot ORDER BY user_uid")
                    == "10")
            for view in ["attempts", "invalid_rows", "quarantine", "alerts"] {
                #expect(try text("SELECT count(*) FROM \(view)") == "0")
            }
        }
    }

    @Test(arguments: [
        (3_040_001, false), (3_044_005, false), (3_044_006, true), (3_045_000, false), (3_050_006, false),
        (3_050_007, true), (3_051_002, false), (3_051_003, true), (3_052_000, true),
    ])
    func usesTheWriteAheadLogOnlyWhereItIsSound(version: Int, isSound: Bool) {
        #expect(SQLiteStateMigrator.isWriteAheadLogSound(version: version) == isSound)
    }
}

/// The pauses that a store asked for.
private final class Waits: Sendable {
    private let sum = Mutex(Duration.zero)
    func add(_ wait: Duration) { sum.withLock { $0 += wait } }
    var total: Duration { sum.withLock { $0 } }
}
