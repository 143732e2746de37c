import SyncCore

/// Finds what statements read, by preparing them and looking at the locks that this took: a server locks every table
/// that a statement names, seen or not by what is planned later, until the transaction ends. Nothing runs, nothing is
/// written, and no right to the tables is needed for it.
struct PostgresRights {
    private struct Table {
        /// As SQL writes them.
        var schema: String, name: String
        var canUseSchema: Bool, canRead: Bool, canChange: Bool
        var everybodyUsesSchema: Bool, everybodyReads: Bool

        var text: String { "\(schema).\(name)" }
    }

    let connection: PGConnection
    /// Ends a transaction and begins the next.
    let transactionStart: String
    private var tables: [String: Table] = [:]
    /// Tables for which the current role lacks a right that a statement needs.
    private var lacking: Set<String> = []
    private var isComplete = true

    init(connection: PGConnection, transactionStart: String) {
        self.connection = connection
        self.transactionStart = transactionStart
    }

    mutating func ask(_ statements: [SQLStatement]) throws(PGError) -> ReadingRights {
        for statement in statements { try ask(statement) }
        try connection.execute(transactionStart)
        let whoAmI = try connection.execute(
            """
            SELECT pg_catalog.quote_ident(current_user), pg_catalog.quote_ident(pg_catalog.current_database()), \
            pg_catalog.has_database_privilege('public', pg_catalog.current_database(), 'CONNECT'), \
            (SELECT min(n) FROM (VALUES ('headrace'), ('headrace_reader'), ('headrace_source')) AS v(n) \
            WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = n))
            """)
        let role = whoAmI.text(row: 0, column: 0) ?? ""
        let sorted = tables.values.sorted { $0.text < $1.text }
        var rights = ReadingRights(role: role, tables: sorted.map(\.text))
        rights.isComplete = isComplete
        rights.changeable = sorted.filter(\.canChange).map(\.text)
        let wanting = sorted.filter { lacking.contains($0.text) }
        rights.missing = Self.grants(
            schemas: wanting.filter { !$0.canUseSchema }, tables: wanting.filter { !$0.canRead }, to: role)
        let new = whoAmI.text(row: 0, column: 3) ?? "headrace"
        rights.leastRole = ["CREATE ROLE \(new) LOGIN PASSWORD '…'"]
        if whoAmI.text(row: 0, column: 2) != "t" {
            rights.leastRole.append("GRANT CONNECT ON DATABASE \(whoAmI.text(row: 0, column: 1) ?? "") TO \(new)")
        }
        rights.leastRole += Self.grants(
            schemas: sorted.filter { !$0.everybodyUsesSchema }, tables: sorted.filter { !$0.everybodyReads }, to: new)
        return rights
    }

    private static func grants(schemas: [Table], tables: [Table], to role: String) -> [String] {
        let names = Set(schemas.map(\.schema)).sorted().joined(separator: ", ")
        let texts = tables.map(\.text).joined(separator: ", ")
        return (names.isEmpty ? [] : ["GRANT USAGE ON SCHEMA \(names) TO \(role)"])
            + (texts.isEmpty ? [] : ["GRANT SELECT ON \(texts) TO \(role)"])
    }

    private mutating func ask(_ statement: SQLStatement) throws(PGError) {
        let filled = FilledStatement(statement)
        let text = filled.statement.text
        try connection.execute(transactionStart)
        do throws(PGError) { try connection.prepare(text) } catch {
            guard !connection.isLost else { throw error }
            // What else is wrong with it, `check` says.
            isComplete = false
            if error.sqlState == "42501" { noteClosedSchema(error, text) }
            return
        }
        let outline = SQLOutline(text)
        let found = try lockedTables(outline, text)
        for table in found { tables[table.text] = table }
        guard found.contains(where: { !$0.canRead || !$0.canUseSchema }) else { return }
        // A right to the columns that are read, only, is enough: the server's own check decides.
        do throws(PGError) {
            try connection.execute(
                "DECLARE headrace_rights NO SCROLL CURSOR FOR \(outline.statement)", filled.values)
        } catch {
            guard !connection.isLost else { throw error }
            for table in found where !table.canRead || !table.canUseSchema { lacking.insert(table.text) }
        }
    }

    /// A schema that is closed to the role is met before any table in it; where, the server says.
    private mutating func noteClosedSchema(_ error: PGError, _ text: String) {
        let tokens = SQLTokens(text, .postgres)
        guard let position = error.position,
            let first = tokens.tokens.firstIndex(where: { $0.range.lowerBound == position - 1 })
        else { return }
        let names = tokens.dottedName(from: first).suffix(2).map { token in
            let name = tokens.name(of: token) ?? ""
            // PostgreSQL folds no more than this in UTF-8.
            return SQLDialect.postgres.quoted(token.kind == .word ? name.lowercasedASCII : name)
        }
        guard names.count == 2 else { return }
        let table = Table(
            schema: names[0], name: names[1], canUseSchema: false, canRead: false, canChange: false,
            everybodyUsesSchema: false, everybodyReads: false)
        tables[table.text] = table
        lacking.insert(table.text)
    }

    /// The tables that the prepared statement names. What a view reads is locked too, but is its owner's to read.
    private func lockedTables(_ outline: SQLOutline, _ text: String) throws(PGError) -> [Table] {
        let result = try connection.execute(
            """
            WITH locked AS (SELECT DISTINCT c.oid, c.relname, c.relnamespace, c.relkind, c.reloptions, c.relowner \
            FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation \
            WHERE l.locktype = 'relation' AND l.pid = pg_catalog.pg_backend_pid() \
            AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')), \
            inside AS (SELECT d.refobjid FROM locked v JOIN pg_catalog.pg_rewrite r ON r.ev_class = v.oid \
            JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass \
            AND d.objid = r.oid AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid <> v.oid \
            WHERE v.relkind = 'v' AND NOT EXISTS (SELECT FROM pg_catalog.unnest(v.reloptions) AS o \
            WHERE o ~* '^security_invoker=(t|true|on|yes|1)$')) \
            SELECT l.relname, pg_catalog.quote_ident(n.nspname), pg_catalog.quote_ident(l.relname), \
            l.oid IN (SELECT refobjid FROM inside), pg_catalog.has_schema_privilege(n.oid, 'USAGE'), \
            pg_catalog.has_table_privilege(l.oid, 'SELECT'), \
            pg_catalog.has_table_privilege(l.oid, 'DELETE, TRUNCATE') \
            OR pg_catalog.has_any_column_privilege(l.oid, 'INSERT, UPDATE') \
            OR pg_catalog.pg_has_role(l.relowner, 'USAGE'), \
            pg_catalog.has_schema_privilege('public', n.oid, 'USAGE'), \
            pg_catalog.has_table_privilege('public', l.oid, 'SELECT') \
            FROM locked l JOIN pg_catalog.pg_namespace n ON n.oid = l.relnamespace \
            WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
            """)
        return (0..<result.rowCount).compactMap { row in
            let cells = (0..<9).map { result.text(row: row, column: $0) ?? "" }
            let isQuoted = cells[2].hasPrefix("\"") && text.contains(cells[2])
            let isNamed = isQuoted || outline.words.contains(cells[0].uppercased())
            guard cells[3] != "t" || isNamed else { return nil }
            return Table(
                schema: cells[1], name: cells[2], canUseSchema: cells[4] == "t", canRead: cells[5] == "t",
                canChange: cells[6] == "t", everybodyUsesSchema: cells[7] == "t", everybodyReads: cells[8] == "t")
        }
    }
}

extension String {
    fileprivate var lowercasedASCII: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.map { ("A"..."Z").contains($0) ? Unicode.Scalar($0.value + 32) ?? $0 : $0 }))
    }
}
