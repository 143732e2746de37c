import Foundation
import SQLDatabases
import SyncCore
import TestKit
import Testing

@testable import StateStorage

/// An older state is copied before it is changed.
@Suite struct MigrationTests {
    /// A state as the first migrations leave it, with a sync in it.
    private func makeState(_ folder: String, schema: Int) throws -> String {
        let path = folder + "/state.db"
        let connection = try SQLiteConnection(path: path, mode: .create)
        for step in SQLiteStateSchema.migrations.prefix(schema) { try connection.execute(step) }
        try connection.execute(
            """
            PRAGMA user_version = \(schema); PRAGMA application_id = \(SQLiteStateSchema.applicationID);
            INSERT INTO syncs (name, had_rows) VALUES ('loyalty', 1)
            """)
        return path
    }

    private func text(_ path: String, _ sql: String) throws -> String? {
        let statement = try SQLiteConnection(path: path, mode: .readOnly).prepare(sql)
        return try statement.step() ? statement.text(at: 0) : nil
    }

    @Test(arguments: 1..<SQLiteStateSchema.version) func anOlderStateIsCopiedAndBroughtUpToDate(schema: Int)
        async throws
    {
        try await withScratchFolder { folder async throws in
            let path = try makeState(folder, schema: schema)
            let store = try SQLiteStateStore(path: path)
            #expect(try text(path, "PRAGMA user_version") == "\(SQLiteStateSchema.version)")
            let copy = "\(path).before-schema-\(SQLiteStateSchema.version)"
            #expect(StateBackup.all(of: path).map(\.beforeSchema) == [SQLiteStateSchema.version])
            #expect(try text(copy, "PRAGMA user_version") == "\(schema)")
            #expect(try text(copy, "SELECT name FROM syncs") == "loyalty")
            #expect(try text(copy, "PRAGMA integrity_check") == "ok")
            let permissions = try FileManager.default.attributesOfItem(atPath: copy)[.posixPermissions] as? Int
            #expect(permissions == 0o600)
            let others = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.contains(".part") }
            #expect(others.isEmpty)
            try await StateStoreBench(store).confirm(1...3, run: 1)
            _ = try SQLiteStateStore(path: path)
            #expect(StateBackup.all(of: path).count == 1)
        }
    }

    @Test func aNewStateHasNoBackup() async throws {
        try await withScratchFolder { folder async throws in
            _ = try SQLiteStateStore(path: folder + "/state.db")
            #expect(StateBackup.all(of: folder + "/state.db").isEmpty)
        }
    }

    @Test func theTwoNewestStay() async throws {
        try await withScratchFolder { folder async throws in
            let path = try makeState(folder, schema: 3)
            for version in [1, 2, 3] {
                try "old".write(toFile: "\(path).before-schema-\(version)", atomically: true, encoding: .utf8)
            }
            _ = try SQLiteStateStore(path: path)
            #expect(StateBackup.all(of: path).map(\.beforeSchema) == [SQLiteStateSchema.version, 3])
        }
    }

    /// They hold what the state held in clear before its values became personal.
    @Test func theCopiesGoWhenMoreBecomesPersonal() async throws {
        try await withScratchFolder { folder async throws in
            let path = try makeState(folder, schema: 3)
            let store = try SQLiteStateStore(path: path)
            try await store.protect(["points"], of: "a sync that never ran")
            try await store.protect([], of: "loyalty")
            #expect(StateBackup.all(of: path).count == 1)
            for suffix in ["9.part", "9.part-journal", "3.gz", "x"] {
                try "old".write(toFile: "\(path).before-schema-\(suffix)", atomically: true, encoding: .utf8)
            }
            try await store.protect(["points"], of: "loyalty")
            #expect(StateBackup.all(of: path) == [])
            // What a killed process left goes too; what others put there is theirs.
            let left = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.contains("before") }
            #expect(Set(left) == ["state.db.before-schema-3.gz", "state.db.before-schema-x"])
        }
    }

    @Test func aMigrationThatFailsLeavesTheStateAsItWas() async throws {
        try await withScratchFolder { folder async throws in
            let path = try makeState(folder, schema: 3)
            try SQLiteConnection(path: path, mode: .readWrite).execute("CREATE TABLE cursors_data (in_the_way)")
            let before = FileManager.default.contents(atPath: path)
            let failure = #expect(throws: StateFailure.self) { try SQLiteStateStore(path: path) }
            #expect(failure?.diagnostic.code == "state_inconsistent")
            #expect(try text(path, "PRAGMA user_version") == "3")
            #expect(FileManager.default.contents(atPath: path) == before)
            #expect(StateBackup.all(of: path).count == 1)
        }
    }

    /// Nothing in the way of the copy is overwritten, and nothing is changed without it.
    @Test func withoutItsCopyNothingIsChanged() async throws {
        try await withScratchFolder { folder async throws in
            let path = try makeState(folder, schema: 3)
            try FileManager.default.createDirectory(
                atPath: "\(path).before-schema-\(SQLiteStateSchema.version)/full", withIntermediateDirectories: true)
            let failure = #expect(throws: StateFailure.self) { try SQLiteStateStore(path: path) }
            #expect(failure?.kind == .storage && failure?.diagnostic.code == "state_backup_failed")
            #expect(failure?.diagnostic.message.contains("nothing was changed") == true)
            #expect(try text(path, "PRAGMA user_version") == "3")
            #expect(try text(path, "SELECT name FROM syncs") == "loyalty")
        }
    }

    @Test func aCopyIsMadeWhileAnotherProcessReads() async throws {
        try await withScratchFolder { folder async throws in
            let path = try makeState(folder, schema: 4)
            let reader = try SQLiteConnection(path: path, mode: .readOnly)
            let rows = try reader.prepare("SELECT name FROM syncs")
            #expect(try rows.step())
            let failure = #expect(throws: StateFailure.self) { try SQLiteStateStore(path: path, pause: { _ in }) }
            #expect(failure?.kind == .busy || failure == nil)
            rows.reset()
            _ = try SQLiteStateStore(path: path)
            #expect(try text(path, "SELECT name FROM syncs") == "loyalty")
        }
    }
}
