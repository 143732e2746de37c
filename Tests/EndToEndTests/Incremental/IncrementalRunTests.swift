import Foundation
import TestKit
import Testing

/// A model with a cursor: what runs read, and that nothing is lost by it.
@Suite struct IncrementalRunTests {
    private typealias Project = IncrementalProject

    private func shop(_ count: Int = 5, overlap: String = "0s", more: String = "") async throws -> Workshop {
        try await Workshop(Project.project(overlap: overlap, more: more), rows: Project.rows(count))
    }

    private func mark(_ shop: Workshop) async throws -> String {
        try await shop.sql("SELECT coalesce(mark, 'none') FROM cursors", database: ".headrace/state.db")
    }

    @Test func aLaterRunReadsOnlyWhatChanged() async throws {
        let shop = try await shop()
        let first = try await shop.run()
        #expect(first.operations == .allConfirmed(5) && first.line.read == .full("no_mark"))
        #expect(try await mark(shop) == Project.text(5))

        try await shop.sql(
            Project.change(2, points: 7, at: 6) + "DELETE FROM members WHERE id = 1;"
                + "INSERT INTO members (id, uid, tier, points, seen) VALUES (8, 'u8', 'gold', 1, NULL)")
        let plan = try await shop.plan()
        #expect(plan.line.read == .from(Project.text(5)))
        #expect(plan.line.rows == RowNumbers(queried: 3, unchanged: 1, added: 1, changed: 1))
        #expect(plan.line.guards.first { $0.name == "max_removed_percent" }?.actual == nil)
        let second = try await shop.run()
        #expect(second.exit == 0)
        #expect(second.rows == plan.line.rows && second.operations == .allConfirmed(2))
        #expect(second.line.read == .from(Project.text(5)))
        #expect(try await shop.simulator.attributes(of: "u2") == #"{"loyalty_tier":"silver","points":7}"#)

        // What was read last is read again, and what has no value always.
        let third = try await shop.run()
        #expect(third.rows == RowNumbers(queried: 2, unchanged: 2) && third.line.read == .from(Project.text(6)))
        let text = try await shop.headrace("plan")
        #expect(text.stdout.contains("rows with seen from \(Project.text(6)) on; removed rows are not looked for"))
        // The removal is found by the next whole read.
        #expect(try await shop.run("--full-resync").rows.removed == 1)
    }

    @Test func noRowAtAllIsNoMistake() async throws {
        let shop = try await shop()
        _ = try await shop.run()
        try await shop.sql("UPDATE members SET seen = '2025-01-01 00:00:00'")
        let run = try await shop.run()
        #expect(run.exit == 0 && run.rows == RowNumbers())
        #expect(try await mark(shop) == Project.text(5))
    }

    @Test func aRejectedUserIsReadAgainUntilConfirmed() async throws {
        let shop = try await shop()
        _ = try await shop.run()
        try await shop.simulator.setFaults(
            FaultTests.rules(#"{"match":{"uid":"u3"},"effect":{"type":"status","status":422}}"#))
        try await shop.sql(Project.change(3, points: 33, at: 10) + Project.change(4, points: 44, at: 20))
        for _ in 1...2 {
            let run = try await shop.run()
            #expect(run.exit == 3 && run.operations.rejected == 1)
            #expect(run.line.read == .from(Project.text(5)))
            #expect(try await mark(shop) == Project.text(5))
        }
        let status = try await shop.headrace("status")
        #expect(status.stdout.contains("seen \(Project.text(5)) (held: not_all_confirmed)"))
        try await shop.simulator.setFaults(FaultTests.none)
        // Rejected twice, it lets a run pass; that one holds the mark as well.
        let waiting = try await shop.run()
        #expect(waiting.exit == 3 && waiting.operations == OperationNumbers(planned: 1, deferred: 1))
        #expect(try await mark(shop) == Project.text(5))
        #expect(try await shop.run().operations == .allConfirmed(1))
        #expect(try await shop.simulator.attributes(of: "u3") == #"{"loyalty_tier":"silver","points":33}"#)
        #expect(try await mark(shop) == Project.text(20))
    }

    @Test func aDirtyUserIsReadWhereverItsRowLies() async throws {
        let shop = try await shop()
        _ = try await shop.run()
        try await shop.simulator.setFaults(
            FaultTests.rules(#"{"match":{"uid":"u3"},"effect":{"type":"drop_after"}}"#))
        try await shop.sql(Project.change(3, points: 33, at: 10))
        #expect(try await shop.run().operations.unknown == 1)
        // The row goes back to what it was, its time too.
        try await shop.sql(Project.change(3, points: 30, at: 3))
        try await shop.simulator.setFaults(FaultTests.none)
        let run = try await shop.run()
        #expect(run.line.read == .full("dirty_users") && run.operations == .allConfirmed(1))
        #expect(try await shop.simulator.attributes(of: "u3") == #"{"loyalty_tier":"silver","points":30}"#)
        #expect(try await shop.run().line.read == .from(Project.text(5)))
    }

    @Test func rowsThatShareAUserHoldTheMark() async throws {
        let shop = try await shop()
        _ = try await shop.run()
        let twins = "(6, 'u6', 'gold', 1, '\(Project.text(10))'), (7, 'u6', 'gold', 2, '\(Project.text(11))')"
        try await shop.sql("INSERT INTO members (id, uid, tier, points, seen) VALUES \(twins)")
        #expect(try await shop.run().rows.invalid == 2)
        #expect(try await mark(shop) == Project.text(5))
        try await shop.sql("DELETE FROM members WHERE id = 7")
        #expect(try await shop.run().operations == .allConfirmed(1))
        #expect(try await mark(shop) == Project.text(10))
    }

    @Test func aRowThatIsInvalidByItselfComesBackWithItsOwnChange() async throws {
        let shop = try await shop()
        _ = try await shop.run()
        try await shop.sql("UPDATE members SET points = 'x', seen = '\(Project.text(10))' WHERE id = 2")
        #expect(try await shop.run().exit == 3)
        try await shop.sql(Project.change(3, points: 3, at: 12))
        #expect(try await shop.run().operations == .allConfirmed(1))
        try await shop.sql(Project.change(2, points: 2, at: 13))
        #expect(try await shop.run().operations == .allConfirmed(1))
        #expect(try await shop.simulator.attributes(of: "u2") == #"{"loyalty_tier":"silver","points":2}"#)
    }

    @Test func anotherDefinitionOverlapOrAgeReadsEverything() async throws {
        let shop = try await shop()
        _ = try await shop.run()
        var project = Project.project()
        project.mappings[1] = "{column: points, attribute: points, on_null: 0}"
        try shop.write(project)
        #expect(try await shop.run().line.read == .full("definitions_changed"))
        #expect(try await shop.run().line.read == .from(Project.text(5)))
        try shop.write(Project.project(overlap: "2s"))
        #expect(try await shop.run().line.read == .full("definitions_changed"))
        #expect(try await shop.run().line.read == .from(Project.text(3)))
        try shop.write(Project.project(overlap: "2s", more: ", full_every: 1ms"))
        #expect(try await shop.run().line.read == .full("full_every"))
    }

    @Test(arguments: [["--limit", "1"], ["--key", "2"], ["--full-resync"], ["--baseline", "--yes"]])
    func aFlagReadsEverything(flags: [String]) async throws {
        let shop = try await shop()
        _ = try await shop.run()
        try await shop.sql(Project.change(2, points: 7, at: 6) + Project.change(3, points: 7, at: 7))
        let output = try await shop.start(["run", "--output", "json"] + flags).end()
        let run = try Workshop.run(from: output)
        #expect(run.line.read == .full("asked") && run.rows.queried == 5)
        let isPartial = flags[0] == "--limit" || flags[0] == "--key"
        #expect(try await mark(shop) == Project.text(isPartial ? 5 : 7))
        #expect(try await shop.run().operations == .allConfirmed(isPartial ? 1 : 0))
    }

    @Test func anAppliedPlanMovesTheMark() async throws {
        let shop = try await shop()
        _ = try await shop.run()
        try await shop.sql(Project.change(2, points: 7, at: 6))
        let plan = try await shop.plan()
        #expect(try await mark(shop) == Project.text(5))
        let applied = try await shop.apply(plan.line.planID)
        #expect(applied.operations == .allConfirmed(1) && applied.line.read == .from(Project.text(5)))
        #expect(try await mark(shop) == Project.text(6))
    }

    @Test func aMixedColumnIsRefusedByName() async throws {
        let shop = try await shop()
        _ = try await shop.run()
        try await shop.sql("UPDATE members SET seen = '2025-12-31T23:00:00Z' WHERE id = 2")
        let run = try await shop.run()
        #expect(run.exit == 2 && run.operations.planned == 0)
        #expect(run.line.error?.contains("the cursor column seen mixes values") == true)
        #expect(run.output.stderr.contains(#""code":"cursor_mixed","file":"models/members.yml""#))
    }

    @Test func aColumnWrittenInAnotherWayIsReadWhole() async throws {
        let shop = try await shop()
        _ = try await shop.run()
        try await shop.sql(
            "UPDATE members SET seen = replace(seen, ' ', 'T'); UPDATE members SET points = 9 WHERE id = 2")
        let plan = try await shop.plan()
        #expect(plan.exit == 0 && plan.line.read == .full("cursor_changed"))
        let run = try await shop.run()
        #expect(run.exit == 0 && run.line.read == .full("cursor_changed") && run.operations == .allConfirmed(1))
        let text = Project.text(5).replacing(" ", with: "T")
        #expect(try await mark(shop) == text)
        #expect(try await shop.run().line.read == .from(text))
    }

    @Test(arguments: ["timestamptz USING at + interval '1 day'", "bigint USING extract(epoch from at)::bigint"])
    func aColumnOfAnotherTypeIsReadWholeOnPostgreSQL(type: String) async throws {
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute(
            """
            CREATE TABLE members (id int PRIMARY KEY, uid text, tier text, points int, at timestamp);
            INSERT INTO members SELECT i, 'u' || i, 'gold', i, timestamp '2026-01-01' FROM generate_series(1, 5) i
            """)
        var project = MembersProject()
        project.source = "{type: postgres, url: \"\(database.readerURL)\"}"
        project.sql = "SELECT id, uid, tier, points, at FROM members\n"
        project.model = ["time_zone: UTC", "cursor: {column: at}"]
        let shop = try await Workshop(project)
        _ = try await shop.run()
        try await database.execute(
            "ALTER TABLE members ALTER at TYPE \(type); UPDATE members SET points = 9 WHERE id = 2")
        let run = try await shop.run()
        #expect(run.exit == 0 && run.line.read?.reason == "cursor_changed" && run.operations == .allConfirmed(1))
        #expect(try await shop.run().line.read?.mode == "incremental")
    }

    @Test func theStateSaysWhereTheMarkIs() async throws {
        let shop = try await shop()
        _ = try await shop.run()
        for command in [["status"], ["state", "info"]] {
            let output = try await shop.start(command + ["--output", "json"]).end()
            #expect(
                output.stdout.contains(#""cursor":{"column":"seen","mark":"\#(Project.text(5))","full_read_at":"2"#))
        }
    }

    @Test func anotherDatabaseThroughTheEnvironmentIsReadWhole() async throws {
        let server = try await PostgresServer.shared()
        var names: [[String: String]] = []
        for points in 1...2 {
            let database = try await server.newDatabase()
            try await database.execute(
                """
                CREATE TABLE members (id int PRIMARY KEY, uid text, tier text, points int, updated_at timestamptz);
                INSERT INTO members SELECT i, 'u' || i, 'gold', \(points), timestamptz '2026-01-01'
                  + interval '1 day' * \(3 - points) FROM generate_series(1, 5) i
                """)
            names.append(try Self.variables(of: database.readerURL))
        }
        var project = MembersProject()
        project.source = "{type: postgres, url: \"postgresql:///?sslmode=disable\"}"
        project.sql = "SELECT id, uid, tier, points, updated_at FROM members\n"
        project.model = ["cursor: {column: updated_at}"]
        let shop = try await Workshop(project)
        func run(_ variables: [String: String]) async throws -> Workshop.Run {
            try Workshop.run(from: try await shop.start(["run", "--output", "json"], environment: variables).end())
        }
        #expect(try await run(names[0]).operations == .allConfirmed(5))
        #expect(try await run(names[0]).line.read?.mode == "incremental")
        // Its rows all lie before the mark.
        let other = try await run(names[1])
        #expect(other.line.read?.reason == "definitions_changed")
        #expect(other.operations == .allConfirmed(5))
    }

    private static func variables(of url: String) throws -> [String: String] {
        let parts = try #require(URLComponents(string: url))
        var variables = ["PGDATABASE": String(parts.path.dropFirst())]
        variables["PGUSER"] = parts.user
        variables["PGPASSWORD"] = parts.password
        variables["PGHOST"] = parts.host.flatMap { $0.isEmpty ? nil : $0 }
        variables["PGPORT"] = parts.port.map { "\($0)" }
        for item in parts.queryItems ?? [] where ["host", "port"].contains(item.name) {
            variables["PG\(item.name.uppercased())"] = item.value
        }
        return variables
    }

    @Test(arguments: ["UNION", "UNION ALL", "EXCEPT"]) func aCompoundModelIsReadInPart(word: String) async throws {
        let columns = "SELECT id, uid, tier, points, seen FROM members"
        var project = Project.project()
        // A bare value among the columns: the SELECT around it knows another declared type than the model itself.
        project.sql = "\(columns) WHERE id < 3 \(word) SELECT id, uid, tier, 5, seen FROM members WHERE id >= 3\n"
        let shop = try await Workshop(project, rows: Project.rows(5))
        let count = word == "EXCEPT" ? 2 : 5
        #expect(try await shop.run().operations == .allConfirmed(count))
        try await shop.sql(Project.change(1, points: 7, at: 9))
        let second = try await shop.run()
        #expect(second.exit == 0 && second.line.read == .from(Project.text(count)))
        #expect(second.operations == .allConfirmed(1))
    }

    @Test func aRowCommittedLateIsReadWithinTheOverlapOnPostgreSQL() async throws {
        let database = try await PostgresServer.shared().newDatabase()
        try await database.execute(
            """
            CREATE TABLE members (id int PRIMARY KEY, uid text, tier text, points int, updated_at timestamptz);
            INSERT INTO members SELECT i, 'u' || i, 'gold', i, now() - interval '1 hour' FROM generate_series(1, 50) i
            """)
        var project = MembersProject()
        project.source = "{type: postgres, url: \"\(database.readerURL)\"}"
        project.sql = "SELECT id, uid, tier, points, updated_at FROM members\n"
        project.model = ["cursor: {column: updated_at}"]
        let shop = try await Workshop(project)
        #expect(try await shop.run().operations == .allConfirmed(50))
        try await database.execute("UPDATE members SET points = 0, updated_at = now() WHERE id = 1")
        let second = try await shop.run()
        #expect(second.line.read?.mode == "incremental" && second.operations == .allConfirmed(1))
        // Stamped five minutes before the mark, visible only now; and one that is later than the overlap covers.
        try await database.execute(
            """
            UPDATE members SET points = 0, updated_at = now() - interval '5 minutes' WHERE id = 2;
            UPDATE members SET points = 0, updated_at = now() - interval '20 minutes' WHERE id = 3
            """)
        let third = try await shop.run()
        #expect(third.rows == RowNumbers(queried: 2, unchanged: 1, changed: 1))
        #expect(try await shop.run("--key", "3").operations == .allConfirmed(1))
    }
}
