import CSQLite
import Foundation
import Synchronization
import TestKit

/// A disk under SQLite, as a VFS of its own, that fails a call or loses its power. Nothing is really synced: what a sync
/// promises is remembered instead, so that a cut can take back what was not promised.
final class FailingDisk: Sendable {
    enum Call: Sendable { case read, write, sync, truncate }

    enum Effect: Sendable {
        /// SQLite's extended code.
        case error(Int32)
        /// The first half is written, then the error comes.
        case half(Int32)
        /// Every later call fails; of what was written since a file's last sync the given share is there.
        case powerCut(kept: Double)
    }

    struct Fault: Sendable {
        var calls: Set<Call>
        /// Counted from 1, over all of `calls`.
        var time: Int
        var effect: Effect
        /// The later calls of the kind fail too.
        var isLasting = false
    }

    private enum Change {
        case write(offset: Int64, old: [UInt8], new: [UInt8], oldSize: Int64)
        case truncation(to: Int64, tail: [UInt8])
    }

    private struct State {
        var fault: Fault?
        var passed = 0
        var hasFired = false
        var isWithoutPower = false
        var unsynced: [String: [Change]] = [:]
    }

    let name: String
    private let state = Mutex(State())

    /// Registers the VFS under a name of its own; it stays for as long as the process.
    init() {
        name = "failing-\(UUID().uuidString)"
        DiskCalls.register(name, disk: Unmanaged.passRetained(self).toOpaque())
    }

    /// From now on.
    func arm(_ fault: Fault?) {
        state.withLock { state in
            (state.fault, state.passed, state.hasFired) = (fault, 0, false)
        }
    }

    var hasFired: Bool { state.withLock { $0.hasFired } }

    /// Brings the power back. The files hold what was promised, and of the rest the share that the cut left.
    func restore(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let (unsynced, kept) = state.withLock { state in
            defer { (state.unsynced, state.isWithoutPower, state.fault) = ([:], false, nil) }
            guard state.isWithoutPower, case .powerCut(let kept)? = state.fault?.effect else {
                return ([String: [Change]](), 1.0)
            }
            return (state.unsynced, kept)
        }
        for (path, changes) in unsynced.sorted(by: { $0.key < $1.key }) {
            let file = try FileHandle(forUpdating: URL(filePath: path))
            for change in changes.reversed() { try Self.undo(change, in: file) }
            for change in changes where Double(random.next() % 1000) / 1000 < kept { try Self.redo(change, in: file) }
            try file.close()
        }
    }

    private static func undo(_ change: Change, in file: FileHandle) throws {
        switch change {
        case .write(let offset, let old, _, let oldSize):
            try put(old, at: offset, in: file)
            try file.truncate(atOffset: UInt64(oldSize))
        case .truncation(let size, let tail): try put(tail, at: size, in: file)
        }
    }

    private static func redo(_ change: Change, in file: FileHandle) throws {
        switch change {
        case .write(let offset, _, let new, _): try put(new, at: offset, in: file)
        case .truncation(let size, _): if try file.seekToEnd() > size { try file.truncate(atOffset: UInt64(size)) }
        }
    }

    private static func put(_ bytes: [UInt8], at offset: Int64, in file: FileHandle) throws {
        try file.seek(toOffset: UInt64(offset))
        try file.write(contentsOf: Data(bytes))
    }

    // MARK: SQLite's side

    enum Verdict {
        case go
        case fail(Int32)
        case half(Int32)
    }

    func verdict(on call: Call) -> Verdict {
        state.withLock { state in
            if state.isWithoutPower { return .fail(SQLITE_IOERR) }
            guard let fault = state.fault, fault.calls.contains(call) else { return .go }
            state.passed += 1
            guard state.passed == fault.time || (fault.isLasting && state.passed > fault.time) else { return .go }
            state.hasFired = true
            switch fault.effect {
            case .error(let code): return .fail(code)
            case .half(let code): return .half(code)
            case .powerCut:
                state.isWithoutPower = true
                return .fail(SQLITE_IOERR)
            }
        }
    }

    func wrote(_ new: [UInt8], over old: [UInt8], at offset: Int64, oldSize: Int64, in path: String) {
        state.withLock {
            $0.unsynced[path, default: []].append(.write(offset: offset, old: old, new: new, oldSize: oldSize))
        }
    }

    func truncated(to size: Int64, losing tail: [UInt8], in path: String) {
        state.withLock { $0.unsynced[path, default: []].append(.truncation(to: size, tail: tail)) }
    }

    func synced(_ path: String) { state.withLock { $0.unsynced[path] = nil } }
}
