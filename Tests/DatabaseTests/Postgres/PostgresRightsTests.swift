import SQLDatabases
import SyncCore
import TestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct PostgresRightsTests {
    private static let tables = """
        CREATE SCHEMA "Sales Dept"; CREATE TABLE "Sales Dept"."Order" (id int, member int);
        CREATE TABLE members (id int PRIMARY KEY, note text); CREATE TABLE secrets (id int, text text);
        CREATE VIEW shown AS SELECT s.id FROM secrets s;
        REVOKE ALL ON members, secrets, shown FROM \(PostgresDatabase.readerName);
        """
    private let orders = "SELECT o.id FROM \"Sales Dept\".\"Order\" o LEFT JOIN members m ON m.id = o.member"
    private let reader = PostgresDatabase.readerName

    private func rights(_ url: String, _ models: String...) async throws -> ReadingRights {
        let source = PostgresSource(name: "w", url: Secret(url), allowSuperuser: false, statementTimeout: nil)
        return try #require(try await source.rights(toRead: models.map { .model($0) }))
    }

    @Test func whatItPrintsIsWhatTheRoleLacks() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute(Self.tables)
        var missing: [String] = []
        // A closed schema hides what else a statement reads.
        for _ in 0..<2 {
            let rights = try await rights(database.readerURL, orders, "SELECT id FROM shown")
            missing += rights.missing
            try await database.execute(rights.missing.joined(separator: ";"))
        }
        #expect(
            missing == [
                #"GRANT USAGE ON SCHEMA "Sales Dept" TO \#(reader)"#,
                #"GRANT SELECT ON "Sales Dept"."Order", public.shown TO \#(reader)"#,
                #"GRANT SELECT ON public.members TO \#(reader)"#,
            ])
        let complete = try await rights(database.readerURL, orders, "SELECT id FROM shown")
        #expect(complete.missing.isEmpty && complete.changeable.isEmpty && complete.isComplete)
        #expect(complete.tables == [#""Sales Dept"."Order""#, "public.members", "public.shown"])
        #expect(await database.source().describeFailure(of: orders) == nil)
        #expect(await database.source().describeFailure(of: "SELECT id FROM shown") == nil)
    }

    @Test func aRightToTheColumnsThatAreReadIsEnough() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute(Self.tables + "GRANT SELECT (id) ON members TO \(reader)")
        #expect(try await rights(database.readerURL, "SELECT id FROM members").missing.isEmpty)
        #expect(
            try await rights(database.readerURL, "SELECT note FROM members").missing
                == ["GRANT SELECT ON public.members TO \(reader)"])
    }

    static let closed = """
        CREATE SCHEMA closed; CREATE TYPE closed.mood AS ENUM ('sad'); CREATE TABLE closed.t (id int);
        CREATE FUNCTION closed.f(id int) RETURNS int LANGUAGE sql AS 'SELECT $1';
        CREATE TABLE members (id int, tier text, note text); REVOKE ALL ON members FROM \(PostgresDatabase.readerName);
        GRANT SELECT (id, tier) ON members TO \(PostgresDatabase.readerName);
        CREATE FUNCTION public.own(id int, VARIADIC rest text[]) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
        CREATE FUNCTION public.other() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
        REVOKE ALL ON FUNCTION public.own, public.other FROM public;
        """

    /// Each is run again after what was printed was granted, until nothing is printed; then the server takes it.
    @Test(arguments: [
        ("SELECT closed.f(id) FROM members", ["GRANT USAGE ON SCHEMA closed TO"]),
        ("SELECT tier::closed.mood FROM members", ["GRANT USAGE ON SCHEMA closed TO"]),
        ("SELECT id FROM closed.T", ["GRANT USAGE ON SCHEMA closed TO", "GRANT SELECT ON closed.t TO"]),
        (
            "SELECT own(id, tier) + other() FROM members",
            ["GRANT EXECUTE ON FUNCTION public.other(), public.own(id integer, VARIADIC rest text[]) TO"]
        ),
        ("SELECT count(*), 2 * max(id) FROM members", []),
        ("SELECT * FROM members", ["GRANT SELECT ON public.members TO"]),
        (
            "SELECT m.\"note\" FROM closed.t JOIN members m USING (id)",
            [
                "GRANT USAGE ON SCHEMA closed TO", "GRANT SELECT ON closed.t TO", "GRANT SELECT ON public.members TO",
            ]
        ),
    ])
    func whatItPrintsIsWhatHelps(sql: String, grants: [String]) async throws {
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute(Self.closed)
        var printed: [String] = []
        while printed.count < 9 {
            let rights = try await rights(database.readerURL, sql)
            #expect(rights.refusals.isEmpty && rights.missing.isEmpty == rights.lacking.isEmpty)
            if rights.missing.isEmpty { break }
            printed += rights.missing
            try await database.execute(rights.missing.joined(separator: ";"))
        }
        #expect(printed == grants.map { "\($0) \(reader)" })
        #expect(await database.source().describeFailure(of: sql) == nil)
    }

    @Test func aTableThatCanBeReadIsNotBlamedForAnother() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute(
            Self.tables + "CREATE MATERIALIZED VIEW mv AS SELECT 1 AS id WITH NO DATA;"
                + "CREATE VIEW v1 AS SELECT 1 AS id; REVOKE ALL ON mv FROM \(reader)")
        let sql = "SELECT id FROM v1 WHERE id IN (SELECT id FROM mv)"
        #expect(try await rights(database.readerURL, sql).lacking == ["public.mv"])
        try await database.execute("GRANT SELECT ON mv TO \(reader)")
        // That it holds no data is nothing that a GRANT mends.
        let rights = try await rights(database.readerURL, sql)
        #expect(rights.missing.isEmpty && rights.lacking.isEmpty && rights.tables == ["public.mv", "public.v1"])
    }

    @Test func aRightThatTheOwnerOfAViewLacksIsTold() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let owner = "owner_\(database.name)"
        try await database.execute(
            """
            \(Self.tables) CREATE ROLE \(owner); ALTER VIEW shown OWNER TO \(owner); GRANT SELECT ON shown TO \(reader)
            """)
        let rights = try await rights(database.readerURL, "SELECT id FROM shown")
        #expect(rights.missing.isEmpty && rights.refusals == ["models/m.sql:1: permission denied for table secrets"])
        try await database.execute("GRANT SELECT ON secrets TO \(owner)")
        #expect(try await self.rights(database.readerURL, "SELECT id FROM shown").refusals.isEmpty)
    }

    @Test func aClosedSchemaOfTheSearchPathIsNamed() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute(
            """
            CREATE SCHEMA "In House"; CREATE TABLE "In House".hidden (id int);
            GRANT SELECT ON "In House".hidden TO \(reader);
            ALTER DATABASE \(database.name) SET search_path = "$user", 'In House', public;
            """)
        let sql = "SELECT 1,\n  h.id FROM Hidden h"
        let failure = try #require(await database.source().describeFailure(of: sql))
        #expect(failure.kind == .unavailable && failure.diagnostic.code == "source_permission")
        #expect(failure.diagnostic.position == Diagnostic.Position("models/m.sql", line: 2, column: 13))
        let grant = "GRANT USAGE ON SCHEMA \"In House\" TO \(reader)"
        #expect(failure.diagnostic.hint == grant)
        let rights = try await rights(database.readerURL, sql)
        #expect(rights.missing == [grant] && rights.lacking == [#""In House".hidden"#])
        #expect(await database.source().describeFailure(of: "SELECT 1 FROM nope")?.diagnostic.code == "unknown_table")
        try await database.execute(grant)
        #expect(await database.source().describeFailure(of: sql) == nil)
        #expect(try await self.rights(database.readerURL, sql).isComplete)
    }

    @Test func aModelWithVariablesIsAskedAboutToo() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute(Self.tables)
        let source = PostgresSource(
            name: "w", url: Secret(database.readerURL), allowSuperuser: false, statementTimeout: nil)
        let model = SQLStatement.model("SELECT id FROM members WHERE id > :least").binding(["least": .integer(1)])
        let rights = try #require(try await source.rights(toRead: [model]))
        #expect(rights.isComplete && rights.tables == ["public.members"])
        #expect(rights.missing == ["GRANT SELECT ON public.members TO \(reader)"])
    }

    @Test(arguments: [
        "GRANT SELECT, DELETE ON members TO", "GRANT SELECT, UPDATE (note) ON members TO",
        "ALTER TABLE members OWNER TO",
    ])
    func saysWhatTheRoleMayChange(right: String) async throws {
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute("\(Self.tables) \(right) \(reader)")
        let rights = try await rights(database.readerURL, "SELECT id FROM members")
        #expect(rights.changeable == ["public.members"] && rights.missing.isEmpty)
    }

    @Test func aBadStatementLeavesTheOthersAnswerIncomplete() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute(Self.tables)
        let rights = try await rights(database.readerURL, "SELECT nope", "SELECT 1; COMMIT", "SELECT id FROM members")
        #expect(!rights.isComplete && rights.tables == ["public.members"])
    }

    @Test func aSuperuserLearnsTheRoleThatIsEnough() async throws {
        let server = try await PostgresServer.own()
        let database = try await server.newDatabase()
        try await database.execute(Self.tables + "REVOKE CONNECT ON DATABASE \(database.name) FROM public")
        let rights = try await rights(
            database.superuserURL, orders, "SELECT id FROM shown", "SELECT relname FROM pg_class")
        #expect(
            rights.leastRole == [
                "CREATE ROLE headrace LOGIN PASSWORD '…'", "GRANT CONNECT ON DATABASE \(database.name) TO headrace",
                #"GRANT USAGE ON SCHEMA "Sales Dept" TO headrace"#,
                #"GRANT SELECT ON "Sales Dept"."Order", public.members, public.shown TO headrace"#,
            ])
        try await database.execute(rights.leastRole.joined(separator: ";"))
        let url = database.superuserURL.replacing("postgres@", with: "headrace@")
        let source = PostgresSource(name: "w", url: Secret(url), allowSuperuser: false, statementTimeout: nil)
        #expect(await source.describeFailure(of: orders) == nil)
        #expect(await source.describeFailure(of: "SELECT id FROM shown") == nil)
        #expect(await source.describeFailure(of: "SELECT id FROM secrets")?.diagnostic.code == "source_permission")
    }

    @Test func aGrantThatIsRevokedBeforeTheRowsFlowSaysSo() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute("CREATE TABLE members (id int)")
        #expect(await database.source().describeFailure(of: "SELECT id FROM members") == nil)
        try await database.execute("REVOKE ALL ON members FROM \(reader)")
        let failure = try #require(await database.source().failure(of: "SELECT id FROM members"))
        #expect(failure.kind == .unavailable && failure.diagnostic.message.contains("may not read"))
        #expect(try #require(failure.diagnostic.hint).contains("headrace doctor"))
    }
}
