import SyncCore

/// Says what an error of the server means for a source: what the caller does next, and a message that names the place,
/// quotes no row and shows no secret.
struct PostgresDiagnosis: Sendable {
    /// While rows flow an error may quote one, since its text is the server's or a function's; before that it cannot.
    enum Phase { case opening, preparing, reading }

    /// The source's name in headrace.yml.
    var source: String
    /// Host, port, database and user in words.
    var target: String
    var lockTimeout: Duration
    var statement: SQLStatement?

    // MARK: - Connecting

    /// libpq gives no SQLSTATE for a failed connection, so its own words say which of the causes it was.
    func connecting(_ error: PGError) -> SourceFailure {
        let lines = error.message.split(whereSeparator: \.isNewline).map {
            $0.split(separator: "\t").joined(separator: " ")
        }
        let login =
            "check host, port, database, user and password in sources.\(source).url, the PG* variables and ~/.pgpass; "
            + "`psql` with the same URL must connect"
        let encryption =
            "check sslmode, sslrootcert, sslcert and sslkey in sources.\(source).url; `psql` with the same URL asks for "
            + "less (sslmode=prefer, where Headrace has verify-full for a server that is not local), so that it connects "
            + "says nothing: add ?sslmode=verify-full for it"
        return SourceFailure(
            .unreachable,
            .error(
                "source_connection",
                "source \"\(source)\" cannot connect to \(target): \(lines.joined(separator: "; "))",
                hint: lines.contains(where: Self.speaksOfEncryption) ? encryption : login))
    }

    /// libpq has no code for it. What pg_hba.conf refuses ends with "SSL encryption", and is about the login.
    private static func speaksOfEncryption(_ line: String) -> Bool {
        let words = line.replacing("SSL encryption", with: "")
        return ["SSL", "certificate", "private key"].contains { words.contains($0) }
    }

    func address(_ problem: PGParametersProblem) -> SourceFailure {
        switch problem {
        case .notAnAddress:
            SourceFailure(
                .statement,
                .error(
                    "source_url", "the url of source \"\(source)\" is neither a PostgreSQL URI nor a DSN",
                    hint: "write postgresql://user:password@host:5432/database or host=… dbname=… user=…; "
                        + "in a URI, percent-encode special characters of the password"))
        case .passwordNotEncoded:
            SourceFailure(
                .statement,
                .error(
                    "source_url",
                    "the url of source \"\(source)\" has an @ or a / in its user or password, or a port that is no number",
                    hint: "write %40 for @, %3A for : and %2F for / in user and password"))
        }
    }

    func superuser(_ role: String) -> SourceFailure {
        SourceFailure(
            .statement,
            .error(
                "superuser",
                "source \"\(source)\" connects as \"\(role)\", a role that can run programs on the database's host: "
                    + "a read-only transaction does not stop that",
                hint: "connect as a role that can only read (`headrace doctor` prints the statements that make one), "
                    + "or accept the risk with `allow_superuser: true` in sources.\(source)"))
    }

    // MARK: - Statements

    private static let grantHint =
        "`headrace doctor` prints the GRANT statements for what the models read, or says what else is refused"

    /// A schema of the search path that the role may not use hides what is in it.
    func hidden(_ table: String, schema: String, role: String, atScalar offset: Int?) -> SourceFailure {
        place(
            .unavailable, "source_permission",
            "source \"\(source)\": relation \(table) is in schema \(schema), which role \(role) may not use",
            atScalar: offset, hint: "GRANT USAGE ON SCHEMA \(schema) TO \(role)")
    }

    /// Somebody else locks what the model reads; `finding` is nil where it could not be learnt who.
    func locked(by finding: PostgresLockWatch.Finding?) -> SourceFailure {
        let waited = "source \"\(source)\" waited \(lockTimeout) for a lock"
        let setting = "sources.\(source).lock_timeout is how long is waited"
        guard let finding else {
            return place(
                .unavailable, "source_lock", "\(waited) that another session holds",
                hint: "let that transaction end, or end it (pg_blocking_pids says whose it is); \(setting)")
        }
        let object = finding.relation.isEmpty ? "" : " on \(finding.relation)"
        let calls = finding.processes.map { "SELECT pg_terminate_backend(\($0))" }.joined(separator: "; ")
        return place(
            .unavailable, "source_lock", "\(waited)\(object), held up by \(finding.holders.joined(separator: ", "))",
            hint: "let that transaction end, or end it\(calls.isEmpty ? "" : ": \(calls)"); \(setting)")
    }

    /// `prefix` scalars stood before the user's text in what was sent.
    func failure(_ error: PGError, _ phase: Phase, prefix: Int = 0) -> SourceFailure {
        switch error.sqlState {
        case "57014":
            return place(
                .timedOut, "source_timeout", "source \"\(source)\" stopped the statement: it ran out of time",
                hint: "make the model faster or raise sources.\(source).statement_timeout; "
                    + "the server and its administrators can stop it too")
        case "55P03":
            return locked(by: nil)
        case "25006":
            return place(.statement, "writes", "a model may only read: \(error.message)")
        case "", "57P01", "57P02", "57P03", "57P04":
            return lost(error)
        // A transaction that only reads meets this nowhere but on a standby.
        case "40001":
            return lost(
                error,
                hint: "the standby needs to remove rows that the statement still reads: set hot_standby_feedback = on "
                    + "or raise max_standby_streaming_delay there, make the model faster, or read from the primary "
                    + "(target_session_attrs=primary in sources.\(source).url)")
        case _ where error.isOfForeignServer:
            let words = phase == .reading ? "" : ": \(error.message)"
            return place(
                .unavailable, "source_unavailable",
                "source \"\(source)\" runs, but cannot reach a foreign server that the model reads from\(words)",
                hint: "see that the foreign server runs, and takes the login of the role's user mapping")
        case "42501" where phase != .reading:
            return place(
                .unavailable, "source_permission", "source \"\(source)\": \(error.message)",
                hint: Self.grantHint)
        case _ where phase == .preparing && error.isMissingUserMapping:
            return place(
                .unavailable, "source_unavailable", "source \"\(source)\": \(error.message)")
        default: break
        }
        switch error.sqlClass {
        case "08", "40": return lost(error)
        case "22" where phase == .preparing && error.position == nil && hasVariables:
            // The server's message would quote the value.
            return place(
                .statement, "variable_value",
                "a variable's value does not fit where it stands: \(PGConditions.name(error.sqlState))")
        case _ where phase == .reading: return whileRowsFlow(error)
        case "28", "3D", "53", "58", "XX":
            return place(.unavailable, "source_unavailable", "source \"\(source)\": \(error.message)")
        default: return mistake(error, prefix: prefix)
        }
    }

    /// A mistake of the user's at a place in the text.
    func refusal(_ code: String, _ message: String, atScalar offset: Int?, hint: String? = nil) -> SourceFailure {
        place(.statement, code, message, atScalar: offset ?? 0, hint: hint)
    }

    var cancelled: SourceFailure {
        SourceFailure(.cancelled, .error("source_cancelled", "reading source \"\(source)\" was cancelled"))
    }

    /// The connection ended without the server's last word.
    var brokenOff: SourceFailure {
        lost(PGError(sqlState: "", message: "the connection ended before the last row"))
    }

    /// A value that is not of the type that the server announced.
    func undecodable(_ column: ColumnDescription) -> SourceFailure {
        place(
            .unavailable, "source_protocol",
            "source \"\(source)\" sent a value of column \"\(column.name)\" that is no \(column.typeName)")
    }

    func rowTooLarge(_ row: Int, _ column: ColumnDescription?) -> SourceFailure {
        RowLimit.failure(
            source: source, row: row, column: column?.name, isText: column.map { $0.type == .text } ?? true,
            at: statement?.start ?? Diagnostic.Position("", line: 1), dialect: .postgres)
    }

    private var hasVariables: Bool { statement?.variables.isEmpty == false }

    private func mistake(_ error: PGError, prefix: Int) -> SourceFailure {
        let code =
            switch error.sqlState {
            case "42601": "sql_syntax"
            case "42P01": "unknown_table"
            case "42703": "unknown_source_column"
            case "42883": "unknown_function"
            case "42P18" where hasVariables, "42P08" where hasVariables: "variable_type"
            default: "sql_error"
            }
        let offset = error.position.map { $0 - 1 - prefix }.flatMap { $0 >= 0 ? $0 : nil }
        if code == "variable_type" {
            return place(
                .statement, code, "the server cannot tell the one type of a variable", atScalar: offset,
                hint: "say it with a cast, such as :name::integer")
        }
        return place(.statement, code, error.message, atScalar: offset, hint: error.hint)
    }

    private func lost(_ error: PGError, hint: String? = nil) -> SourceFailure {
        let words = error.message.split(whereSeparator: \.isNewline).joined(separator: "; ")
        return place(
            .lost, "source_lost", "source \"\(source)\" lost its connection or its snapshot: \(words)",
            hint: hint ?? "see the server's log for why, and run again when the server is up")
    }

    /// Messages of data errors quote the data (`invalid input syntax for type integer: "…"`), so none is shown.
    private func whileRowsFlow(_ error: PGError) -> SourceFailure {
        place(
            .unavailable, "source_error",
            "source \"\(source)\" failed on a row: \(PGConditions.name(error.sqlState)) (SQLSTATE \(error.sqlState))",
            hint: (error.sqlState == "42501" ? Self.grantHint + ", except inside functions; " : "")
                + "the server's message may quote a row, so it is not shown: run the model in psql to see it")
    }

    private func place(
        _ kind: SourceFailure.Kind, _ code: String, _ message: String, atScalar offset: Int? = nil, hint: String? = nil
    ) -> SourceFailure {
        var diagnostic = Diagnostic.error(code, message, hint: hint)
        if let statement {
            if let offset {
                let place = statement.position(ofScalar: offset)
                (diagnostic.position, diagnostic.sourceLine) = (place.position, place.sourceLine)
            } else {
                diagnostic.position = statement.start
            }
        }
        return SourceFailure(kind, diagnostic)
    }
}

/// The names of errors that rows can cause (https://www.postgresql.org/docs/15/errcodes-appendix.html).
enum PGConditions {
    static func name(_ sqlState: String) -> String {
        switch sqlState {
        case "22001": "a text too long for its type"
        case "22003": "a number out of range"
        case "22007", "22008": "a date or time that is none"
        case "22012": "a division by zero"
        case "22021": "a character that is none in the encoding"
        case "22P02": "a text that does not read as the type it is cast to"
        case "21000": "a subquery with more than one row"
        case "42501": "something that the source's role may not read"
        case "42P01": "a table that does not exist"
        case _ where sqlState.hasPrefix("22"): "a value that does not fit"
        case _ where sqlState.hasPrefix("P0"): "an error raised by a function"
        case _ where sqlState.hasPrefix("42"): "a name or an expression that a value asked for"
        case _ where sqlState.hasPrefix("53"): "a server out of memory, disk or connections"
        case _ where sqlState.hasPrefix("54"): "a limit of the server"
        case _ where sqlState.hasPrefix("58"): "an I/O error of the server"
        default: "an error of the server"
        }
    }
}
