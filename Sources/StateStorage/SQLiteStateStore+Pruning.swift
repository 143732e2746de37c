internal import SQLDatabases
package import SyncCore

extension SQLiteStateStore {
    /// Rows a transaction deletes at most: a run in progress waits some hundredths of a second for it.
    private static let rowsATransaction = 10_000
    /// What a run in progress has between two transactions to get its own in.
    private static let pauseBetween = Duration.milliseconds(25)

    package func prunable(_ rule: PruneRule) throws(StateFailure) -> PruneCounts {
        try read { connection in
            var counts = PruneCounts()
            for plan in try Self.prunablePlans(rule, on: connection) {
                counts.plans += 1
                counts.operations += try Self.count("operations_data", of: plan, on: connection)
                counts.invalidRows += try Self.count("invalid_rows_data", of: plan, on: connection)
            }
            counts.runs = try Self.prunableRuns(rule, on: connection)
            counts.attempts =
                try connection.first(
                    "SELECT count(*) FROM attempts_data WHERE run_id IN (\(Self.oldRuns))", Self.bound(to: rule)
                ) { $0.number(at: 0) } ?? 0
            return counts
        }
    }

    package func prune(_ rule: PruneRule, at now: WallTime) throws(StateFailure) -> PruneCounts {
        var counts = PruneCounts()
        counts.runs = try read { try Self.prunableRuns(rule, on: $0) }
        while try pruneSome(rule, &counts) {
            FailPoint.pruning.pass()
            pause(Self.pauseBetween)
        }
        try write { connection in
            try connection.run(
                "UPDATE runs_data SET invalid_sample = '[]' WHERE invalid_sample <> '[]' AND run_id IN (\(Self.oldRuns))",
                Self.bound(to: rule))
            try connection.run("INSERT OR REPLACE INTO meta (name, value) VALUES ('pruned_at', ?1)") {
                $0.bind(now, at: 1)
            }
        }
        return counts
    }

    /// One transaction; false when nothing is left.
    private func pruneSome(_ rule: PruneRule, _ counts: inout PruneCounts) throws(StateFailure) -> Bool {
        let (deleted, isMore) = try write { connection in
            var (deleted, room) = (PruneCounts(), Self.rowsATransaction)
            // Asked anew each time: a run may have begun since.
            for plan in try Self.prunablePlans(rule, on: connection) {
                // Outcomes first: one without its operation would be found by nobody, and never deleted.
                room -= try Self.delete("outcomes", of: plan, atMost: room, on: connection)
                let operations = try Self.delete("operations_data", of: plan, atMost: room, on: connection)
                let invalidRows = try Self.delete(
                    "invalid_rows_data", of: plan, atMost: room - operations, on: connection)
                deleted.operations += operations
                deleted.invalidRows += invalidRows
                room -= operations + invalidRows
                guard room > 0 else { return (deleted, true) }
                try Self.delete(plan, on: connection)
                deleted.plans += 1
                room -= 1
                guard room > 0 else { return (deleted, true) }
            }
            try connection.run(
                "DELETE FROM attempts_data WHERE id IN (SELECT id FROM attempts_data WHERE run_id IN (\(Self.oldRuns))"
                    + " LIMIT ?3)"
            ) {
                Self.bound(to: rule)($0)
                $0.bind(room, at: 3)
            }
            deleted.attempts = connection.changes
            return (deleted, deleted.attempts == room)
        }
        counts.plans += deleted.plans
        counts.operations += deleted.operations
        counts.invalidRows += deleted.invalidRows
        counts.attempts += deleted.attempts
        return isMore
    }

    private static func delete(
        _ table: String, of plan: Int64, atMost limit: Int, on connection: SQLiteConnection
    ) throws -> Int {
        try connection.run(
            "DELETE FROM \(table) WHERE id IN (SELECT id FROM \(table) WHERE id > ?1 AND id < ?2 LIMIT ?3)"
        ) {
            range(of: plan)($0)
            $0.bind(limit, at: 3)
        }
        return connection.changes
    }

    private static func count(_ table: String, of plan: Int64, on connection: SQLiteConnection) throws -> Int {
        try connection.first("SELECT count(*) FROM \(table) WHERE id > ?1 AND id < ?2", range(of: plan)) {
            $0.number(at: 0)
        } ?? 0
    }

    /// Of those that the rule lets go, the ids; ?1 is the moment, ?2 how many of each sync stay.
    private static let oldRuns =
        "SELECT run_id FROM (SELECT run_id, status, coalesce(finished_at, started_at) AS ended,"
        + " row_number() OVER (PARTITION BY sync ORDER BY started_at DESC, run_no DESC) AS place FROM runs_data)"
        + " WHERE status NOT IN (\(openStatuses)) AND ended < ?1 AND place > ?2"

    /// Plans that nobody can deliver, of old runs or of none. The newest plan of a sync decides what may be applied.
    private static let oldPlans =
        "SELECT plan_no FROM plans_data AS p WHERE status IN ('finished', 'superseded') AND created_at < ?1"
        + " AND plan_no NOT IN (SELECT max(n.plan_no) FROM plans_data n WHERE n.status <> 'building' GROUP BY n.sync)"
        + " AND NOT EXISTS (SELECT 1 FROM runs_data r WHERE r.plan_id = p.plan_id AND r.run_id NOT IN (\(oldRuns)))"
        + " ORDER BY plan_no"

    private static func bound(to rule: PruneRule) -> (SQLiteStatement) -> Void {
        {
            $0.bind(rule.endedBefore, at: 1)
            $0.bind(rule.keptRuns, at: 2)
        }
    }

    private static func prunablePlans(_ rule: PruneRule, on connection: SQLiteConnection) throws -> [Int64] {
        try connection.rows(oldPlans, bound(to: rule)) { $0.integer(at: 0) }
    }

    /// Runs that have something to lose.
    private static func prunableRuns(_ rule: PruneRule, on connection: SQLiteConnection) throws -> Int {
        try connection.first(
            "SELECT count(*) FROM runs_data AS x WHERE run_id IN (\(oldRuns)) AND (invalid_sample <> '[]'"
                + " OR EXISTS (SELECT 1 FROM plans_data g WHERE g.plan_id = x.plan_id AND g.plan_no IN (\(oldPlans)))"
                + " OR run_id IN (SELECT run_id FROM attempts_data))", bound(to: rule)
        ) { $0.number(at: 0) } ?? 0
    }
}
