internal import SQLDatabases
package import SyncCore

extension SQLiteStateStore {
    package func beginDelivery(
        of plan: PlanID, run: RunID, quarantineAfterRuns: Int
    ) throws(StateFailure) -> WithheldCounts {
        try step(isMilestone: true) { connection in
            try Self.refuseFenced(run, on: connection)
            let stored = try Self.plan(plan, in: [.ready, .blocked, .superseded], on: connection)
            guard stored.status != .superseded else { throw Self.superseded(plan) }
            try connection.run(
                "UPDATE plans_data SET status = 'delivering', run_id = ?2, open_through = 0 WHERE plan_no = ?1"
            ) {
                $0.bind(stored.number, at: 1)
                $0.bind(run.text, at: 2)
            }
            try connection.run(
                "INSERT INTO syncs (name, last_scope, had_rows) SELECT sync, scope_id, queried > 0 FROM plans_data"
                    + " WHERE plan_no = ?1 ON CONFLICT (name) DO UPDATE SET last_scope = excluded.last_scope,"
                    + " had_rows = max(had_rows, excluded.had_rows)"
            ) {
                $0.bind(stored.number, at: 1)
            }
            try Self.endRestored(by: stored, on: connection)
            try SettlementWriter(connection: connection, plan: stored, run: run).protect()
            try CursorWriter(connection: connection, plan: stored).beginDelivery()
            let withheld = try RejectionWriter(connection: connection, plan: stored)
                .beginDelivery(quarantineAfterRuns: quarantineAfterRuns)
            FailPoint.deliveryBeginning.pass()
            return withheld
        }
    }

    package func operationCounts(of plan: PlanID) throws(StateFailure) -> OperationCounts {
        try read { connection in
            guard let number = try Self.planNumber(plan, on: connection) else { return OperationCounts() }
            return try OutcomeWriter.counts(of: number, on: connection)
        }
    }

    package func operationsToSend(of plan: PlanID, after sequence: Int, limit: Int) throws(StateFailure)
        -> [OperationToSend]
    {
        try read { connection in
            guard let number = try Self.planNumber(plan, on: connection) else { return [] }
            let operations = try connection.rows(
                "SELECT o.id, o.user_uid, coalesce(o.body, o.snapshot_values), o.checksum FROM operations_data o"
                    + " WHERE o.id > ?1 AND o.id < ?2 AND NOT EXISTS (SELECT 1 FROM outcomes x WHERE x.id = o.id)"
                    + " ORDER BY o.id LIMIT ?3"
            ) {
                $0.bind(Self.id(number, sequence), at: 1)
                $0.bind(Self.id(number + 1, 0), at: 2)
                $0.bind(limit, at: 3)
            } read: {
                try RowChecks.checkWrite($0, of: plan)
                return OperationToSend(
                    sequence: Int($0.integer(at: 0) & 0xFFFF_FFFF), userUID: $0.protectedText(at: 1),
                    body: $0.body(at: 2))
            }
            let isSealed = operations.contains { if case .sealed = $0.body { true } else { false } }
            readsSealedBodies[number] = isSealed || readsSealedBodies[number] ?? false
            return operations
        }
    }

    package func commit(
        _ outcomes: [OutcomeRecord], openThrough: Int, plan: PlanID, run: RunID
    ) throws(StateFailure) {
        try step(isMilestone: false) { connection in
            let stored = try Self.delivering(plan, by: run, on: connection)
            let writer = OutcomeWriter(connection: connection, plan: stored, run: run)
            try writer.write(outcomes, hasSealedBodies: readsSealedBodies[stored.number] ?? true)
            try connection.run("UPDATE plans_data SET open_through = max(open_through, ?2) WHERE plan_no = ?1") {
                $0.bind(stored.number, at: 1)
                $0.bind(openThrough, at: 2)
            }
            if openThrough > stored.openThrough { FailPoint.intentCommitting.pass() }
            if !outcomes.isEmpty { FailPoint.outcomesCommitting.pass() }
        }
    }

    package func finishDelivery(of plan: PlanID, report: RunReport) throws(StateFailure) -> OperationCounts {
        try step(isMilestone: true) { connection in
            guard let run = report.runID else { throw Self.inconsistent("a run without an id cannot deliver") }
            let stored = try Self.delivering(plan, by: run, on: connection)
            let writer = OutcomeWriter(connection: connection, plan: stored, run: run)
            try writer.moveSnapshot()
            try SettlementWriter(connection: connection, plan: stored, run: run).apply()
            try RejectionWriter(connection: connection, plan: stored).finishDelivery()
            var counts = try writer.counts()
            // To look for those that have none is to read every operation.
            if counts.withoutOutcome > 0 {
                try writer.close(as: .deferred, through: nil)
                counts = try writer.counts()
            }
            try CursorWriter(connection: connection, plan: stored).finish(counts)
            try Self.setStatus(.finished, of: stored.number, on: connection)
            var report = report
            report.operations = counts
            try Self.save(report, run: run, on: connection)
            readsSealedBodies[stored.number] = nil
            FailPoint.deliveryFinishing.pass()
            return counts
        }
    }
}
