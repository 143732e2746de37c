internal import SQLDatabases
package import SyncCore

extension SQLiteStateStore {
    /// A plan that is still built after this long belongs to a `plan` command that was killed: it takes no lock.
    private static let longestBuild: Int64 = 24 * 3600 * 1_000_000

    package func recoverRuns(
        of sync: String, except current: RunID, at now: WallTime
    ) throws(StateFailure) -> [RunID] {
        // Without a run, a plan or a late write to close nothing of the snapshot moves.
        guard try hasAnyToClose(sync, except: current) else {
            try write { try Self.deleteStaleBuilds(of: sync, at: now, on: $0) }
            return []
        }
        let closed = try step(isMilestone: false) { connection in
            let runs = try connection.rows(
                "SELECT \(Self.runColumns) FROM runs_data WHERE sync = ?1 AND run_id <> ?2"
                    + " AND status IN (\(Self.openStatuses)) ORDER BY run_no"
            ) {
                $0.bind(sync, at: 1)
                $0.bind(current.text, at: 2)
            } read: {
                try Self.report($0)
            }
            var recovered: [RunID] = []
            for report in runs {
                guard let run = report.runID else { continue }
                try Self.end(report, run: run, at: now, marks: marks, on: connection)
                FailPoint.recovering.pass()
                recovered.append(run)
            }
            let orphans = try Self.closeOrphans(of: sync, except: current, marks: marks, on: connection)
            // Last: what those runs confirmed came before the late writes, and moves into the snapshot here.
            try Self.markLateWritesDirty(of: sync, on: connection)
            try Self.expireLateWrites(of: sync, at: now, on: connection)
            try Self.deleteStaleBuilds(of: sync, at: now, on: connection)
            return (recovered: recovered, orphans: orphans)
        }
        for run in closed.recovered + closed.orphans { marks?.remove(run) }
        return closed.recovered
    }

    private func hasAnyToClose(_ sync: String, except current: RunID) throws(StateFailure) -> Bool {
        try read { connection in
            try connection.first(
                "SELECT EXISTS (SELECT 1 FROM runs_data WHERE sync = ?1 AND run_id <> ?2"
                    + " AND status IN (\(Self.openStatuses))) OR EXISTS (SELECT 1 FROM plans_data"
                    + " WHERE sync = ?1 AND status = 'delivering' AND run_id <> ?2) OR EXISTS (SELECT 1"
                    + " FROM late_writes l JOIN scopes s ON s.id = l.scope_id WHERE s.sync = ?1)"
            ) {
                $0.bind(sync, at: 1)
                $0.bind(current.text, at: 2)
            } read: {
                $0.flag(at: 0)
            } == true
        }
    }

    package func expirePlans(before limit: WallTime) throws(StateFailure) {
        try write { try Self.expirePlans(before: limit, on: $0) }
    }

    private static func end(
        _ report: RunReport, run: RunID, at now: WallTime, marks: SendMarks?, on connection: SQLiteConnection
    ) throws {
        var report = report
        let delivered = try delivering(by: run, on: connection)
        for plan in delivered {
            report.operations = try close(
                plan, run: run, isApply: report.trigger == .apply, marks: marks, on: connection)
        }
        if delivered.isEmpty { try holdMark(after: report, on: connection) }
        // The plan that the run was building when it died: nobody will finish it.
        if let plan = report.planID, let number = try planNumber(plan, on: connection) {
            let isBuilding = try connection.first(
                "SELECT 1 FROM plans_data WHERE plan_no = ?1 AND status = 'building'",
                { $0.bind(number, at: 1) }, read: { _ in true })
            if isBuilding != nil { try delete(number, on: connection) }
        }
        // Killed between its plan and the first window: nobody was sent.
        report.operations.deferred += report.operations.withoutOutcome
        // A run that failed while sending has written down why; one that was killed has not.
        if report.error == nil {
            (report.status, report.exit) = (.interrupted, .interrupted)
            report.error = "the process ended before its run did"
        } else {
            switch report.exit {
            case .interrupted, .terminated: report.status = .interrupted
            default: report.status = .failed
            }
        }
        report.finishedAt = now
        try save(report, run: run, on: connection)
        try connection.run("DELETE FROM leases WHERE run_id = ?1") { $0.bind(run.text, at: 1) }
        try connection.run("INSERT OR IGNORE INTO fenced_runs (run_id) VALUES (?1)") { $0.bind(run.text, at: 1) }
    }

    /// Ends the delivery of a run that is gone; returns what became of the plan's operations.
    private static func close(
        _ plan: StoredPlan, run: RunID, isApply: Bool, marks: SendMarks?, on connection: SQLiteConnection
    ) throws -> OperationCounts {
        let writer = OutcomeWriter(connection: connection, plan: plan, run: run)
        try noteOpenWindow(of: plan, sentThrough: marks?.lastSent(by: run), on: connection)
        try writer.moveSnapshot()
        try writer.markWindowDirty()
        try CursorWriter(connection: connection, plan: plan).abandon()
        guard isApply else {
            try writer.close(as: .unknown, through: plan.openThrough)
            try writer.close(as: .deferred, through: nil)
            try setStatus(.finished, of: plan.number, on: connection)
            try connection.run("DELETE FROM settlements WHERE id > ?1 AND id < ?2", range(of: plan.number))
            return try writer.counts()
        }
        // The same plan can be applied again, so its operations stay open and only the run's books are closed.
        var counts = try writer.counts()
        let inWindow = try connection.first(
            "SELECT count(*) FROM operations_data o WHERE o.id > ?1 AND o.id <= ?2"
                + " AND NOT EXISTS (SELECT 1 FROM outcomes x WHERE x.id = o.id)"
        ) {
            $0.bind(id(plan.number, 0), at: 1)
            $0.bind(id(plan.number, plan.openThrough), at: 2)
        } read: {
            $0.number(at: 0)
        }
        counts.unknown += inWindow ?? 0
        counts.deferred +=
            counts.planned - counts.confirmed - counts.rejected - counts.unknown - counts.deferred - counts.quarantined
        try connection.run(
            "UPDATE plans_data SET status = 'ready', run_id = NULL, open_through = 0 WHERE plan_no = ?1"
        ) {
            $0.bind(plan.number, at: 1)
        }
        return counts
    }

    /// Plans in delivery by a run that has ended or was never saved: nobody holds them, since the caller has the lease.
    /// Returns those runs.
    private static func closeOrphans(
        of sync: String, except current: RunID, marks: SendMarks?, on connection: SQLiteConnection
    ) throws -> [RunID] {
        let orphans = try storedPlans(where: "sync = ?1 AND status = 'delivering' AND run_id <> ?2", on: connection) {
            $0.bind(sync, at: 1)
            $0.bind(current.text, at: 2)
        }
        for plan in orphans {
            guard let run = plan.run else { continue }
            _ = try close(plan, run: run, isApply: false, marks: marks, on: connection)
        }
        return orphans.compactMap(\.run)
    }

    /// Plans that are too old to be applied, of any sync: what they would have sent goes.
    private static func expirePlans(before limit: WallTime, on connection: SQLiteConnection) throws {
        let expired = try connection.rows(
            "SELECT plan_no FROM plans_data WHERE status IN ('ready', 'blocked') AND created_at < ?1"
                + " AND NOT \(isOfOpenRun)"
        ) {
            $0.bind(limit, at: 1)
        } read: {
            $0.integer(at: 0)
        }
        for number in expired { try supersede(number, on: connection) }
    }

    /// True of a row of `plans_data` that a run in progress is about to deliver.
    static let isOfOpenRun =
        "EXISTS (SELECT 1 FROM runs_data r WHERE r.plan_id = plans_data.plan_id AND r.status IN (\(openStatuses)))"

    private static func deleteStaleBuilds(
        of sync: String, at now: WallTime, on connection: SQLiteConnection
    ) throws {
        let stale = try connection.rows(
            "SELECT plan_no FROM plans_data WHERE sync = ?1 AND status = 'building' AND created_at < ?2"
        ) {
            $0.bind(sync, at: 1)
            $0.bind(now.microseconds - longestBuild, at: 2)
        } read: {
            $0.integer(at: 0)
        }
        for number in stale { try delete(number, on: connection) }
    }
}
