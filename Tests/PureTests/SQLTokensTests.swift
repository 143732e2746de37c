import Foundation
import SyncCore
import TestKit
import Testing

/// The lexical rules of both databases, as far as places and variables need them.
@Suite struct SQLTokensTests {
    static func variables(_ text: String, _ dialect: SQLDialect) -> [String] {
        let tokens = SQLTokens(text, dialect)
        return tokens.tokens.filter { $0.kind == .variable }.map(tokens.text)
    }

    @Test(arguments: [
        ("SELECT :a", [":a"]), ("SELECT ':a', \":a\" -- :a\n, :b", [":b"]), ("SELECT /* :a /* :b */ :c */ :d", [":d"]),
        ("SELECT $$ :a $$, $t$ :b $$ $t$, :c", [":c"]), ("SELECT E'it\\'s :a', :b", [":b"]),
        ("SELECT x::text, :a::int", [":a"]), ("SELECT arr[1:2], arr[lo:hi], arr[:n]", [":n"]),
        ("SELECT ARRAY[:a, :b]", [":a", ":b"]), ("SELECT f(x := :a)", [":a"]),
        ("SELECT JSON_OBJECT('k':v, 'l' : w)", []), ("WHERE a=:a AND b IN(:b,:c)", [":a", ":b", ":c"]),
        ("SELECT $1, :Größe_1x", [":Größe_1x"]), ("SELECT f(a)[1:n]", []),
    ])
    func findsVariablesOnPostgreSQL(text: String, expected: [String]) {
        #expect(Self.variables(text, .postgres) == expected)
    }

    @Test(arguments: [
        ("SELECT :a, [:b], `:c`, \":d\", ':e'", [":a"]), ("SELECT /* :a /* */ :b", [":b"]), ("LIMIT:n", [":n"]),
        ("SELECT ?1, @a, $b, :c -- :d", [":c"]),
    ])
    func findsVariablesOnSQLite(text: String, expected: [String]) {
        #expect(Self.variables(text, .sqlite) == expected)
    }

    @Test(arguments: [SQLDialect.sqlite, .postgres])
    func aBodyIsTheFirstStatementWithoutWhatSurroundsIt(dialect: SQLDialect) {
        let text = "-- first\n; SELECT ';' AS \"a;b\" /* c */ ; -- end"
        let body = SQLTokens(text, dialect).body
        let scalars = Array(text.unicodeScalars)[body]
        #expect(String(String.UnicodeScalarView(scalars)) == "SELECT ';' AS \"a;b\"")
        #expect(SQLTokens(" ; -- nothing", dialect).body.isEmpty)
    }

    @Test func aComposedStatementKnowsWhereEachPartIsWritten() {
        let model = SQLStatement(text: "SELECT\n  größe\nFROM t", file: "models/m.sql")
        let place = Diagnostic.Position("models/m.yml", line: 7, column: 9)
        var inner = SQLComposer()
        inner.add("SELECT * FROM (\n", at: place)
        inner.add(bodyOf: model, .postgres)
        inner.add("\n) AS x", at: place)
        let once = inner.statement(startingAt: place)
        var outer = SQLComposer()
        outer.add("/* ü */ ", at: place)
        outer.add(once, 0..<once.text.unicodeScalars.count)
        let statement = outer.statement(startingAt: place)
        #expect(statement.text == "/* ü */ SELECT * FROM (\nSELECT\n  größe\nFROM t\n) AS x")
        func position(of part: String) -> Diagnostic.Position {
            let index = statement.text.range(of: part)!.lowerBound
            let scalars = statement.text.unicodeScalars
            return statement.position(ofScalar: scalars.distance(from: scalars.startIndex, to: index)).position
        }
        #expect(position(of: "größe") == Diagnostic.Position("models/m.sql", line: 2, column: 3))
        #expect(position(of: "t\n)") == Diagnostic.Position("models/m.sql", line: 3, column: 6))
        #expect(position(of: "AS x") == place)
        #expect(statement.position(ofScalar: 1000).position == place)
    }

    @Test func namesAndConstantsAreQuoted() {
        #expect(SQLDialect.postgres.quoted("we\"ird") == "\"we\"\"ird\"")
        #expect(SQLDialect.postgres.literal(.string("it's a \\")) == "E'it''s a \\\\'")
        #expect(SQLDialect.sqlite.literal(.string("it's a \\")) == "'it''s a \\'")
        #expect(SQLDialect.postgres.literal(.integer(5)) == "'5'")
        #expect(SQLDialect.sqlite.literal(.boolean(true)) == "1")
    }

    /// Whatever the text, tokens stand in order inside it, and a composed copy of it is the text itself.
    @Test(arguments: [SQLDialect.sqlite, .postgres], [UInt64(7), 99, 2026])
    func anyTextHasTokensInOrder(dialect: SQLDialect, seed: UInt64) {
        let parts = [
            "'", "\"", "`", "[", "]", "$", "$$", "$a$", ":", "::", ":x", "--", "\n", "/*", "*/", ";", "(", ")", "E'",
            "\\",
            "WITH", "RECURSIVE", " ", "ü", "1", ".", "e", "?", "@", "\u{FEFF}", "\0",
        ]
        var random = SplitMix(state: seed)
        for _ in 0..<3000 {
            let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in parts.randomElement(using: &random) ?? ""
            }
            .joined()
            let count = text.unicodeScalars.count
            let tokens = SQLTokens(text, dialect)
            var end = 0
            for token in tokens.tokens {
                #expect(token.range.lowerBound >= end && !token.range.isEmpty, "seed \(seed): \(text.debugDescription)")
                end = token.range.upperBound
            }
            #expect(end <= count)
            #expect((0...count).contains(tokens.body.upperBound))
            if let start = tokens.endOfLeadingWith { #expect(tokens.body.contains(start - 1)) }
            var composer = SQLComposer()
            let statement = SQLStatement(text: text, file: "m.sql")
            composer.add(statement, 0..<end)
            composer.add(statement, end..<count)
            #expect(composer.statement(startingAt: statement.start).text == text)
        }
    }
}
