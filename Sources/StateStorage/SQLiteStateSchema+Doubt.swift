/// What tells that a row, or the whole file, is not what was written last.
extension SQLiteStateSchema {
    /// `checksum` (`RowChecks`) is null in rows that an older Headrace wrote, and until they are written anew. `is_partial`
    /// and `restored_at` are for copies of the file that were put back (`StateWitness`).
    static let doubt = """
        ALTER TABLE operations_data ADD COLUMN checksum INTEGER;
        ALTER TABLE snapshot_users ADD COLUMN checksum INTEGER;
        ALTER TABLE snapshot_values ADD COLUMN checksum INTEGER;
        ALTER TABLE plans_data ADD COLUMN is_partial INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE scopes ADD COLUMN restored_at INTEGER
        """
}
