extension SQLiteStateSchema {
    /// Who was rejected, and how often in a row with which values; until here nothing wrote the table. Whether a user is
    /// quarantined depends on what the sync says, which the scope remembers of its last delivery.
    static let rejections = """
        ALTER TABLE scopes ADD COLUMN deliveries INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE scopes ADD COLUMN quarantine_after_runs INTEGER NOT NULL DEFAULT 5;
        ALTER TABLE plans_data ADD COLUMN is_whole INTEGER NOT NULL DEFAULT 0;
        DROP VIEW quarantine;
        DROP TABLE quarantine_data;
        CREATE TABLE quarantine_data (
            scope_id INTEGER NOT NULL, key_hash BLOB NOT NULL, user_uid NOT NULL, primary_key NOT NULL,
            fingerprint BLOB, rejected_runs INTEGER NOT NULL, last_delivery INTEGER NOT NULL,
            planned_delivery INTEGER NOT NULL, last_answer TEXT, since INTEGER, PRIMARY KEY (scope_id, key_hash)
        ) WITHOUT ROWID;
        CREATE VIEW quarantine AS SELECT s.sync, s.project_uid, s.edge_host, \(clear("q.user_uid")) AS user_uid,
            \(clear("q.primary_key")) AS primary_key, q.rejected_runs, \(time("q.since")) AS since, q.last_answer
            FROM quarantine_data q JOIN scopes s ON s.id = q.scope_id
            WHERE q.rejected_runs >= s.quarantine_after_runs AND NOT EXISTS (SELECT 1 FROM snapshot_users u
            WHERE u.scope_id = q.scope_id AND u.key_hash = q.key_hash AND u.flags & 2);
        """
}
