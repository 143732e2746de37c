import SQLDatabases
import SyncCore
import TestKit
import Testing

@testable import StateStorage

/// A changed bit in a value is nothing that SQLite notices; here a statement changes one behind our back.
@Suite struct DamagedRowTests {
    private static let scenes: [(damage: String, meets: String)] = [
        ("UPDATE snapshot_users SET key_hash = zeroblob(16) WHERE id & 255 = 2", "index"),
        ("UPDATE snapshot_users SET fingerprint = zeroblob(16) WHERE id & 255 = 2", "index"),
        ("UPDATE snapshot_users SET flags = 3 WHERE id & 255 = 2", "index"),
        ("UPDATE snapshot_users SET id = id + 64 WHERE id & 255 = 2", "index"),
        ("UPDATE snapshot_users SET flags = 0 WHERE id & 255 = 2", "users"),
        ("UPDATE snapshot_values SET values_json = replace(values_json, '2', '3') WHERE id & 255 = 2", "users"),
        ("UPDATE snapshot_values SET user_uid = 'v2' WHERE id & 255 = 2", "users"),
        ("UPDATE snapshot_values SET primary_key = 'k3' WHERE id & 255 = 2", "users"),
    ]

    @Test(arguments: scenes.map(\.damage)) func aDamagedSnapshotIsNotReadAsIfItWereSound(damage: String) async throws {
        let scene = try #require(Self.scenes.first { $0.damage == damage })
        try await withScratchFolder { folder async throws in
            let bench = StateStoreBench(try SQLiteStateStore(path: folder + "/state.db"))
            try await bench.confirm(1...3, run: 1)
            #expect(try await bench.index().count == 3)
            try Self.change(folder, damage)
            let failure = await #expect(throws: StateFailure.self) {
                if scene.meets == "index" { _ = try await bench.index() } else { _ = try await bench.remembered(2) }
            }
            #expect(failure?.diagnostic.code == "state_damaged" && failure?.kind == .storage)
            #expect(try await bench.remembered(1)?.values == bench.values(1))
        }
    }

    @Test(arguments: [
        "user_uid = 'u3'", "body = replace(body, '9', '8')", "body = NULL", "id = id + 8",
    ]) func aDamagedOperationIsNotHandedOut(change: String) async throws {
        try await withScratchFolder { folder async throws in
            let bench = StateStoreBench(try SQLiteStateStore(path: folder + "/state.db"))
            let operations = (1...3).map { bench.operation($0, body: .clear(Array(#"{"points":9}"#.utf8))) }
            let plan = try await bench.plan(1, operations)
            _ = try await bench.delivery(1, of: plan)
            #expect(try await bench.store.operationsToSend(of: plan.planID, after: 0, limit: 9).count == 3)
            try Self.change(folder, "UPDATE operations_data SET \(change) WHERE id & 255 = 2")
            let failure = await #expect(throws: StateFailure.self) {
                _ = try await bench.store.operationsToSend(of: plan.planID, after: 0, limit: 9)
            }
            #expect(failure?.diagnostic.code == "state_damaged")
            #expect(failure?.diagnostic.message.contains(plan.planID.text) == true)
        }
    }

    @Test(arguments: [
        "snapshot_values = replace(snapshot_values, '2', '3')", "fingerprint = zeroblob(16)", "key_hash = zeroblob(16)",
        "user_uid = 'u9'", "kind = 'removed'",
    ]) func theSnapshotTakesNothingOverFromADamagedOperation(change: String) async throws {
        try await withScratchFolder { folder async throws in
            let bench = StateStoreBench(try SQLiteStateStore(path: folder + "/state.db"))
            let plan = try await bench.plan(1, (1...3).map { bench.operation($0) })
            let report = try await bench.delivery(1, of: plan)
            try await bench.store.commit(
                (1...3).map { bench.outcome($0) }, openThrough: 3, plan: plan.planID, run: bench.identifier(1))
            try Self.change(folder, "UPDATE operations_data SET \(change) WHERE id & 255 = 2")
            let failure = await #expect(throws: StateFailure.self) {
                _ = try await bench.store.finishDelivery(of: plan.planID, report: bench.ended(report))
            }
            #expect(failure?.diagnostic.code == "state_damaged")
            #expect(try await bench.index().isEmpty)
        }
    }

    /// Whose answer is in doubt, or whose run was killed: a wrong user would become dirty in the place of the right one.
    @Test(arguments: ["key_hash = zeroblob(16)", "primary_key = 'k9'"])
    func ofADamagedOperationNobodyBecomesDirty(change: String) async throws {
        try await withScratchFolder { folder async throws in
            let bench = StateStoreBench(try SQLiteStateStore(path: folder + "/state.db"))
            let plan = try await bench.plan(1, (1...3).map { bench.operation($0) })
            let run = bench.identifier(1) as RunID
            _ = try await bench.delivery(1, of: plan)
            try await bench.store.commit([], openThrough: 3, plan: plan.planID, run: run)
            try Self.change(folder, "UPDATE operations_data SET \(change) WHERE id & 255 = 2")
            let doubt = await #expect(throws: StateFailure.self) {
                try await bench.store.commit([bench.outcome(2, .unknown)], openThrough: 3, plan: plan.planID, run: run)
            }
            let window = await #expect(throws: StateFailure.self) {
                _ = try await bench.store.openWindow(of: try await bench.scope().id)
            }
            let kill = await #expect(throws: StateFailure.self) {
                _ = try await bench.store.recoverRuns(of: bench.sync, except: bench.identifier(2), at: bench.start)
            }
            #expect([doubt, window, kill].map { $0?.diagnostic.code } == Array(repeating: "state_damaged", count: 3))
            #expect(try await bench.index().isEmpty)
        }
    }

    /// Flags are changed for many rows at once, which must not make a damaged one look sound.
    @Test func aChangeOfFlagsKeepsNoDamage() async throws {
        try await withScratchFolder { folder async throws in
            let bench = StateStoreBench(try SQLiteStateStore(path: folder + "/state.db"))
            try await bench.confirm(1...3, run: 1)
            let plan = try await bench.plan(2, [bench.operation(2, kind: .changed, generation: 2)])
            _ = try await bench.delivery(2, of: plan)
            try Self.change(folder, "UPDATE snapshot_users SET fingerprint = zeroblob(16) WHERE id & 255 = 2")
            let failure = await #expect(throws: StateFailure.self) {
                try await bench.store.commit(
                    [bench.outcome(1, .unknown)], openThrough: 1, plan: plan.planID, run: bench.identifier(2))
            }
            #expect(failure?.diagnostic.code == "state_damaged")
        }
    }

    @Test func aDeletedBodyIsNoDamage() async throws {
        try await withScratchFolder { folder async throws in
            let bench = StateStoreBench(try SQLiteStateStore(path: folder + "/state.db"))
            let plan = try await bench.plan(1, (1...3).map { bench.operation($0, body: .sealed([1, 2, 3])) })
            let report = try await bench.delivery(1, of: plan)
            try await bench.store.commit(
                (1...3).map { bench.outcome($0) }, openThrough: 3, plan: plan.planID, run: bench.identifier(1))
            _ = try await bench.store.finishDelivery(of: plan.planID, report: bench.ended(report))
            #expect(try await bench.index().map(\.keyHash) == (1...3).map(bench.user))
        }
    }

    @Test func rowsOfAnOlderHeadracePassUntilTheyAreWrittenAnew() async throws {
        try await withScratchFolder { folder async throws in
            let bench = StateStoreBench(try SQLiteStateStore(path: folder + "/state.db"))
            try await bench.confirm(1...3, run: 1)
            try Self.change(
                folder, "UPDATE snapshot_users SET checksum = NULL; UPDATE snapshot_values SET checksum = NULL")
            #expect(try await bench.index().count == 3)
            #expect(try await bench.remembered(2)?.values == bench.values(2))
            try await bench.confirm(2...2, run: 2)
            #expect(try Self.text(folder, "SELECT count(checksum) FROM snapshot_users") == "1")
            #expect(try Self.text(folder, "SELECT count(checksum) FROM snapshot_values") == "1")
        }
    }

    /// Whatever way a row was written: with settlements, protection, dirtiness and removals.
    @Test(arguments: StateStoreSuite.checks.map(\.name)) func everyWrittenRowHasItsChecksum(name: String) async throws {
        try await withScratchFolder { folder async throws in
            let check = try #require(StateStoreSuite.checks.first { $0.name == name })
            try await check.check(StateStoreBench(try SQLiteStateStore(path: folder + "/state.db")))
            let connection = try SQLiteConnection(path: folder + "/state.db", mode: .readOnly)
            try connection.defineRowChecks()
            let unsound = try connection.prepare(
                """
                SELECT (SELECT count(*) FROM snapshot_users
                    WHERE checksum IS NOT row_checksum(id, key_hash, fingerprint, flags))
                + (SELECT count(*) FROM snapshot_values
                    WHERE checksum IS NOT row_checksum(id, user_uid, primary_key, values_json))
                + (SELECT count(*) FROM operations_data WHERE checksum >> 32 & 4294967295
                    IS NOT row_checksum(id, key_hash, user_uid, primary_key, kind, fingerprint, snapshot_values))
                """)
            #expect(try unsound.step() && unsound.integer(at: 0) == 0)
        }
    }

    private static func change(_ folder: String, _ sql: String) throws {
        try SQLiteConnection(path: folder + "/state.db", mode: .readWrite).execute(sql)
    }

    private static func text(_ folder: String, _ sql: String) throws -> String? {
        let statement = try SQLiteConnection(path: folder + "/state.db", mode: .readOnly).prepare(sql)
        return try statement.step() ? statement.text(at: 0) : nil
    }
}
