import SyncCore

/// One connection in one read-only, repeatable-read transaction: opened for a single describe or read, always rolled
/// back, always closed. Everything that blocks happens on its own queue.
actor PostgresSession {
    private let executor = DatabaseExecutor(label: "headrace.postgres")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
    nonisolated private let canceller = PGCanceller()

    private let settings: PostgresSettings
    private var diagnosis: PostgresDiagnosis
    private var connection: PGConnection?
    private var model: PreparedModel?
    /// Of the statement's parameters, in text.
    private var values: [String] = []
    /// Rows are on their way.
    private var isReading = false
    /// In batches that were handed on.
    private var rowsRead = 0
    /// How the read ended: nil while it goes on.
    private var ending: Result<Void, SourceFailure>?

    init(_ settings: PostgresSettings) {
        self.settings = settings
        diagnosis = PostgresDiagnosis(source: settings.name, target: "", lockTimeout: settings.lockTimeout)
    }

    /// Runs work of this session so that cancelling the task stops the statement on the server.
    nonisolated func cancellable<Value: Sendable>(
        _ work: () async throws(SourceFailure) -> Value
    ) async throws(SourceFailure) -> Value {
        let result: Result<Value, SourceFailure> = await withTaskCancellationHandler {
            canceller.begin()
            defer { canceller.end() }
            do throws(SourceFailure) { return .success(try await work()) } catch { return .failure(error) }
        } onCancel: {
            canceller.cancel()
        }
        return try result.get()
    }

    // MARK: - Opening

    /// Connects and begins the transaction; says who is connected where. Refuses roles that can run programs.
    @discardableResult
    func connect() throws(SourceFailure) -> String {
        let connection = try begin()
        if !settings.allowSuperuser, let role = try roleThatRunsPrograms(connection) { throw diagnosis.superuser(role) }
        return "PostgreSQL \(connection.serverVersion) as \"\(connection.user)\", database \"\(connection.database)\" "
            + "at \(connection.host):\(connection.port)\(connection.isEncrypted ? ", encrypted" : "")"
    }

    /// Also for roles that can run programs: then nothing of the statements runs.
    func rights(toRead statements: [SQLStatement]) throws(SourceFailure) -> ReadingRights {
        let connection = try begin()
        let start = settings.transactionStart(serverEncoding: connection.serverEncoding)
        let refused = settings.allowSuperuser ? nil : try roleThatRunsPrograms(connection)
        return try asking { () throws(PGError) in
            var inquiry = PostgresRights(
                connection: connection, transactionStart: "ROLLBACK; \(start)", plans: refused == nil)
            return try inquiry.ask(statements)
        }
    }

    private func begin() throws(SourceFailure) -> PGConnection {
        let connection = try open()
        _ = try asking { () throws(PGError) in
            try connection.execute(settings.transactionStart(serverEncoding: connection.serverEncoding))
        }
        return connection
    }

    /// Connects and prepares; the columns of the model. `checks`: also lets the server plan it and check permissions,
    /// reading no row.
    func prepare(_ statement: SQLStatement, checks: Bool) throws(SourceFailure) -> [ColumnDescription] {
        diagnosis.statement = statement
        var outline = try ModelGate.outline(statement, diagnosis)
        let filled = FilledStatement(statement)
        values = filled.values
        if !values.isEmpty {
            diagnosis.statement = filled.statement
            outline = SQLOutline(filled.statement.text)
        }
        try connect()
        guard let connection else { throw diagnosis.brokenOff }
        do throws(SourceFailure) {
            let model = try PreparedModel(
                outline, values: values, on: connection, diagnosis, isCancelled: { self.canceller.isCancelled })
            if checks { try model.check(on: connection, diagnosis) }
            self.model = model
            return model.columns
        } catch {
            throw canceller.isCancelled ? diagnosis.cancelled : namingLockHolder(error)
        }
    }

    /// Sends the prepared model; its rows wait to be pulled with `fill`.
    func start() throws(SourceFailure) {
        guard let connection else { throw diagnosis.brokenOff }
        try asking { () throws(PGError) in try connection.startSingleRowMode(values) }
        isReading = true
    }

    private func open() throws(SourceFailure) -> PGConnection {
        let connection = try anotherConnection()
        self.connection = connection
        canceller.connected(connection.cancelHandle())
        return connection
    }

    private func anotherConnection() throws(SourceFailure) -> PGConnection {
        try stopIfCancelled()
        let parameters: PGParameters
        do throws(PGParametersProblem) {
            parameters = try PGParameters(url: settings.url.reveal(), environment: settings.environment)
        } catch { throw diagnosis.address(error) }
        diagnosis.target = parameters.target
        do throws(PGError) {
            return try PGConnection(parameters, isCancelled: { [canceller] in canceller.isCancelled })
        } catch { throw canceller.isCancelled ? diagnosis.cancelled : diagnosis.connecting(error) }
    }

    /// Membership is enough: a model may take on the other role with set_config.
    private func roleThatRunsPrograms(_ connection: PGConnection) throws(SourceFailure) -> String? {
        try asking { () throws(PGError) -> String? in
            let result = try connection.execute(
                """
                SELECT r.rolname FROM pg_catalog.pg_roles r WHERE r.rolname IN (current_user, session_user) \
                AND EXISTS (SELECT FROM pg_catalog.pg_roles p WHERE (p.rolsuper OR p.rolname = \
                'pg_execute_server_program') AND pg_catalog.pg_has_role(r.oid, p.oid, 'MEMBER')) LIMIT 1
                """)
            return result.rowCount == 0 ? nil : result.text(row: 0, column: 0)
        }
    }

    // MARK: - Reading

    /// Up to a thousand rows or about a megabyte; nil after the server's own word that the read is complete.
    func fill(_ batch: consuming RowBatch) throws(SourceFailure) -> RowBatch? {
        if let ending {
            try ending.get()
            return nil
        }
        guard let connection, let model, isReading else { throw diagnosis.cancelled }
        do throws(SourceFailure) {
            try stopIfCancelled()
            var filled = consume batch
            let isComplete = try pull(into: &filled, from: connection, model)
            if isComplete { finish(.success(())) }
            return isComplete && filled.cells.isEmpty ? nil : filled
        } catch {
            let failure = namingLockHolder(error)
            finish(.failure(failure))
            throw failure
        }
    }

    /// True when the server said that these were the last rows.
    private func pull(
        into batch: inout RowBatch, from connection: PGConnection, _ model: PreparedModel
    ) throws(SourceFailure) -> Bool {
        precondition(batch.columnCount == model.columns.count, "a batch belongs to the columns of one statement")
        batch.removeAll()
        var rows = 0
        while rows < ReadLimit.rows, batch.bytes.count < ReadLimit.bytes {
            guard let result = connection.nextResult() else { throw diagnosis.brokenOff }
            let status = result.status
            if status == PGStatus.singleRow {
                let start = batch.bytes.count
                if let column = model.decode(result, into: &batch) {
                    throw diagnosis.undecodable(model.columns[column])
                }
                rows += 1
                if batch.bytes.count - start > RowLimit.bytes {
                    throw diagnosis.rowTooLarge(rowsRead + rows, batch.largestColumn.map { model.columns[$0] })
                }
            } else if status == PGStatus.complete {
                try confirmEnd(connection)
                return true
            } else {
                let error = result.error ?? PGError(sqlState: "", message: "an unexpected answer")
                if let column = RowGuard.column(in: error), model.columns.indices.contains(column) {
                    throw diagnosis.rowTooLarge(rowsRead + rows + 1, model.columns[column])
                }
                throw failure(error, .reading)
            }
        }
        rowsRead += rows
        return false
    }

    /// Nothing may follow the final status, an error least of all.
    private func confirmEnd(_ connection: PGConnection) throws(SourceFailure) {
        while let result = connection.nextResult() {
            if let error = result.error { throw failure(error, .reading) }
        }
        isReading = false
        if connection.isLost { throw diagnosis.brokenOff }
    }

    // MARK: - Ending

    /// Rolls back and closes; safe to call twice. A read that was not complete can no longer be pulled from.
    func close() {
        if ending == nil { ending = .failure(diagnosis.cancelled) }
        guard let connection else { return }
        self.connection = nil
        if isReading {
            isReading = false
            // The server would otherwise produce all remaining rows before it saw the ROLLBACK.
            guard !connection.isLost, connection.cancelHandle()?.send() == true else { return }
            while let result = connection.nextResult() { _ = consume result }
        }
        // What fails here is a connection that is gone, and its transaction with it.
        if !connection.isLost { _ = try? connection.execute("ROLLBACK") }
    }

    private func finish(_ ending: Result<Void, SourceFailure>) {
        self.ending = ending
        close()
    }

    // MARK: - Failures

    /// A failure for a lock says who holds it, where that can be learnt. Ends the transaction.
    private func namingLockHolder(_ failure: SourceFailure) -> SourceFailure {
        guard failure.diagnostic.code == "source_lock", let connection, let statement = diagnosis.statement,
            let watcher = try? anotherConnection(), (watcher.host, watcher.port) == (connection.host, connection.port)
        else { return failure }
        while let result = connection.nextResult() { _ = consume result }
        isReading = false
        let watch = PostgresLockWatch(waiting: connection, watcher: watcher)
        let start = settings.transactionStart(serverEncoding: connection.serverEncoding)
        let text = SQLOutline(statement.text).statement
        let finding = try? watch.find(text, values, transactionStart: "ROLLBACK; \(start)")
        guard !canceller.isCancelled else { return diagnosis.cancelled }
        return finding.map { diagnosis.locked(by: $0) } ?? failure
    }

    private func stopIfCancelled() throws(SourceFailure) {
        if canceller.isCancelled { throw diagnosis.cancelled }
    }

    private func failure(_ error: PGError, _ phase: PostgresDiagnosis.Phase) -> SourceFailure {
        canceller.isCancelled ? diagnosis.cancelled : diagnosis.failure(error, phase)
    }

    private func asking<Value>(_ work: () throws(PGError) -> Value) throws(SourceFailure) -> Value {
        try stopIfCancelled()
        do throws(PGError) { return try work() } catch { throw failure(error, .opening) }
    }
}

/// How much one batch holds at most, one row aside.
private enum ReadLimit {
    static let rows = 1000
    static let bytes = 1024 * 1024
}
