internal import SQLDatabases
package import SyncCore

/// A copy of the state that was put back knows nothing of what was sent since: it must not decide who is unchanged.
extension SQLiteStateStore {
    package func examineWitness(at now: WallTime) throws(StateFailure) -> WitnessVerdict {
        guard let witness else { return .living }
        let known = try read { try Self.text("install_id", on: $0) }
        let install = if let known { known } else { try makeInstallID(witness) }
        installID = install
        // Before the state is looked at, whose epoch never falls: one that another process raises is no doubt.
        let seen = witness.epoch(of: install)
        isDoubted = false
        guard let seen, try verdict(against: seen) != .living else { return .living }
        isDoubted = true
        return try write { connection in
            let verdict = try Self.verdict(against: seen, on: connection)
            if verdict == .restored { try Self.markRestored(at: now, on: connection) }
            if verdict != .living { try Self.forgetJudgements(madeBefore: seen, on: connection) }
            return verdict
        }
    }

    /// What else an old copy must not decide: whom to withhold because of what was rejected once, and what a plan is to
    /// send that was made before what was sent since. Once for each finding, since what comes after it is sound.
    private static func forgetJudgements(madeBefore seen: StateEpoch, on connection: SQLiteConnection) throws {
        guard try text("doubted", on: connection) != seen.text else { return }
        try connection.run("DELETE FROM quarantine_data")
        let plans = try connection.rows("SELECT plan_no FROM plans_data WHERE status IN ('ready', 'blocked')") {
            $0.integer(at: 0)
        }
        for plan in plans { try supersede(plan, on: connection) }
        try set("doubted", to: seen.text, on: connection)
    }

    /// A state in the place of one that was deleted goes on with its id: put back, that one is old.
    private func makeInstallID(_ witness: StateWitness) throws(StateFailure) -> String {
        let made = witness.install(at: path) ?? StateEpoch(number: 1).token + StateEpoch(number: 1).token
        return try write { connection in
            // Another process may have been faster.
            if let known = try Self.text("install_id", on: connection) { return known }
            try Self.set("install_id", to: made, on: connection)
            return made
        }
    }

    package func witnessVerdict() throws(StateFailure) -> WitnessVerdict {
        guard let witness else { return .living }
        let install = try read { try Self.text("install_id", on: $0) } ?? witness.install(at: path)
        return try verdict(against: install.flatMap(witness.epoch))
    }

    package func witnessPath() throws(StateFailure) -> String? {
        try read { try Self.text("install_id", on: $0) }.flatMap { witness?.path(of: $0) }
    }

    /// One transaction that raises the epoch; its end is durable before the witness hears of it. `isMilestone`: the
    /// witness is to survive a crash of the machine too, and to go past what another copy of the state wrote.
    func step<Result>(
        isMilestone: Bool, _ body: (SQLiteConnection) throws -> Result
    ) throws(StateFailure) -> Result {
        let seen = isMilestone ? installID.flatMap { witness?.epoch(of: $0)?.number } : nil
        let (result, epoch) = try write { connection in
            (try body(connection), try Self.raiseEpoch(past: seen ?? 0, on: connection))
        }
        isDoubted = isDoubted && !isMilestone
        if let witness, let installID, !isDoubted {
            witness.record(epoch, of: installID, durably: isMilestone)
            if isMilestone { witness.remember(installID, at: path) }
        }
        return result
    }

    private static func raiseEpoch(past seen: Int64, on connection: SQLiteConnection) throws -> StateEpoch {
        let epoch = StateEpoch(number: max(try self.epoch(on: connection)?.number ?? 0, seen) + 1)
        try set("epoch", to: epoch.text, on: connection)
        return epoch
    }

    private static func epoch(on connection: SQLiteConnection) throws -> StateEpoch? {
        guard let text = try text("epoch", on: connection) else { return nil }
        guard let epoch = StateEpoch(text) else { throw inconsistent("the state holds an epoch that is none") }
        return epoch
    }

    private func verdict(against seen: StateEpoch?) throws(StateFailure) -> WitnessVerdict {
        try read { try Self.verdict(against: seen, on: $0) }
    }

    private static func verdict(
        against seen: StateEpoch?, on connection: SQLiteConnection
    ) throws -> WitnessVerdict {
        guard let seen, try epoch(on: connection)?.isBehind(seen) ?? true else { return .living }
        let holdsAnyone =
            "SELECT EXISTS (SELECT 1 FROM snapshot_users)"
            + " OR EXISTS (SELECT 1 FROM plans_data WHERE status = 'delivering')"
        return try connection.first(holdsAnyone) { $0.flag(at: 0) } == true ? .restored : .emptied
    }

    /// Everyone becomes dirty: those of the snapshots, and those of a plan that the copy was taken in the midst of, who
    /// may all have been sent by now. A scope keeps the mark of the first time.
    private static func markRestored(at now: WallTime, on connection: SQLiteConnection) throws {
        for plan in try storedPlans(where: "status = 'delivering'", on: connection) {
            guard let run = plan.run else { continue }
            try OutcomeWriter(connection: connection, plan: plan, run: run).moveSnapshot()
        }
        try connection.run("UPDATE plans_data SET open_through = 4294967295 WHERE status = 'delivering'")
        try connection.run(
            "UPDATE snapshot_users SET checksum = \(RowChecks.ofUserKeeping(flags: "flags | \(dirtyFlag)")),"
                + " flags = flags | \(dirtyFlag) WHERE flags & \(dirtyFlag) = 0")
        let shift = SQLiteStateSchema.scopeShift
        try connection.run(
            "UPDATE scopes SET restored_at = ?1 WHERE restored_at IS NULL AND ("
                + "EXISTS (SELECT 1 FROM snapshot_users u WHERE u.id > scopes.id << \(shift)"
                + " AND u.id < (scopes.id + 1) << \(shift)) OR EXISTS (SELECT 1 FROM plans_data p"
                + " WHERE p.scope_id = scopes.id AND p.status = 'delivering'))"
        ) {
            $0.bind(now, at: 1)
        }
    }

    /// A plan of everyone, made since, is what somebody was asked about.
    static func endRestored(by plan: StoredPlan, on connection: SQLiteConnection) throws {
        try connection.run(
            "UPDATE scopes SET restored_at = NULL WHERE id = ?2 AND restored_at <="
                + " (SELECT created_at FROM plans_data WHERE plan_no = ?1 AND NOT is_partial)"
        ) {
            $0.bind(plan.number, at: 1)
            $0.bind(plan.scope, at: 2)
        }
    }

    private static func text(_ name: String, on connection: SQLiteConnection) throws -> String? {
        try connection.first("SELECT value FROM meta WHERE name = ?1") {
            $0.bind(name, at: 1)
        } read: {
            try $0.word(at: 0)
        }
    }

    private static func set(_ name: String, to value: String, on connection: SQLiteConnection) throws {
        try connection.run("INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)") {
            $0.bind(name, at: 1)
            $0.bind(value, at: 2)
        }
    }
}
