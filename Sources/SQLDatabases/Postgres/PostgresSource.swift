import Foundation
package import SyncCore

/// A PostgreSQL database that models run on, through the system's libpq. Every call makes its own connection, in which
/// one read-only, repeatable-read transaction is begun, rolled back and closed.
package struct PostgresSource: Source {
    private let settings: PostgresSettings

    package static let standardLockTimeout = Duration.seconds(30)

    /// `url` is any libpq URI or DSN; empty means the PG* variables alone. Unless it, they or a service file say
    /// otherwise, servers that are not local must show a certificate for their name, and each host has 10 s to answer.
    /// `allowSuperuser`: also roles that can run programs on the server. `statementTimeout`: nil for no limit of ours.
    /// `lockTimeout`: how long what others lock is waited for.
    package init(
        name: String, url: Secret, allowSuperuser: Bool, statementTimeout: Duration?,
        lockTimeout: Duration = standardLockTimeout
    ) {
        settings = PostgresSettings(
            name: name, url: url, allowSuperuser: allowSuperuser, statementTimeout: statementTimeout,
            lockTimeout: lockTimeout, environment: ProcessInfo.processInfo.environment)
    }

    package var dialect: SQLDialect { .postgres }

    /// Of an address that cannot be read nothing is read either.
    package var identity: String {
        (try? PGParameters(url: settings.url.reveal(), environment: settings.environment))?.identity ?? ""
    }

    package func describe(_ statement: SQLStatement) async throws(SourceFailure) -> [ColumnDescription] {
        try await inSession { session throws(SourceFailure) in
            try await session.prepare(statement, checks: true)
        }
    }

    package func read(_ statement: SQLStatement) async throws(SourceFailure) -> any RowReader {
        let session = PostgresSession(settings)
        do throws(SourceFailure) {
            let columns = try await session.cancellable { () async throws(SourceFailure) in
                let columns = try await session.prepare(statement, checks: false)
                try await session.start()
                return columns
            }
            return PostgresRowReader(columns: columns, session: session)
        } catch {
            await session.close()
            throw error
        }
    }

    package func probe() async throws(SourceFailure) -> String {
        try await inSession { session throws(SourceFailure) in try await session.connect() }
    }

    package func rights(toRead statements: [SQLStatement]) async throws(SourceFailure) -> ReadingRights? {
        try await inSession { session throws(SourceFailure) in try await session.rights(toRead: statements) }
    }

    private func inSession<Value: Sendable>(
        _ work: (PostgresSession) async throws(SourceFailure) -> Value
    ) async throws(SourceFailure) -> Value {
        let session = PostgresSession(settings)
        do throws(SourceFailure) {
            let value = try await session.cancellable { () async throws(SourceFailure) in try await work(session) }
            await session.close()
            return value
        } catch {
            await session.close()
            throw error
        }
    }
}

/// The rows of one statement, in binary and one by one from libpq, a batch at a time from here.
struct PostgresRowReader: RowReader {
    let columns: [ColumnDescription]
    let session: PostgresSession

    func next(reusing batch: consuming RowBatch) async throws(SourceFailure) -> RowBatch? {
        var slot: RowBatch? = consume batch
        return try await session.cancellable { () async throws(SourceFailure) in
            try await session.fill(slot.take() ?? RowBatch(columnCount: columns.count))
        }
    }

    func close() async { await session.close() }
}

/// What a source's connections are made with.
struct PostgresSettings: Sendable {
    var name: String
    var url: Secret
    var allowSuperuser: Bool
    var statementTimeout: Duration?
    var lockTimeout: Duration
    var environment: [String: String]

    /// Only `SET LOCAL`: a pooler such as PgBouncer would hand a plain `SET` on to the connection's next user. What a role,
    /// a database or PG* variables set would round or reformat what is cast to text, and would turn a change of theirs
    /// into a change of every row. What says how the model's own SQL reads stays, as psql has it: the time zone, the date
    /// style's order of day and month, and `lc_monetary`, which says how many decimals a money has.
    func transactionStart(serverEncoding: String) -> String {
        var commands = [
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            "SET LOCAL lock_timeout = \(lockTimeout.clampedMilliseconds)",
            "SET LOCAL idle_in_transaction_session_timeout = '5min'", "SET LOCAL extra_float_digits = 1",
            "SET LOCAL DateStyle = 'ISO'", "SET LOCAL IntervalStyle = 'postgres'", "SET LOCAL bytea_output = 'hex'",
        ]
        // Such a database holds any bytes, and would fail a whole read for one row that is not UTF-8: typing judges them.
        if serverEncoding == "SQL_ASCII" { commands.append("SET LOCAL client_encoding = 'SQL_ASCII'") }
        if let statementTimeout {
            commands.append("SET LOCAL statement_timeout = \(statementTimeout.clampedMilliseconds)")
        }
        return commands.joined(separator: "; ")
    }
}
