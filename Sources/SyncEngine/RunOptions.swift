/// What a user asks of one `run` or `plan` beyond the files.
package struct RunOptions: Sendable, Hashable {
    /// Plan every valid row with all mapped values.
    package var fullResync = false
    /// Send nothing; record current values as confirmed.
    package var baseline = false
    /// Keep the first N operations in key order.
    package var limit: Int?
    /// A primary key as text, or `uid:VALUE`: plan that user only.
    package var key: String?
    package var overrideGuards = false
    /// `--yes`: `--baseline` on a non-empty snapshot asks nothing.
    package var assumeYes = false
    package init() {}
}
