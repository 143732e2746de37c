internal import SQLDatabases
package import SyncCore

/// Keeps the cursor's mark of a scope true while a plan is delivered, inside the caller's transaction.
struct CursorWriter {
    let connection: SQLiteConnection
    let plan: SQLiteStateStore.StoredPlan

    /// A whole read may have found what lies below the mark, and until its plan is delivered the mark hides it from
    /// partial reads. Nor does it hold for what a plan without a cursor sends.
    func beginDelivery() throws {
        let reading = try storedReading()
        if reading == nil { try bound("DELETE FROM cursors_data WHERE scope_id = ?1") }
        if let reading, !reading.isIncremental, reading.hold != .partialRun {
            try bound("UPDATE cursors_data SET kind = NULL, mark = NULL WHERE scope_id = ?1")
        }
    }

    /// The mark moves only when every operation of the whole plan is confirmed.
    func finish(_ counts: OperationCounts) throws {
        guard let reading = try storedReading() else { return }
        let hold = reading.hold ?? (counts.confirmed == counts.planned ? nil : .notAllConfirmed)
        if let hold { return try keep(reading, hold) }
        if reading.isIncremental { try moveOn(reading) } else { try start(reading) }
    }

    /// Of a delivery that nobody finishes.
    func abandon() throws {
        if let reading = try storedReading() { try keep(reading, reading.hold ?? .notAllConfirmed) }
    }

    private func keep(_ reading: ModelReading, _ hold: CursorHold) throws {
        try connection.run(
            "INSERT INTO cursors_data (scope_id, column_name, digest, held_by) VALUES (?1, ?2, ?3, ?4)"
                + " ON CONFLICT (scope_id) DO UPDATE SET held_by = excluded.held_by"
        ) {
            $0.bind(plan.scope, at: 1)
            $0.bind(reading.column, at: 2)
            $0.bind(reading.digest, at: 3)
            $0.bind(hold.rawValue, at: 4)
        }
    }

    private func start(_ reading: ModelReading) throws {
        try connection.run(
            "INSERT OR REPLACE INTO cursors_data (scope_id, column_name, kind, mark, digest, full_read_at)"
                + " SELECT ?1, ?2, ?3, ?4, ?5, created_at FROM plans_data WHERE plan_no = ?6"
        ) {
            $0.bind(plan.scope, at: 1)
            $0.bind(reading.column, at: 2)
            $0.bind(reading.reached?.kind.rawValue, at: 3)
            $0.bind(reading.reached?.value, at: 4)
            $0.bind(reading.digest, at: 5)
            $0.bind(plan.number, at: 6)
        }
    }

    /// From the mark that the plan was made from, and no other.
    private func moveOn(_ reading: ModelReading) throws {
        try connection.run(
            "UPDATE cursors_data SET kind = ?2, mark = ?3, held_by = NULL WHERE scope_id = ?1 AND digest = ?4"
                + " AND kind = ?5 AND mark = ?6"
        ) {
            $0.bind(plan.scope, at: 1)
            $0.bind(reading.reached?.kind.rawValue, at: 2)
            $0.bind(reading.reached?.value, at: 3)
            $0.bind(reading.digest, at: 4)
            $0.bind(reading.base?.kind.rawValue, at: 5)
            $0.bind(reading.base?.value, at: 6)
        }
    }

    private func bound(_ sql: String) throws {
        try connection.run(sql) { $0.bind(plan.scope, at: 1) }
    }

    private func storedReading() throws -> ModelReading? {
        let text = try connection.first("SELECT reading FROM plans_data WHERE plan_no = ?1") {
            $0.bind(plan.number, at: 1)
        } read: {
            $0.text(at: 0)
        }
        return try (text ?? nil).map(StateJSON.reading)
    }
}

extension SQLiteStateStore {
    /// A run that ended before its delivery left the mark where it was, whatever held it before.
    static func holdMark(after report: RunReport, on connection: SQLiteConnection) throws {
        guard let plan = report.planID else { return }
        try connection.run(
            "UPDATE cursors_data SET held_by = ?3 WHERE scope_id = coalesce("
                + "(SELECT scope_id FROM plans_data WHERE plan_id = ?1), (SELECT last_scope FROM syncs WHERE name = ?2))"
                + " AND NOT EXISTS (SELECT 1 FROM plans_data WHERE plan_id = ?1 AND status = 'finished')"
        ) {
            $0.bind(plan.text, at: 1)
            $0.bind(report.sync, at: 2)
            $0.bind((report.reading?.hold ?? .notAllConfirmed).rawValue, at: 3)
        }
    }

    package func cursor(of scope: Int64) throws(StateFailure) -> CursorRecord? {
        try read { connection in
            try connection.first(
                "SELECT \(Self.cursorColumns) FROM cursors_data c WHERE c.scope_id = ?1"
            ) {
                $0.bind(scope, at: 1)
            } read: {
                try Self.cursorRecord($0, from: 0)
            } ?? nil
        }
    }

    static let cursorColumns = "c.column_name, c.kind, c.mark, c.digest, c.full_read_at, c.held_by"

    /// From `cursorColumns`, at a place; nil where an outer join found nothing.
    static func cursorRecord(_ row: SQLiteStatement, from first: Int32) throws -> CursorRecord? {
        guard let column = row.text(at: first) else { return nil }
        var mark: CursorMark?
        if let value = row.text(at: first + 2) {
            mark = CursorMark(try row.word(at: first + 1, as: CursorMark.Kind.self), value)
        }
        return CursorRecord(
            column: column, mark: mark, digest: try row.word(at: first + 3), fullReadAt: row.time(at: first + 4),
            hold: row.isNull(at: first + 5) ? nil : try row.word(at: first + 5, as: CursorHold.self))
    }
}
