internal import SQLDatabases
internal import SyncCore

/// Writes what the diff adds to a plan, inside the caller's transaction.
struct PlanChunkWriter {
    private static let keptInvalidRows = 1000

    let connection: SQLiteConnection
    let planNumber: Int64

    func write(_ operations: [PlannedOperation]) throws {
        var id = try lastID(in: "operations_data")
        let statement = try connection.cached(
            "INSERT INTO operations_data (id, key_hash, user_uid, primary_key, kind, reason, body, sent_attributes,"
                + " fingerprint, snapshot_values, values_before, checksum)"
                + " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, \(RowChecks.ofNewOperation))")
        for operation in operations {
            id += 1
            statement.bind(id, at: 1)
            statement.bind(operation.keyHash, at: 2)
            statement.bind(operation.userUID, at: 3)
            statement.bind(operation.primaryKey, at: 4)
            statement.bind(operation.kind.rawValue, at: 5)
            statement.bind(operation.reason.rawValue, at: 6)
            statement.bind(operation.body, at: 7)
            statement.bind(utf8: operation.sentAttributes.map(StateJSON.bytes), at: 8)
            statement.bind(operation.fingerprint, at: 9)
            statement.bind(utf8: operation.snapshotValues, at: 10)
            statement.bind(utf8: operation.valuesBefore, at: 11)
            try statement.run()
        }
    }

    func write(_ settlements: [Settlement]) throws {
        var id = try lastID(in: "settlements")
        let statement = try connection.cached(
            "INSERT INTO settlements (id, key_hash, user_uid, primary_key, fingerprint, values_json)"
                + " VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
        for settlement in settlements {
            id += 1
            statement.reset()
            statement.bind(id, at: 1)
            statement.bind(settlement.keyHash, at: 2)
            switch settlement.change {
            case .forget: break
            case .set(let userUID, let primaryKey, let fingerprint, let values):
                bind(userUID, primaryKey, fingerprint, values, to: statement)
            case .protect(let userUID, let primaryKey, let values):
                bind(userUID, primaryKey, nil, values, to: statement)
            }
            try statement.run()
        }
    }

    private func bind(
        _ userUID: ProtectedText, _ primaryKey: ProtectedText, _ fingerprint: Fingerprint?, _ values: [UInt8],
        to statement: SQLiteStatement
    ) {
        statement.bind(userUID, at: 3)
        statement.bind(primaryKey, at: 4)
        statement.bind(fingerprint, at: 5)
        statement.bind(utf8: values, at: 6)
    }

    func write(_ invalidRows: [InvalidRow]) throws {
        guard !invalidRows.isEmpty else { return }
        var id = try lastID(in: "invalid_rows_data")
        let room = Self.keptInvalidRows - Int(id - SQLiteStateStore.id(planNumber, 0))
        for row in invalidRows.prefix(max(0, room)) {
            id += 1
            try connection.run(
                "INSERT INTO invalid_rows_data (id, primary_key, column_name, value, expected, reason)"
                    + " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
            ) {
                $0.bind(id, at: 1)
                $0.bind(row.key, at: 2)
                $0.bind(row.column, at: 3)
                $0.bind(row.value, at: 4)
                $0.bind(row.expected, at: 5)
                $0.bind(row.reason, at: 6)
            }
        }
    }

    /// Notes the users whose operation or settlement so far is taken back; `finishPlan` deletes them all at once.
    func withdraw(_ users: [KeyHash]) throws {
        guard !users.isEmpty else { return }
        let operation = try lastID(in: "operations_data")
        let settlement = try lastID(in: "settlements")
        for user in users {
            try connection.run(
                "INSERT OR REPLACE INTO withdrawals (plan_no, key_hash, through_operation, through_settlement)"
                    + " VALUES (?1, ?2, ?3, ?4)"
            ) {
                $0.bind(planNumber, at: 1)
                $0.bind(user, at: 2)
                $0.bind(operation, at: 3)
                $0.bind(settlement, at: 4)
            }
        }
    }

    private func lastID(in table: String) throws -> Int64 {
        let none = SQLiteStateStore.id(planNumber, 0)
        return try connection.first(
            "SELECT max(id) FROM \(table) WHERE id > ?1 AND id < ?2", SQLiteStateStore.range(of: planNumber)
        ) {
            $0.isNull(at: 0) ? none : $0.integer(at: 0)
        } ?? none
    }
}
