internal import Foundation
internal import Glibc
internal import SQLDatabases
internal import SyncCore

/// A copy of the state that was made before a newer Headrace changed its schema.
package struct StateBackup: Sendable, Equatable {
    package var path: String
    /// The schema that the state was then brought to; the copy has the one before.
    package var beforeSchema: Int
    package var sizeInBytes: Int

    /// As many stay.
    private static let kept = 2
    private static let infix = ".before-schema-"

    /// Of the state at this path, the newest first.
    package static func all(of statePath: String) -> [StateBackup] {
        ((try? files(of: statePath)) ?? []).compactMap { path, suffix in
            guard let version = Int(suffix) else { return nil }
            let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
            return StateBackup(path: path, beforeSchema: version, sizeInBytes: size ?? 0)
        }.sorted { $0.beforeSchema > $1.beforeSchema }
    }

    /// What a killed process left of a copy too; nothing that others named so.
    private static func files(of statePath: String) throws -> [(path: String, suffix: Substring)] {
        let folder = (statePath as NSString).deletingLastPathComponent
        let prefix = (statePath as NSString).lastPathComponent + infix
        return try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix(prefix) }
            .map { ("\(folder)/\($0)", $0.dropFirst(prefix.count)) }
            .filter { _, suffix in
                let rest = suffix.drop(while: \.isWholeNumber)
                return rest.count < suffix.count && (rest.isEmpty || drafts.contains(String(rest)))
            }
    }

    private static let drafts = leftovers.map { ".part" + $0 }
    private static let leftovers = ["", "-journal", "-wal", "-shm"]

    /// Written beside its place, synced and renamed into it: a backup that is there is whole. Throws a `StateFailure`
    /// that says what to do, and leaves nothing of a copy that could not be finished. The caller may hold the write lock.
    static func make(of statePath: String, beforeSchema version: Int) throws {
        let path = "\(statePath)\(infix)\(version)"
        let draft = path + ".part"
        do {
            defer { for leftover in leftovers { unsafe unlink(draft + leftover) } }
            unsafe unlink(draft)
            try SQLiteConnection(path: statePath, mode: .readOnly).copy(
                to: SQLiteConnection(path: draft, mode: .create))
            try synchronise(draft)
            guard unsafe rename(draft, path) == 0 else { throw SystemFailure(code: errno) }
        } catch {
            throw failure(error, statePath: statePath, copy: path)
        }
        StateWitness.synchronise(folder: (path as NSString).deletingLastPathComponent)
    }

    /// Once the state has its new schema.
    static func removeOldest(of statePath: String) {
        for backup in all(of: statePath).dropFirst(kept) { unsafe unlink(backup.path) }
    }

    /// They hold in clear what became personal. Throws a `StateFailure` where one stays.
    static func removeAll(of statePath: String) throws {
        let all: [(path: String, suffix: Substring)]
        do {
            all = try files(of: statePath)
        } catch {
            throw StateFailure(
                .storage,
                .error(
                    "state_backup_stays",
                    "copies of the state \(statePath) may hold in clear what is personal now, and its folder cannot be "
                        + "listed: \(error.localizedDescription)",
                    hint: "let the user of headrace read the folder"))
        }
        for (path, _) in all where unsafe unlink(path) != 0 && errno != ENOENT {
            throw StateFailure(
                .storage,
                .error(
                    "state_backup_stays",
                    "\(path), a copy of the state, holds in clear what is personal now, and cannot be deleted: "
                        + "\(unsafe String(cString: strerror(errno)))",
                    hint: "delete it"))
        }
    }

    private struct SystemFailure: Error { var code: Int32 }

    private static func synchronise(_ path: String) throws {
        let descriptor = unsafe open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemFailure(code: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw SystemFailure(code: errno) }
    }

    private static func failure(_ error: any Error, statePath: String, copy: String) -> StateFailure {
        let reason =
            switch error {
            case let error as SQLiteError: error.message
            case let error as SystemFailure: unsafe String(cString: strerror(error.code))
            default: "\(error)"
            }
        let isWithoutRoom = (error as? SQLiteError)?.isWithoutRoom ?? ((error as? SystemFailure)?.code == ENOSPC)
        let size = try? FileManager.default.attributesOfItem(atPath: statePath)[.size] as? Int
        return StateFailure(
            .storage,
            .error(
                "state_backup_failed",
                "the state \(statePath) is of an older Headrace; before it is changed it is copied to \(copy), which "
                    + "failed: \(reason); nothing was changed",
                hint: isWithoutRoom
                    ? "free as much space there as the state takes (\((size ?? 0) / 1_048_576 + 1) MB)"
                    : "see to it that the folder can be written and nothing is in the way"))
    }
}
