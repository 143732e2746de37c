import SyncCore

/// Lets one SELECT (or WITH … SELECT) through and says of everything else what it is.
enum ModelGate {
    private static let readers: Set<String> = ["SELECT", "WITH", "VALUES", "TABLE"]
    private static let writers: Set<String> = [
        "INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE", "CREATE", "ALTER", "DROP", "COPY", "DO", "CALL", "GRANT",
        "REVOKE", "LOCK", "REFRESH", "REINDEX", "VACUUM", "CLUSTER", "IMPORT", "COMMENT",
    ]

    /// What needs no server to be seen.
    static func outline(_ statement: SQLStatement, _ diagnosis: PostgresDiagnosis) throws(SourceFailure) -> SQLOutline {
        if let nul = statement.text.unicodeScalars.firstIndex(of: "\0") {
            let offset = statement.text.unicodeScalars.distance(
                from: statement.text.unicodeScalars.startIndex, to: nul)
            throw diagnosis.refusal("sql_syntax", "the statement contains a NUL character", atScalar: offset)
        }
        let outline = SQLOutline(statement.text)
        // A lone semicolon is no statement either.
        guard outline.start != nil, outline.start != outline.semicolon || outline.second != nil else {
            throw diagnosis.refusal(
                "empty_model", "the model has no statement", atScalar: nil, hint: "write one SELECT statement")
        }
        if let parameter = outline.parameter, !statement.variables.isEmpty {
            throw unfilled(at: parameter, diagnosis)
        }
        return outline
    }

    private static func unfilled(at offset: Int?, _ diagnosis: PostgresDiagnosis) -> SourceFailure {
        diagnosis.refusal(
            "sql_parameter", "a model has no parameters to fill but variables, such as :name", atScalar: offset)
    }

    /// Why the server would not prepare the user's text.
    static func preparing(_ error: PGError, _ outline: SQLOutline, _ diagnosis: PostgresDiagnosis) -> SourceFailure {
        // The server gives several statements no position; a mistake inside one of them has its own.
        if error.sqlState == "42601", error.position == nil, let second = outline.second {
            return diagnosis.refusal(
                "two_statements", "a model is one statement: a second one starts here", atScalar: second)
        }
        return diagnosis.failure(error, .preparing)
    }

    /// Judges the prepared text.
    static func check(
        _ outline: SQLOutline, columns: Int, parameters: Int, _ diagnosis: PostgresDiagnosis
    ) throws(SourceFailure) {
        if let word = outline.firstWord, !readers.contains(word) {
            if writers.contains(word) { throw writes(word, outline, diagnosis) }
            throw diagnosis.refusal(
                "not_a_select", "a model is one SELECT statement, and this is \(word)", atScalar: outline.start)
        }
        guard columns > 0 else {
            throw diagnosis.refusal(
                "not_a_select", "a model is a SELECT that gives columns, and this gives none", atScalar: outline.start)
        }
        if parameters > 0 {
            throw unfilled(at: outline.parameter ?? outline.start, diagnosis)
        }
    }

    /// Why the server would not take the prepared text as a table: PostgreSQL allows what writes only at the top level.
    static func wrapping(
        _ error: PGError, _ outline: SQLOutline, prefix: Int, _ diagnosis: PostgresDiagnosis
    ) -> SourceFailure {
        // The user's own text was prepared, so what is wrong here is only its place inside a SELECT.
        let isInnerWrite = ["0A000", "42601"].contains(error.sqlState) && !outline.words.isDisjoint(with: writers)
        guard isInnerWrite else { return diagnosis.failure(error, .preparing, prefix: prefix) }
        let offset = error.position.map { max(0, $0 - 1 - prefix) }
        return diagnosis.refusal(
            "writes", "a model may only read, and a part of this statement writes", atScalar: offset ?? outline.start)
    }

    private static func writes(_ word: String, _ outline: SQLOutline, _ diagnosis: PostgresDiagnosis) -> SourceFailure {
        diagnosis.refusal("writes", "a model may only read, and this is \(word)", atScalar: outline.start)
    }
}
