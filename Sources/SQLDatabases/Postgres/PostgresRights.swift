import SyncCore

/// Finds what statements read, by preparing them and looking at the locks that this took: a server locks every table
/// that a statement names, seen or not by what is planned later, until the transaction ends. Then a cursor is opened,
/// so that the server's own check has the last word. No row is read, and no right to the tables is needed for it.
struct PostgresRights {
    let connection: PGConnection
    /// Ends a transaction and begins the next.
    let transactionStart: String
    /// Whether statements may be planned too, which runs functions that the server takes for constant.
    let plans: Bool
    private var tables: [String: PostgresObjects.Table] = [:]
    /// What the current role lacks a right to, as GRANT calls it; of a schema also what for.
    private var schemas: [String: String] = [:]
    private var unreadable: Set<String> = []
    private var functions: Set<String> = []
    private var refusals: [String] = []
    private var isComplete = true

    init(connection: PGConnection, transactionStart: String, plans: Bool) {
        (self.connection, self.transactionStart, self.plans) = (connection, transactionStart, plans)
    }

    private var objects: PostgresObjects { PostgresObjects(connection: connection) }

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
        rights.lacking = Set(schemas.values).union(unreadable).union(functions).sorted()
        rights.missing = Self.grants(
            schemas: Set(schemas.keys), tables: unreadable.sorted(), functions: functions.sorted(), to: role)
        rights.refusals = refusals
        let new = whoAmI.text(row: 0, column: 3) ?? "headrace"
        rights.leastRole = ["CREATE ROLE \(new) LOGIN PASSWORD '…'"]
        if whoAmI.text(row: 0, column: 2) != "t" {
            rights.leastRole.append("GRANT CONNECT ON DATABASE \(whoAmI.text(row: 0, column: 1) ?? "") TO \(new)")
        }
        rights.leastRole += Self.grants(
            schemas: Set(sorted.filter { !$0.everybodyUsesSchema }.map(\.schema)),
            tables: sorted.filter { !$0.everybodyReads }.map(\.text), functions: [], to: new)
        return rights
    }

    private static func grants(
        schemas: Set<String>, tables: [String], functions: [String], to role: String
    ) -> [String] {
        [
            ("USAGE ON SCHEMA", schemas.sorted()), ("SELECT ON", tables), ("EXECUTE ON FUNCTION", functions),
        ].filter { !$0.1.isEmpty }.map { "GRANT \($0.0) \($0.1.joined(separator: ", ")) TO \(role)" }
    }

    private mutating func ask(_ statement: SQLStatement) throws(PGError) {
        let filled = FilledStatement(statement)
        let text = filled.statement.text
        try connection.execute(transactionStart)
        do throws(PGError) { try connection.prepare(text) } catch {
            guard !connection.isLost else { throw error }
            // What else is wrong with it, `check` says.
            isComplete = false
            switch error.sqlState {
            case "42501": try noteClosedSchema(error, filled.statement)
            case "42P01": try noteHiddenTable(error, text)
            default: break
            }
            return
        }
        let outline = SQLOutline(text)
        let found = try objects.locked().filter { $0.isNamed(outline, text) }
        for table in found { tables[table.text] = table }
        guard plans else {
            unreadable.formUnion(found.filter { !$0.canRead && !$0.canReadColumns }.map(\.text))
            return
        }
        // A right to the columns that are read, only, is enough: the server's own check decides.
        do throws(PGError) {
            try connection.execute(
                "DECLARE headrace_rights NO SCROLL CURSOR FOR \(outline.statement)", filled.values)
        } catch {
            guard !connection.isLost else { throw error }
            try noteRefusal(error, of: found, filled.statement)
        }
    }

    private mutating func noteRefusal(
        _ error: PGError, of found: [PostgresObjects.Table], _ statement: SQLStatement
    ) throws(PGError) {
        guard error.sqlState == "42501" else {
            if error.isMissingUserMapping || error.isOfForeignServer {
                refuse(statement, error)
            } else {
                isComplete = false
            }
            return
        }
        let tokens = SQLTokens(statement.text, .postgres)
        let wanting = found.filter { $0.lacksColumns(of: tokens) }.map(\.text)
        try connection.execute(transactionStart)
        let closed = try objects.closedFunctions(in: tokens)
        guard !wanting.isEmpty || !closed.isEmpty else { return refuse(statement, error) }
        unreadable.formUnion(wanting)
        functions.formUnion(closed)
    }

    /// Nothing that a GRANT to the role is sure to mend: the right of a view's owner, for instance.
    private mutating func refuse(_ statement: SQLStatement, _ error: PGError) {
        let refusal = "\(statement.start.file):\(statement.start.line): \(error.message)"
        if !refusals.contains(refusal) { refusals.append(refusal) }
    }

    /// A schema that is closed to the role is met before anything in it; where, the server says.
    private mutating func noteClosedSchema(_ error: PGError, _ statement: SQLStatement) throws(PGError) {
        let tokens = SQLTokens(statement.text, .postgres)
        let first = tokens.tokens.firstIndex { $0.range.lowerBound == (error.position ?? 0) - 1 }
        let names = first.map { tokens.dottedName(from: $0) } ?? []
        guard let first, names.count > 1 else { return refuse(statement, error) }
        let parts = names.suffix(2).map { tokens.foldedName(of: $0) }
        let next = first + 2 * names.count - 1
        let isCalled = tokens.tokens.indices.contains(next) && tokens.is(tokens.tokens[next], "(")
        try connection.execute(transactionStart)
        guard let schema = try objects.closedSchema(parts[0]) else { return refuse(statement, error) }
        schemas[schema] = schemas[schema] ?? "schema \(schema)"
        guard !isCalled, let table = try objects.table(parts[1], inSchema: parts[0]) else { return }
        note(table)
    }

    /// What the search path does not find may be in a schema of it that is closed to the role.
    private mutating func noteHiddenTable(_ error: PGError, _ text: String) throws(PGError) {
        try connection.execute(transactionStart)
        guard let hidden = try objects.hiddenTable(error, text),
            let table = try objects.table(hidden.name, inSchema: hidden.schema)
        else { return }
        schemas[table.schema] = table.text
        note(table)
    }

    private mutating func note(_ table: PostgresObjects.Table) {
        tables[table.text] = table
        schemas[table.schema] = table.text
        if !table.canRead, !table.canReadColumns { unreadable.insert(table.text) }
    }
}
