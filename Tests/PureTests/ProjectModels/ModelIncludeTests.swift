import ProjectModels
import SyncCore
import Testing

/// `include:` of a model, before any database is asked.
@Suite struct ModelIncludeTests {
    private static func yml(_ includes: String = "[]", source: String = "shop") -> String {
        let include = includes == "[]" ? "" : ", include: \(includes)"
        return "model: {source: \(source), primary_key: id\(include)}\n"
    }

    private func text(_ model: String, _ files: [String: String]) throws -> String? {
        let (project, findings) = try SampleProject(files).load()
        #expect(findings.filter { $0.severity == .error }.isEmpty, "\(findings)")
        return project?.models.first { $0.name == model }?.statement.text
    }

    @Test func anIncludedModelIsATableExpression() throws {
        let files = [
            "models/a.sql": "SELECT id FROM a; -- its own table\n", "models/a.yml": Self.yml(),
            "models/b.sql": "-- b\nwith recursive n(i) AS (SELECT 1)\nSELECT * FROM a, n;\n",
            "models/b.yml": Self.yml("a"),
            "models/c.sql": "SELECT * FROM b JOIN a", "models/c.yml": Self.yml("[b, a]"),
        ]
        #expect(
            try text("b", files) == """
                WITH headrace_include_1 AS (
                SELECT id FROM a
                )
                SELECT * FROM (
                with recursive "a" AS (SELECT * FROM headrace_include_1), n(i) AS (SELECT 1)
                SELECT * FROM a, n
                ) AS "b"
                """)
        #expect(
            try text("c", files) == """
                WITH headrace_include_1 AS (
                SELECT id FROM a
                ),
                headrace_include_2 AS (
                with recursive "a" AS (SELECT * FROM headrace_include_1), n(i) AS (SELECT 1)
                SELECT * FROM a, n
                )
                SELECT * FROM (
                WITH "b" AS (SELECT * FROM headrace_include_2), "a" AS (SELECT * FROM headrace_include_1)
                SELECT * FROM b JOIN a
                ) AS "c"
                """)
    }

    @Test func aStatementThatReadsANameOfOurOwnIsRefused() throws {
        let sample = try SampleProject([
            "models/a.sql": "SELECT 1 AS id FROM\n  \"Headrace_include_1\"", "models/a.yml": Self.yml(),
            "models/b.sql": "WITH headrace_include_2 AS (SELECT 1 AS id) SELECT id FROM a",
            "models/b.yml": Self.yml("a"),
            "models/c.sql": "SELECT id FROM a, b -- headrace_include_1", "models/c.yml": Self.yml("[a, b]"),
            "models/d.sql": "SELECT id FROM headrace_include_1", "models/d.yml": Self.yml(),
        ])
        #expect(sample.places() == ["models/a.sql:2:3 reserved_name", "models/b.sql:1:6 reserved_name"])
    }

    @Test func whatCannotBeIncludedIsFound() throws {
        let sample = try SampleProject([
            "models/a.sql": "SELECT 1 AS id; SELECT 2", "models/a.yml": Self.yml(),
            "models/b.sql": "SELECT 1 AS id", "models/b.yml": Self.yml("[a, poeple]"),
            "models/c.sql": "SELECT 1 AS id", "models/c.yml": Self.yml("[d]"),
            "models/d.sql": "SELECT 1 AS id", "models/d.yml": Self.yml("[e]"),
            "models/e.sql": "SELECT 1 AS id", "models/e.yml": Self.yml("[c]"),
            "models/f.sql": "SELECT 1 AS id", "models/f.yml": Self.yml("[f, f]"),
            "models/g.sql": "SELECT 1 AS id", "models/g.yml": Self.yml("[c]"),
            "models/h.sql": "SELECT 1 AS id", "models/h.yml": Self.yml("[people]", source: "other"),
            "headrace.yml": """
            version: 1
            sources: {shop: {type: sqlite, path: a.db}, other: {type: sqlite, path: b.db}}
            destinations:
              personalize: {type: contentstack_personalize, project_uid: abc, auth: {method: none}}

            """,
        ])
        #expect(
            sample.places() == [
                "models/a.sql:1:17 two_statements", "models/b.yml:1:53 unknown_model",
                "models/c.yml:1:50 include_cycle", "models/f.yml:1:50 include_cycle", "models/f.yml:1:53 invalid_value",
                "models/h.yml:1:51 different_source",
            ])
        let findings = sample.load().findings
        #expect(findings[1].hint == "did you mean `people`?")
        #expect(findings[2].message == "a model cannot include itself: `c` includes `d` includes `e` includes `c`")
    }
}
