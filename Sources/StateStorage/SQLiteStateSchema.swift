/// The numbered steps from an empty file to the schema of this version; `PRAGMA user_version` counts those done. A
/// step that was released is never edited. `docs/state.md` describes the result.
enum SQLiteStateSchema {
    /// `HDRC`: tells our file from any other SQLite database.
    static let applicationID: Int64 = 0x4844_5243
    static let migrations = [
        tables + views, protection, confirmations, cursors, confirmedRanges, rejections, lateWrites, doubt,
        plansProtection, lateValues,
    ]
    static var version: Int { migrations.count }

    /// Ids that carry their owner in the high bits keep a plan's or a scope's rows side by side in their table and
    /// spare an index: an operation is `plan << 32 | sequence`, a user of the snapshot `scope << 40 | serial`.
    static let planShift: Int64 = 32
    static let scopeShift: Int64 = 40

    private static let tables = """
        CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
        CREATE TABLE leases (
            name TEXT PRIMARY KEY, host TEXT NOT NULL, boot_id TEXT NOT NULL, process_id INTEGER NOT NULL,
            start_time INTEGER NOT NULL, run_id TEXT NOT NULL, fence INTEGER NOT NULL, renewed_at INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE fenced_runs (run_id TEXT PRIMARY KEY) WITHOUT ROWID;
        CREATE TABLE syncs (name TEXT PRIMARY KEY, last_scope INTEGER, had_rows INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
        CREATE TABLE scopes (
            id INTEGER PRIMARY KEY, sync TEXT NOT NULL, project_uid TEXT NOT NULL, edge_host TEXT NOT NULL,
            is_loopback INTEGER NOT NULL, UNIQUE (sync, project_uid, edge_host)
        );
        CREATE TABLE snapshot_users (
            id INTEGER PRIMARY KEY, scope_id INTEGER NOT NULL, key_hash BLOB NOT NULL, fingerprint BLOB NOT NULL,
            flags INTEGER NOT NULL, UNIQUE (scope_id, key_hash)
        );
        CREATE TABLE snapshot_values (
            id INTEGER PRIMARY KEY, user_uid NOT NULL, primary_key NOT NULL, values_json TEXT NOT NULL, run_no INTEGER
        );
        CREATE TABLE plans_data (
            plan_no INTEGER PRIMARY KEY AUTOINCREMENT, plan_id TEXT NOT NULL UNIQUE, sync TEXT NOT NULL,
            scope_id INTEGER NOT NULL, status TEXT NOT NULL, created_at INTEGER NOT NULL,
            definition_digest TEXT NOT NULL, queried INTEGER NOT NULL, unchanged INTEGER NOT NULL,
            added INTEGER NOT NULL, changed INTEGER NOT NULL, removed INTEGER NOT NULL, invalid INTEGER NOT NULL,
            planned INTEGER NOT NULL, guards TEXT NOT NULL, mapping_added TEXT NOT NULL, run_id TEXT,
            open_through INTEGER NOT NULL DEFAULT 0
        );
        CREATE INDEX plans_by_sync ON plans_data (sync, status);
        CREATE TABLE operations_data (
            id INTEGER PRIMARY KEY, key_hash BLOB NOT NULL, user_uid NOT NULL, primary_key NOT NULL,
            kind TEXT NOT NULL, reason TEXT NOT NULL, body, sent_attributes TEXT, fingerprint BLOB,
            snapshot_values TEXT, values_before TEXT
        );
        CREATE TABLE outcomes (
            id INTEGER PRIMARY KEY, outcome TEXT NOT NULL, attempts INTEGER NOT NULL, last_answer TEXT
        );
        CREATE TABLE settlements (
            id INTEGER PRIMARY KEY, key_hash BLOB NOT NULL, user_uid, primary_key, fingerprint BLOB, values_json TEXT
        );
        CREATE TABLE withdrawals (
            plan_no INTEGER NOT NULL, key_hash BLOB NOT NULL, through_operation INTEGER NOT NULL,
            through_settlement INTEGER NOT NULL, PRIMARY KEY (plan_no, key_hash)
        ) WITHOUT ROWID;
        CREATE TABLE invalid_rows_data (
            id INTEGER PRIMARY KEY, primary_key TEXT, column_name TEXT, value TEXT, expected TEXT, reason TEXT NOT NULL
        );
        CREATE TABLE runs_data (
            run_no INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE, plan_id TEXT, sync TEXT NOT NULL,
            model TEXT NOT NULL, status TEXT NOT NULL, trigger_word TEXT NOT NULL, started_at INTEGER NOT NULL,
            finished_at INTEGER, error TEXT, queried INTEGER NOT NULL, unchanged INTEGER NOT NULL,
            added INTEGER NOT NULL, changed INTEGER NOT NULL, removed INTEGER NOT NULL, invalid INTEGER NOT NULL,
            planned INTEGER NOT NULL, confirmed INTEGER NOT NULL, rejected INTEGER NOT NULL, unknown INTEGER NOT NULL,
            deferred INTEGER NOT NULL, quarantined INTEGER NOT NULL, sent INTEGER NOT NULL, retried INTEGER NOT NULL,
            guards TEXT NOT NULL, query_seconds REAL NOT NULL, plan_seconds REAL NOT NULL,
            deliver_seconds REAL NOT NULL, invalid_sample TEXT NOT NULL, exit_code INTEGER NOT NULL,
            cancel_requested INTEGER NOT NULL DEFAULT 0
        );
        CREATE INDEX runs_by_sync ON runs_data (sync, started_at);
        CREATE INDEX runs_by_start ON runs_data (started_at);
        CREATE INDEX runs_by_plan ON runs_data (plan_id);
        CREATE TABLE attempts_data (
            id INTEGER PRIMARY KEY, run_id TEXT NOT NULL, sequence INTEGER NOT NULL, number INTEGER NOT NULL,
            started_at INTEGER NOT NULL, answer TEXT, milliseconds REAL
        );
        CREATE TABLE quarantine_data (
            scope_id INTEGER NOT NULL, key_hash BLOB NOT NULL, user_uid NOT NULL, primary_key NOT NULL,
            rejected_runs INTEGER NOT NULL, since INTEGER, PRIMARY KEY (scope_id, key_hash)
        ) WITHOUT ROWID;
        CREATE TABLE alerts_data (
            id INTEGER PRIMARY KEY, rule TEXT NOT NULL, sync TEXT, severity TEXT NOT NULL, status TEXT NOT NULL,
            raised_at INTEGER NOT NULL, resolved_at INTEGER, message TEXT NOT NULL
        );

        """

    /// What a sync keeps no clear text of, a JSON array.
    private static let protection = "ALTER TABLE syncs ADD COLUMN protected TEXT NOT NULL DEFAULT '[]'"

    /// The same of a plan's rows; null in those of an older Headrace.
    private static let plansProtection = "ALTER TABLE plans_data ADD COLUMN protected TEXT"

    /// What a late write carries, whether a run has confirmed other values since, and the first run after it.
    private static let lateValues = """
        ALTER TABLE late_writes ADD COLUMN fingerprint;
        ALTER TABLE late_writes ADD COLUMN is_overtaken INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE late_writes ADD COLUMN noted_at INTEGER;
        UPDATE late_writes SET is_overtaken = during_run IS NULL;
        ALTER TABLE late_writes DROP COLUMN during_run
        """

    /// How far a scope's model was read and delivered, and what a plan and its run read of it, a JSON object.
    private static let cursors = """
        CREATE TABLE cursors_data (
            scope_id INTEGER PRIMARY KEY, column_name TEXT NOT NULL, kind TEXT, mark TEXT, digest TEXT NOT NULL,
            full_read_at INTEGER, held_by TEXT
        );
        ALTER TABLE plans_data ADD COLUMN reading TEXT;
        ALTER TABLE runs_data ADD COLUMN reading TEXT;
        CREATE VIEW cursors AS SELECT s.sync, s.project_uid, s.edge_host, c.column_name, c.mark,
            \(time("c.full_read_at")) AS full_read_at, c.held_by FROM cursors_data c JOIN scopes s ON s.id = c.scope_id
        """

    /// Operations whose user was confirmed and waits for a place in the snapshot.
    private static let confirmations = "CREATE TABLE confirmations (id INTEGER PRIMARY KEY)"

    /// A row stands for all operations from its id through `last_id`.
    private static let confirmedRanges = """
        ALTER TABLE confirmations ADD COLUMN last_id INTEGER NOT NULL DEFAULT 0;
        UPDATE confirmations SET last_id = id
        """

    /// Users whom a run that lost its locks may have sent to since; `during_run` is the run that
    /// took over, as long as it has sent nothing.
    private static let lateWrites = """
        CREATE TABLE late_writes (
            scope_id INTEGER NOT NULL, key_hash BLOB NOT NULL, user_uid NOT NULL, primary_key NOT NULL, during_run TEXT,
            PRIMARY KEY (scope_id, key_hash)
        ) WITHOUT ROWID;
        """

    /// Microseconds as `2026-11-23T10:00:00.000Z`.
    static func time(_ column: String) -> String {
        "strftime('%Y-%m-%dT%H:%M:%S', \(column) / 1000000, 'unixepoch')"
            + " || printf('.%03dZ', \(column) / 1000 % 1000)"
    }

    /// Sealed text shows as null.
    static func clear(_ column: String) -> String {
        "CASE typeof(\(column)) WHEN 'text' THEN \(column) END"
    }

    private static let views = """
        CREATE VIEW runs AS SELECT run_id, sync, model, status, trigger_word AS "trigger", plan_id,
            \(time("started_at")) AS started_at, \(time("finished_at")) AS finished_at, error, exit_code,
            queried, unchanged, added, changed, removed, invalid,
            planned, confirmed, rejected, unknown, deferred, quarantined, sent AS attempts_sent,
            retried AS attempts_retried, query_seconds, plan_seconds, deliver_seconds, guards, invalid_sample
            FROM runs_data;
        CREATE VIEW operations AS SELECT p.plan_id, p.run_id, p.sync, o.id & 4294967295 AS sequence,
            \(clear("o.user_uid")) AS user_uid, \(clear("o.primary_key")) AS primary_key, o.kind, o.reason,
            coalesce(x.outcome, 'planned') AS outcome, coalesce(x.attempts, 0) AS attempts, x.last_answer,
            CASE typeof(o.body) WHEN 'null' THEN o.snapshot_values WHEN 'text' THEN o.body END AS body,
            o.snapshot_values AS values_after, o.values_before
            FROM operations_data o JOIN plans_data p ON p.plan_no = o.id >> 32 LEFT JOIN outcomes x ON x.id = o.id
            WHERE p.status <> 'building';
        CREATE VIEW snapshot AS SELECT s.sync, s.project_uid, s.edge_host, \(clear("v.user_uid")) AS user_uid,
            \(clear("v.primary_key")) AS primary_key, v.values_json AS attributes, u.flags & 1 AS is_confirmed,
            u.flags >> 1 & 1 AS is_dirty, r.run_id AS confirmed_by
            FROM snapshot_users u JOIN snapshot_values v ON v.id = u.id JOIN scopes s ON s.id = u.scope_id
            LEFT JOIN runs_data r ON r.run_no = v.run_no;
        CREATE VIEW invalid_rows AS SELECT r.run_id, p.plan_id, p.sync, i.primary_key, i.column_name, i.value,
            i.expected, i.reason
            FROM invalid_rows_data i JOIN plans_data p ON p.plan_no = i.id >> 32
            LEFT JOIN runs_data r ON r.plan_id = p.plan_id;
        CREATE VIEW attempts AS SELECT run_id, sequence, number, \(time("started_at")) AS started_at, answer,
            milliseconds FROM attempts_data;
        CREATE VIEW quarantine AS SELECT s.sync, s.project_uid, s.edge_host, \(clear("q.user_uid")) AS user_uid,
            \(clear("q.primary_key")) AS primary_key, q.rejected_runs, \(time("q.since")) AS since
            FROM quarantine_data q JOIN scopes s ON s.id = q.scope_id;
        CREATE VIEW alerts AS SELECT rule, sync, severity, status, \(time("raised_at")) AS raised_at,
            \(time("resolved_at")) AS resolved_at, message FROM alerts_data;
        """
}
