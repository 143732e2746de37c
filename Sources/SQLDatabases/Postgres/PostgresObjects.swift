import SyncCore

/// What the server's catalogue says of the things that a statement names, and of the current role's rights to them.
/// Everybody may read the catalogue.
struct PostgresObjects {
    struct Table {
        /// As SQL writes them.
        var schema: String, name: String
        var canRead: Bool, canReadColumns: Bool, canChange: Bool
        var everybodyUsesSchema: Bool, everybodyReads: Bool
        /// Where only some columns can be read, the others.
        var closedColumns: Set<String>
        /// Its own name; and a view that was locked too reads from it.
        fileprivate var plainName: String, isInsideView: Bool

        var text: String { "\(schema).\(name)" }

        /// What a view reads is locked too, but is its owner's to read.
        func isNamed(_ outline: SQLOutline, _ text: String) -> Bool {
            let isQuoted = name.hasPrefix("\"") && text.contains(name)
            return !isInsideView || isQuoted || outline.words.contains(plainName.uppercased())
        }

        /// Whether the role may not read what a refused statement wants of it. Which columns that is the server does
        /// not tell, so every name in the statement counts as one.
        func lacksColumns(of tokens: SQLTokens) -> Bool {
            guard !canRead, canReadColumns else { return !canRead }
            return tokens.tokens.indices.contains { index in
                let token = tokens.tokens[index]
                if let name = tokens.name(of: token) {
                    return closedColumns.contains(tokens.foldedName(of: token))
                        || ["NATURAL", "TABLE"].contains(name.uppercased())
                }
                guard index > 0, tokens.is(token, "*") else { return false }
                // Elsewhere it multiplies, or counts rows.
                return ["SELECT", "ALL", "DISTINCT", ",", "."].contains { tokens.is(tokens.tokens[index - 1], $0) }
            }
        }
    }

    let connection: PGConnection

    /// What the transaction has locked.
    func locked() throws(PGError) -> [Table] {
        try tables(
            """
            SELECT l.relation FROM pg_catalog.pg_locks l \
            WHERE l.locktype = 'relation' AND l.pid = pg_catalog.pg_backend_pid()
            """)
    }

    /// Names without quotes.
    func table(_ name: String, inSchema schema: String) throws(PGError) -> Table? {
        try tables(
            """
            SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
            WHERE c.relname = \(literal(name)) AND n.nspname = \(literal(schema))
            """
        ).first
    }

    private func tables(_ ids: String) throws(PGError) -> [Table] {
        let result = try connection.execute(
            """
            WITH wanted AS (SELECT DISTINCT c.oid, c.relname, c.relnamespace, c.relkind, c.reloptions, c.relowner \
            FROM pg_catalog.pg_class c WHERE c.oid IN (\(ids)) AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')), \
            inside AS (SELECT d.refobjid FROM wanted v JOIN pg_catalog.pg_rewrite r ON r.ev_class = v.oid \
            JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass \
            AND d.objid = r.oid AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid <> v.oid \
            WHERE v.relkind = 'v' AND NOT EXISTS (SELECT FROM pg_catalog.unnest(v.reloptions) AS o \
            WHERE o ~* '^security_invoker=(t|true|on|yes|1)$')) \
            SELECT l.relname, pg_catalog.quote_ident(n.nspname), pg_catalog.quote_ident(l.relname), \
            l.oid IN (SELECT refobjid FROM inside), \
            pg_catalog.has_table_privilege(l.oid, 'SELECT'), \
            pg_catalog.has_any_column_privilege(l.oid, 'SELECT'), \
            pg_catalog.has_table_privilege(l.oid, 'DELETE, TRUNCATE') \
            OR pg_catalog.has_any_column_privilege(l.oid, 'INSERT, UPDATE') \
            OR pg_catalog.pg_has_role(l.relowner, 'USAGE'), \
            pg_catalog.has_schema_privilege('public', n.oid, 'USAGE'), \
            pg_catalog.has_table_privilege('public', l.oid, 'SELECT'), \
            (SELECT pg_catalog.string_agg(a.attname, E'\\n') FROM pg_catalog.pg_attribute a WHERE a.attrelid = l.oid \
            AND a.attnum > 0 AND NOT a.attisdropped \
            AND NOT pg_catalog.has_column_privilege(l.oid, a.attnum, 'SELECT')) \
            FROM wanted l JOIN pg_catalog.pg_namespace n ON n.oid = l.relnamespace \
            WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
            """)
        return (0..<result.rowCount).map { row in
            let cells = (0..<10).map { result.text(row: row, column: $0) ?? "" }
            return Table(
                schema: cells[1], name: cells[2], canRead: cells[4] == "t", canReadColumns: cells[5] == "t",
                canChange: cells[6] == "t", everybodyUsesSchema: cells[7] == "t", everybodyReads: cells[8] == "t",
                closedColumns: Set(cells[9].split(separator: "\n").map(String.init)), plainName: cells[0],
                isInsideView: cells[3] == "t")
        }
    }

    /// The schema as SQL writes it, where the role may not use it.
    func closedSchema(_ name: String) throws(PGError) -> String? {
        let result = try connection.execute(
            """
            SELECT pg_catalog.quote_ident(n.nspname) FROM pg_catalog.pg_namespace n \
            WHERE n.nspname = \(literal(name)) AND NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE')
            """)
        return result.rowCount == 0 ? nil : result.text(row: 0, column: 0)
    }

    /// The functions that a statement calls and the role may not, as GRANT writes them. What may be called of the
    /// server's own is no matter of one source's role.
    func closedFunctions(in tokens: SQLTokens) throws(PGError) -> [String] {
        let calls = tokens.tokens.indices.compactMap { index -> String? in
            let names = tokens.dottedName(from: index).suffix(2).map(tokens.foldedName)
            let next = index + 2 * tokens.dottedName(from: index).count - 1
            let isInner = index > 0 && tokens.is(tokens.tokens[index - 1], ".")
            guard let name = names.last, !isInner, tokens.tokens.indices.contains(next),
                tokens.is(tokens.tokens[next], "(")
            else { return nil }
            let place =
                names.count > 1 ? "n.nspname = \(literal(names[0]))" : "pg_catalog.pg_function_is_visible(p.oid)"
            return "p.proname = \(literal(name)) AND \(place)"
        }
        guard !calls.isEmpty else { return [] }
        let result = try connection.execute(
            """
            SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(p.proname) \
            || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' \
            FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace \
            WHERE (\(Set(calls).sorted().joined(separator: " OR "))) \
            AND n.nspname <> 'pg_catalog' AND NOT pg_catalog.has_function_privilege(p.oid, 'EXECUTE')
            """)
        return (0..<result.rowCount).compactMap { result.text(row: $0, column: 0) }
    }

    /// Where a name without a schema was not found: the schema of the search path that has it and that the role may not
    /// use, both without quotes. `current_schemas` leaves such a schema out.
    func hiddenTable(_ error: PGError, _ text: String) throws(PGError) -> (schema: String, name: String)? {
        let tokens = SQLTokens(text, .postgres)
        guard let first = tokens.tokens.firstIndex(where: { $0.range.lowerBound == (error.position ?? 0) - 1 }),
            tokens.dottedName(from: first).count == 1
        else { return nil }
        let name = tokens.foldedName(of: tokens.tokens[first])
        let setting = try connection.execute("SELECT pg_catalog.current_setting('search_path'), current_user")
        let path = SQLTokens(setting.text(row: 0, column: 0) ?? "", .postgres)
        let schemas = path.tokens.filter { path.name(of: $0) != nil }.map { token in
            let schema = path.foldedName(of: token)
            return schema == "$user" ? setting.text(row: 0, column: 1) ?? "" : schema
        }
        guard !schemas.isEmpty else { return nil }
        let result = try connection.execute(
            """
            SELECT n.nspname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
            WHERE c.relname = \(literal(name)) AND n.nspname IN (\(schemas.map(literal).joined(separator: ", "))) \
            AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') \
            AND NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE') ORDER BY 1
            """)
        return result.rowCount == 0 ? nil : (result.text(row: 0, column: 0) ?? "", name)
    }

    private func literal(_ text: String) -> String { SQLDialect.postgres.literal(.string(text)) }
}

extension SQLTokens {
    /// The name that a token means to PostgreSQL, which folds no more than ASCII in UTF-8.
    func foldedName(of token: SQLToken) -> String {
        let name = name(of: token) ?? ""
        guard token.kind == .word else { return name }
        return String(
            String.UnicodeScalarView(
                name.unicodeScalars.map { ("A"..."Z").contains($0) ? Unicode.Scalar($0.value + 32) ?? $0 : $0 }))
    }
}
