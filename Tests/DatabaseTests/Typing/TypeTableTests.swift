import Foundation
import SyncCore
import TestKit
import Testing

@testable import SQLDatabases

/// docs/typing.md says what the code decides.
@Suite struct TypeTableTests {
    @Test func thePageHoldsTheTableThatTheCodeMakes() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute(PostgresTypeProbe.setup)
        let probed = PostgresTypeProbe.types
        var expressions = probed.map { "NULL::\($0.type)" }
        expressions[try #require(probed.firstIndex { $0.type == "record" })] = "ROW(1)"
        let types = try PostgresTypeProbe.types(of: expressions, in: database)
        var table = TypeTable()
        for ((label, _), type) in zip(probed, types) { table.add(label, read: type.read, type.sourceType) }
        table.add("SQLite: every column", read: "as stored", .dynamic)

        let page = try String(contentsOf: SourceTree.root.appending(path: "docs/typing.md"), encoding: .utf8)
        let wanted = "<!-- made by TypeTableTests -->\n\(table.markdown)\n<!-- end -->"
        let holdsIt = page.contains(wanted)
        #expect(holdsIt, "docs/typing.md wants this between its markers:\n\(wanted)")
    }

    /// Whatever version the server is: it has no type of its own that cannot be selected and read.
    @Test func everyTypeOfTheServerCanBeRead() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        let names = try await database.execute(
            """
            SELECT pg_catalog.format_type(t.oid, NULL) FROM pg_catalog.pg_type t
            JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
            WHERE n.nspname = 'pg_catalog' AND t.typtype IN ('b', 'c', 'd', 'e', 'm', 'r') ORDER BY t.oid
            """
        ).split(separator: "\n")
        #expect(names.count > 300)
        let columns = names.map { "NULL::\($0)" } + ["ROW(1)", "ARRAY[ROW(1)]", "pg_catalog.pg_sleep(0)"]
        let source = database.source()
        let described = try await source.describe(.model("SELECT \(columns.joined(separator: ", "))"))
        let rows = try await source.rows("SELECT \(columns.joined(separator: ", "))")
        for (name, column) in zip(names, described) { #expect(!column.typeName.isEmpty, "\(name)") }
        #expect(described.count == columns.count)
        let nulls = Array(repeating: Value.cell(.null), count: names.count)
        #expect(rows == [nulls + [.text("(1)"), .list(["(1)"]), .text("")]])
    }
}
