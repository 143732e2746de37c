internal import SQLDatabases
internal import SyncCore

/// A plan's row and its operations' rows, and back.
extension SQLiteStateStore {
    struct StoredPlan {
        var number: Int64
        var status: PlanStatus
        var sync: String
        var scope: Int64
        var run: RunID?
        var openThrough: Int
    }

    private static let planColumnNames = [
        "plan_id", "sync", "scope_id", "status", "created_at", "definition_digest", "queried", "unchanged", "added",
        "changed", "removed", "invalid", "planned", "guards", "mapping_added", "reading",
        "is_whole", "is_partial", "protected",
    ]
    static let planColumns = planColumnNames.joined(separator: ", ")

    static func insert(_ plan: PlanRecord, on connection: SQLiteConnection) throws {
        let places = (1...planColumnNames.count).map { "?\($0)" }.joined(separator: ", ")
        try bind(plan, to: connection.cached("INSERT INTO plans_data (\(planColumns)) VALUES (\(places))")).run()
    }

    static func update(_ plan: PlanRecord, number: Int64, on connection: SQLiteConnection) throws {
        let settings = planColumnNames.enumerated().map { "\($1) = ?\($0 + 1)" }.joined(separator: ", ")
        let place = Int32(planColumnNames.count + 1)
        let statement = try bind(
            plan, to: connection.cached("UPDATE plans_data SET \(settings) WHERE plan_no = ?\(place)"))
        statement.bind(number, at: place)
        try statement.run()
    }

    private static func bind(_ plan: PlanRecord, to statement: SQLiteStatement) throws -> SQLiteStatement {
        statement.bind(plan.planID.text, at: 1)
        statement.bind(plan.sync, at: 2)
        statement.bind(plan.scope, at: 3)
        statement.bind(plan.status.rawValue, at: 4)
        statement.bind(plan.createdAt, at: 5)
        statement.bind(plan.definitionDigest, at: 6)
        bind(plan.rows, from: 7, to: statement)
        statement.bind(plan.planned, at: 13)
        statement.bind(try StateJSON.text(of: plan.guards), at: 14)
        statement.bind(utf8: StateJSON.bytes(of: plan.mappingAdded), at: 15)
        statement.bind(try plan.reading.map(StateJSON.text), at: 16)
        statement.bind(plan.isWhole, at: 17)
        statement.bind(plan.isPartial, at: 18)
        statement.bind(utf8: plan.protectedNames.map { StateJSON.bytes(of: $0.sorted()) }, at: 19)
        return statement
    }

    static func planRecord(_ row: SQLiteStatement) throws -> PlanRecord {
        var plan = PlanRecord(
            planID: try row.identifier(at: 0), sync: try row.word(at: 1), scope: row.integer(at: 2),
            status: try row.word(at: 3, as: PlanStatus.self), createdAt: WallTime(microseconds: row.integer(at: 4)),
            definitionDigest: try row.word(at: 5))
        plan.rows = rowCounts(row, from: 6)
        plan.planned = row.number(at: 12)
        plan.guards = try StateJSON.guards(try row.word(at: 13))
        plan.mappingAdded = try StateJSON.names(try row.word(at: 14))
        plan.reading = try row.text(at: 15).map(StateJSON.reading)
        plan.isWhole = row.flag(at: 16)
        plan.isPartial = row.flag(at: 17)
        plan.protectedNames = try row.text(at: 18).map { Set(try StateJSON.names($0)) }
        return plan
    }

    static func planNumber(_ plan: PlanID, on connection: SQLiteConnection) throws -> Int64? {
        try connection.first("SELECT plan_no FROM plans_data WHERE plan_id = ?1") {
            $0.bind(plan.text, at: 1)
        } read: {
            $0.integer(at: 0)
        }
    }

    /// The plan, which must stand in one of the statuses.
    static func plan(
        _ plan: PlanID, in statuses: Set<PlanStatus>, on connection: SQLiteConnection
    ) throws -> StoredPlan {
        guard let stored = try storedPlans(where: "plan_id = ?1", on: connection, { $0.bind(plan.text, at: 1) }).first
        else { throw inconsistent("there is no plan \(plan)") }
        guard statuses.contains(stored.status) else {
            throw inconsistent("plan \(plan) is \(stored.status.rawValue), which this step does not allow")
        }
        return stored
    }

    static func superseded(_ plan: PlanID) -> StateFailure {
        StateFailure(
            .outdated,
            .error(
                "plan_outdated", "plan \(plan) was superseded by a newer plan or run of its sync",
                hint: "make a new one with `headrace plan`"))
    }

    /// The plan that this run delivers; refused when the run has lost it.
    static func delivering(_ plan: PlanID, by run: RunID, on connection: SQLiteConnection) throws -> StoredPlan {
        try refuseFenced(run, on: connection)
        let stored = try self.plan(plan, in: [.delivering], on: connection)
        guard stored.run == run else { throw inconsistent("plan \(plan) is not delivered by run \(run)") }
        return stored
    }

    /// What a run has in delivery; whether it still holds it is not asked.
    static func delivering(by run: RunID, on connection: SQLiteConnection) throws -> [StoredPlan] {
        try storedPlans(where: "run_id = ?1 AND status = 'delivering'", on: connection) { $0.bind(run.text, at: 1) }
    }

    static func storedPlans(
        where condition: String, on connection: SQLiteConnection, _ bind: (SQLiteStatement) -> Void = { _ in }
    ) throws -> [StoredPlan] {
        try connection.rows(
            "SELECT plan_no, status, sync, scope_id, run_id, open_through FROM plans_data WHERE \(condition)", bind
        ) {
            StoredPlan(
                number: $0.integer(at: 0), status: try $0.word(at: 1, as: PlanStatus.self), sync: try $0.word(at: 2),
                scope: $0.integer(at: 3), run: $0.isNull(at: 4) ? nil : try $0.identifier(at: 4),
                openThrough: $0.number(at: 5))
        }
    }

    static func setStatus(_ status: PlanStatus, of plan: Int64, on connection: SQLiteConnection) throws {
        try connection.run("UPDATE plans_data SET status = ?2 WHERE plan_no = ?1") {
            $0.bind(plan, at: 1)
            $0.bind(status.rawValue, at: 2)
        }
    }

    /// In the order of the query of `operations(of:after:limit:)`.
    static func operation(_ row: SQLiteStatement) throws -> OperationRecord {
        OperationRecord(
            sequence: Int(row.integer(at: 0) & 0xFFFF_FFFF),
            operation: PlannedOperation(
                keyHash: try row.keyHash(at: 1), userUID: row.protectedText(at: 2),
                primaryKey: row.protectedText(at: 3), kind: try row.word(at: 4, as: RowKind.self),
                reason: try row.word(at: 5, as: OperationReason.self), body: row.body(at: 6),
                sentAttributes: try row.text(at: 7).map(StateJSON.names), snapshotValues: row.bytesIfAny(at: 8),
                fingerprint: row.fingerprint(at: 9), valuesBefore: row.bytesIfAny(at: 10)),
            outcome: row.isNull(at: 11) ? nil : try row.word(at: 11, as: OperationOutcome.self),
            attempts: row.number(at: 12), lastAnswer: row.text(at: 13))
    }
}
