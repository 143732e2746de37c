internal import SQLDatabases
package import SyncCore

extension SQLiteStateStore {
    package func keyCheck() throws(StateFailure) -> [UInt8]? {
        try read { try $0.first("SELECT value FROM meta WHERE name = 'key_check'") { $0.bytes(at: 0) } }
    }

    package func setKeyCheck(_ digest: [UInt8]) throws(StateFailure) {
        try write {
            try $0.run("INSERT OR REPLACE INTO meta (name, value) VALUES ('key_check', ?1)") {
                $0.bind(blob: digest, at: 1)
            }
        }
    }

    package func acquireLeases(
        _ names: [String], holder: LeaseHolder, run: RunID, at now: WallTime,
        isGone: @Sendable (LeaseHolder) -> Bool
    ) throws(StateFailure) -> LeaseResult {
        try write { connection in
            var lost: Set<RunID> = []
            var alive: Set<RunID> = []
            for name in names {
                guard let lease = try Self.lease(name, on: connection), lease.run != run else { continue }
                let isDead = isGone(lease.holder)
                guard isDead || lease.holder.hasLapsed(renewedAt: lease.renewedAt, seenFrom: holder, at: now) else {
                    return .held(name: name, by: lease.holder, run: lease.run)
                }
                lost.insert(lease.run)
                if !isDead { alive.insert(lease.run) }
            }
            for run in lost { try Self.fence(run, on: connection) }
            for plan in try alive.flatMap({ try Self.delivering(by: $0, on: connection) }) {
                try Self.noteOpenWindow(of: plan, sentThrough: nil, on: connection)
            }
            let fence = try Self.nextFence(on: connection)
            for name in names {
                try connection.run(
                    "INSERT OR REPLACE INTO leases (name, host, boot_id, process_id, start_time, run_id, fence, renewed_at)"
                        + " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
                ) {
                    $0.bind(name, at: 1)
                    $0.bind(holder.host, at: 2)
                    $0.bind(holder.bootID, at: 3)
                    $0.bind(Int64(holder.processID), at: 4)
                    $0.bind(Int64(bitPattern: holder.startTime), at: 5)
                    $0.bind(run.text, at: 6)
                    $0.bind(fence, at: 7)
                    $0.bind(now, at: 8)
                }
            }
            return .acquired(fence: fence)
        }
    }

    package func renewLeases(run: RunID, at now: WallTime) throws(StateFailure) -> Bool {
        try write { connection in
            guard try !Self.isFenced(run, on: connection) else { return false }
            try connection.run("UPDATE leases SET renewed_at = ?2 WHERE run_id = ?1") {
                $0.bind(run.text, at: 1)
                $0.bind(now, at: 2)
            }
            return connection.changes > 0
        }
    }

    package func releaseLeases(run: RunID) throws(StateFailure) {
        try write { try $0.run("DELETE FROM leases WHERE run_id = ?1") { $0.bind(run.text, at: 1) } }
    }

    private struct Lease {
        var holder: LeaseHolder
        var run: RunID
        var renewedAt: WallTime
    }

    private static func lease(_ name: String, on connection: SQLiteConnection) throws -> Lease? {
        try connection.first(
            "SELECT host, boot_id, process_id, start_time, run_id, renewed_at FROM leases WHERE name = ?1"
        ) {
            $0.bind(name, at: 1)
        } read: {
            Lease(
                holder: LeaseHolder(
                    host: try $0.word(at: 0), bootID: try $0.word(at: 1),
                    processID: Int32(truncatingIfNeeded: $0.integer(at: 2)),
                    startTime: UInt64(bitPattern: $0.integer(at: 3))),
                run: try $0.identifier(at: 4), renewedAt: WallTime(microseconds: $0.integer(at: 5)))
        }
    }

    /// From now on everything the run still writes is refused: somebody else has its locks.
    private static func fence(_ run: RunID, on connection: SQLiteConnection) throws {
        try connection.run("INSERT OR IGNORE INTO fenced_runs (run_id) VALUES (?1)") { $0.bind(run.text, at: 1) }
        try connection.run("DELETE FROM leases WHERE run_id = ?1") { $0.bind(run.text, at: 1) }
    }

    static func isFenced(_ run: RunID, on connection: SQLiteConnection) throws -> Bool {
        try connection.first("SELECT 1 FROM fenced_runs WHERE run_id = ?1") {
            $0.bind(run.text, at: 1)
        } read: { _ in
            true
        } ?? false
    }

    /// Throws when the run has lost its locks.
    static func refuseFenced(_ run: RunID, on connection: SQLiteConnection) throws {
        guard try isFenced(run, on: connection) else { return }
        throw StateFailure(
            .inconsistent,
            .error("run_superseded", "run \(run) has lost its locks to another run and may write no more"))
    }

    private static func nextFence(on connection: SQLiteConnection) throws -> Int64 {
        try connection.run(
            "INSERT INTO meta (name, value) VALUES ('fence', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1")
        return try connection.first("SELECT value FROM meta WHERE name = 'fence'") { $0.integer(at: 0) } ?? 0
    }
}
