/// What went wrong at a source. `kind` is what the caller does next.
package struct SourceFailure: Error, Sendable {
    package enum Kind: Sendable, Equatable {
        /// The statement or the configuration is wrong: fix it (exit 2).
        case statement
        /// Permission, a file that cannot be read, or an error while rows flow: exit 6.
        case unavailable
        /// No connection could be made: exit 6, but after a lost one it is worth another try, since a server that
        /// fails over or restarts refuses connections for a while.
        case unreachable
        /// The connection broke or the server asked to try again: read again from zero, then exit 6.
        case lost
        /// The statement ran out of its own time limit: exit 6.
        case timedOut
        /// We cancelled it.
        case cancelled
    }

    package var kind: Kind
    package var diagnostic: Diagnostic

    package init(_ kind: Kind, _ diagnostic: Diagnostic) { (self.kind, self.diagnostic) = (kind, diagnostic) }
}

/// A database that models run on. Every call opens its own connection and closes it: no transaction outlives a read.
package protocol Source: Sendable {
    var dialect: SQLDialect { get }

    /// What is connected to, whoever decides it, without secrets: another one is another database, or the same seen by
    /// another user. Opens nothing.
    var identity: String { get }

    /// The columns of a prepared statement; no row is read. Refuses what is not one SELECT.
    func describe(_ statement: SQLStatement) async throws(SourceFailure) -> [ColumnDescription]

    /// Starts a read-only, single-snapshot read of the statement.
    func read(_ statement: SQLStatement) async throws(SourceFailure) -> any RowReader

    /// What `doctor` asks: connects, says who it is connected as and the server's version.
    func probe() async throws(SourceFailure) -> String

    /// What else `doctor` asks: what the statements read, and what the source's role may do with it. Reads no row.
    /// Nil where a database knows no rights of its own.
    func rights(toRead statements: [SQLStatement]) async throws(SourceFailure) -> ReadingRights?
}

extension Source {
    package func rights(toRead statements: [SQLStatement]) async throws(SourceFailure) -> ReadingRights? { nil }
}

/// What a source's role may do with the tables that models read.
package struct ReadingRights: Sendable, Equatable {
    package var role: String
    /// Tables, views and the like that the models name, as SQL writes them; sorted.
    package var tables: [String]
    /// Tables, functions and schemas that the role lacks a right to.
    package var lacking: [String] = []
    /// Statements that give the role what it lacks; empty when nothing is missing.
    package var missing: [String] = []
    /// Where and in whose words the database refuses a read that no grant to the role is sure to mend.
    package var refusals: [String] = []
    /// Tables that the role may also change.
    package var changeable: [String] = []
    /// Statements that make a role which can read these tables, and no more.
    package var leastRole: [String] = []
    /// False when a statement could not be prepared, so that it may need more.
    package var isComplete = true

    package init(role: String, tables: [String]) { (self.role, self.tables) = (role, tables) }
}

/// Rows of one read, pulled batch by batch.
package protocol RowReader: Sendable {
    var columns: [ColumnDescription] { get }

    /// Up to about a thousand rows in `batch`, which is emptied first; nil only after the database itself said that the
    /// read is complete. A read that dies half-way throws, whatever rows came before. Cancelling the task cancels the
    /// statement on the server.
    func next(reusing batch: consuming RowBatch) async throws(SourceFailure) -> RowBatch?

    /// Ends the transaction and closes the connection; safe to call twice.
    func close() async
}

extension RowReader {
    /// All rows, to the end of the read: while one batch is taken, the source fills the other.
    package func eachBatch(_ take: (RowBatch) async throws -> Void) async throws {
        var spare = RowBatch(columnCount: columns.count)
        var current = try await next(reusing: RowBatch(columnCount: columns.count))
        while let batch = current {
            let empty = spare
            spare = RowBatch(columnCount: 0)
            async let following = next(reusing: empty)
            try await take(batch)
            current = try await following
            spare = batch
        }
    }
}
