internal import SQLDatabases
package import SyncCore

extension SQLiteStateStore {
    package func beginPlan(_ plan: PlanRecord) throws(StateFailure) {
        try write { connection in
            var plan = plan
            plan.status = .building
            try Self.insert(plan, on: connection)
        }
    }

    package func append(_ chunk: PlanChunk, to plan: PlanID) throws(StateFailure) {
        guard !chunk.isEmpty else { return }
        try write { connection in
            let number = try Self.plan(plan, in: [.building], on: connection).number
            let writer = PlanChunkWriter(connection: connection, planNumber: number)
            try writer.withdraw(chunk.withdrawn)
            try writer.write(chunk.operations)
            try writer.write(chunk.settlements)
            try writer.write(chunk.invalidRows)
        }
        FailPoint.planning.pass()
    }

    package func keepOperations(of users: [KeyHash], in plan: PlanID) throws(StateFailure) {
        try write { connection in
            let number = try Self.plan(plan, in: [.building], on: connection).number
            try Self.applyWithdrawals(of: number, on: connection)
            try connection.run("DELETE FROM kept_users")
            for user in users {
                try connection.run("INSERT OR IGNORE INTO kept_users (key_hash) VALUES (?1)") { $0.bind(user, at: 1) }
            }
            try connection.run(
                "DELETE FROM operations_data WHERE id > ?1 AND id < ?2"
                    + " AND key_hash NOT IN (SELECT key_hash FROM kept_users)", Self.range(of: number))
        }
    }

    package func finishPlan(_ plan: PlanRecord) throws(StateFailure) -> PlanStatus {
        try write { connection in
            guard plan.status == .ready || plan.status == .blocked else {
                throw Self.inconsistent("plan \(plan.planID) cannot be finished as \(plan.status.rawValue)")
            }
            let number = try Self.plan(plan.planID, in: [.building], on: connection).number
            try Self.applyWithdrawals(of: number, on: connection)
            try Self.update(plan, number: number, on: connection)
            let older = try connection.rows(
                "SELECT plan_no FROM plans_data WHERE sync = ?1 AND status IN ('ready', 'blocked') AND plan_no < ?2"
                    + " AND NOT \(Self.isOfOpenRun)"
            ) {
                $0.bind(plan.sync, at: 1)
                $0.bind(number, at: 2)
            } read: {
                $0.integer(at: 0)
            }
            for old in older { try Self.supersede(old, on: connection) }
            let newer = try connection.first(
                "SELECT 1 FROM plans_data WHERE plan_no = ?2 AND NOT \(Self.isOfOpenRun)"
                    + " AND EXISTS (SELECT 1 FROM plans_data n WHERE n.sync = ?1 AND n.plan_no > ?2"
                    + " AND n.status <> 'building')"
            ) {
                $0.bind(plan.sync, at: 1)
                $0.bind(number, at: 2)
            } read: { _ in
                true
            }
            FailPoint.planFinishing.pass()
            guard newer != nil else { return plan.status }
            try Self.supersede(number, on: connection)
            return .superseded
        }
    }

    package func discardPlan(_ plan: PlanID) throws(StateFailure) {
        try write { connection in
            let number = try Self.plan(plan, in: [.building, .ready, .blocked, .superseded], on: connection).number
            try Self.delete(number, on: connection)
        }
    }

    package func plan(matching prefix: String) throws(StateFailure) -> PlanRecord? {
        guard let prefix = IdentifierPrefix(prefix) else { return nil }
        return try read { connection in
            let found = try connection.rows(
                "SELECT \(Self.planColumns) FROM plans_data WHERE plan_id >= ?1 AND plan_id < ?2"
                    + " AND status <> 'building' LIMIT 2"
            ) {
                $0.bind(prefix.lowest, at: 1)
                $0.bind(prefix.end, at: 2)
            } read: {
                try Self.planRecord($0)
            }
            return found.count == 1 ? found[0] : nil
        }
    }

    package func newestPlan(of sync: String) throws(StateFailure) -> PlanRecord? {
        try read { connection in
            try connection.first(
                "SELECT \(Self.planColumns) FROM plans_data WHERE sync = ?1 AND status <> 'building'"
                    + " ORDER BY plan_no DESC LIMIT 1"
            ) {
                $0.bind(sync, at: 1)
            } read: {
                try Self.planRecord($0)
            }
        }
    }

    package func operations(of plan: PlanID, after sequence: Int, limit: Int) throws(StateFailure)
        -> [OperationRecord]
    {
        try read { connection in
            guard let number = try Self.planNumber(plan, on: connection) else { return [] }
            return try connection.rows(
                "SELECT o.id, o.key_hash, o.user_uid, o.primary_key, o.kind, o.reason, o.body, o.sent_attributes,"
                    + " o.snapshot_values, o.fingerprint, o.values_before, x.outcome, x.attempts, x.last_answer"
                    + " FROM operations_data o LEFT JOIN outcomes x ON x.id = o.id WHERE o.id > ?1 AND o.id < ?2"
                    + " AND NOT EXISTS (SELECT 1 FROM withdrawals w WHERE w.plan_no = ?4 AND w.key_hash = o.key_hash"
                    + " AND o.id <= w.through_operation) ORDER BY o.id LIMIT ?3"
            ) {
                Self.range(of: number)($0)
                $0.bind(Self.id(number, sequence), at: 1)
                $0.bind(limit, at: 3)
                $0.bind(number, at: 4)
            } read: {
                try Self.operation($0)
            }
        }
    }
}

extension SQLiteStateStore {
    static func id(_ plan: Int64, _ sequence: Int) -> Int64 {
        plan << SQLiteStateSchema.planShift | Int64(sequence)
    }

    /// Binds the ids of all that a plan has to ?1 and ?2, both outside of it.
    static func range(of plan: Int64) -> (SQLiteStatement) -> Void {
        { statement in
            statement.bind(id(plan, 0), at: 1)
            statement.bind(id(plan + 1, 0), at: 2)
        }
    }

    /// Deletes what the chunks of a plan took back. Once a plan: a scan of its operations is dear, so that the
    /// withdrawals of many chunks are done together.
    static func applyWithdrawals(of plan: Int64, on connection: SQLiteConnection) throws {
        for (table, limit) in [("operations_data", "through_operation"), ("settlements", "through_settlement")] {
            try connection.run(
                "DELETE FROM \(table) WHERE id > ?1 AND id < ?2 AND EXISTS (SELECT 1 FROM withdrawals w"
                    + " WHERE w.plan_no = ?1 >> 32 AND w.key_hash = \(table).key_hash AND \(table).id <= w.\(limit))",
                range(of: plan))
        }
        try connection.run("DELETE FROM withdrawals WHERE plan_no = ?1") { $0.bind(plan, at: 1) }
    }

    /// The plan can no longer be applied: what it would still have sent goes.
    static func supersede(_ plan: Int64, on connection: SQLiteConnection) throws {
        try setStatus(.superseded, of: plan, on: connection)
        try connection.run(
            "UPDATE operations_data SET body = x'' WHERE id > ?1 AND id < ?2 AND body IS NOT NULL", range(of: plan))
        try connection.run("DELETE FROM settlements WHERE id > ?1 AND id < ?2", range(of: plan))
    }

    static func delete(_ plan: Int64, on connection: SQLiteConnection) throws {
        for table in ["operations_data", "outcomes", "settlements", "invalid_rows_data"] {
            try connection.run("DELETE FROM \(table) WHERE id > ?1 AND id < ?2", range(of: plan))
        }
        try connection.run("DELETE FROM withdrawals WHERE plan_no = ?1") { $0.bind(plan, at: 1) }
        try connection.run("DELETE FROM plans_data WHERE plan_no = ?1") { $0.bind(plan, at: 1) }
    }
}
