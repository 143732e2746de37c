import TestKit
import Testing

/// Every kind of mapping from its files to the destination, and what limits an attribute may have.
@Suite struct MappingKindTests {
    static let row = """
        INSERT INTO members (id, uid, tier, points, balance, seen, born, segments, first, last) VALUES
            (1, 'u1', 'gold', 1772404200123, 2461101.4375, '2026-03-01T22:30:00Z', '1815-12-10', '["b","a"]',
             ' ada ', 'LOVELACE');
        """

    @Test func everyKindIsSentAsItSays() async throws {
        var project = MembersProject()
        project.sql = "SELECT id, uid, tier, points, balance, seen, born, segments, first, last FROM members\n"
        project.model = ["time_zone: Europe/Berlin"]
        project.attributes = [
            "full_name: {type: string, max_length: 20}", "seen_on: {type: string}", "tier: {type: string}",
            "created: {type: timestamp}", "met: {type: date}", "lists: {type: string_list}", "source: {type: string}",
            "born_text: {type: string}", "score: {type: integer, min: 0}",
        ]
        project.mappings = [
            "{template: \"{{ first | trim | capitalize }} {{{last | lower}}}\", attribute: full_name, on_removed: gone}",
            "{template: '{{ seen | date: \"%-d %B %Y, %H:%M\" }}', attribute: seen_on}",
            "{column: tier, attribute: tier, cast: string}",
            "{column: points, attribute: created, cast: {timestamp: epoch_millis}}",
            "{column: balance, attribute: met, cast: {date: julian_day}}", "{column: segments, attribute: lists}",
            "{value: shop, attribute: source}",
            "{template: \"{{born|date:'%d.%m.%y'}}\", attribute: born_text}",
            "{column: note, attribute: score, cast: integer, on_null: 0}",
        ]
        project.sql = project.sql.replacing("last FROM", with: "last, note FROM")
        let shop = try await Workshop(project, rows: Self.row)
        #expect(try await shop.check().findings == [])
        #expect(try await shop.run().operations == .allConfirmed(1))
        #expect(
            try await shop.simulator.attributes(of: "u1") == """
                {"born_text":"10.12.15","created":"2026-03-01T22:30:00.123Z","full_name":"Ada lovelace",\
                "lists":"|a|b|","met":"2026-03-01","score":0,"seen_on":"1 March 2026, 23:30","source":"shop",\
                "tier":"gold"}
                """)
        try await shop.sql(
            "INSERT INTO members (id, uid, note) VALUES (2, 'u2', '7'); DELETE FROM members WHERE id = 1")
        _ = try await shop.run()
        #expect(try await shop.simulator.requests(of: "u1").last?.body == #"{"full_name":"gone"}"#)
        #expect(try await shop.simulator.requests(of: "u2").last?.body == #"{"score":7,"source":"shop"}"#)
    }

    @Test func aChangedLimitIsHeldAgainstEveryRow() async throws {
        var project = MembersProject()
        project.attributes[1] = "points: {type: integer, max: 15}"
        let shop = try await Workshop(project, rows: Workshop.plainRows(2))
        let first = try await shop.run()
        #expect(first.exit == 3 && first.rows == RowNumbers(queried: 2, added: 1, invalid: 1))
        #expect(first.line.invalidSample.map(\.reason) == ["a value above the attribute's max 15"])
        project.attributes[1] = "points: {type: integer, min: 15, max: 20}"
        try shop.write(project)
        let second = try await shop.run()
        // The row that was sent has not changed, and is no longer one that may be.
        #expect(second.rows == RowNumbers(queried: 2, added: 1, invalid: 1))
        #expect(second.line.invalidSample.map(\.reason) == ["a value below the attribute's min 15"])
        #expect(try await shop.simulator.attributes(of: "u1") == #"{"loyalty_tier":"silver","points":10}"#)
    }

    @Test func mistakesOfTemplatesAreFoundTogetherEachAtItsPlace() async throws {
        var project = MembersProject()
        project.attributes = ["a1: {type: string}", "a2: {type: string}", "a3: {type: string}"]
        project.mappings = [
            "{template: \"{{ tier | uper }} {{ note | date }}\", attribute: a1}",
            "{template: \"{{ tier\", attribute: a2}",
            "{template: \"{{ ponits | trim }}\", attribute: a3}",
        ]
        let shop = try await Workshop(project)
        let output = try await shop.start(["check"]).end()
        #expect(output.exit == 2)
        for line in [
            "models/members.yml:10:31: error: `template`: `uper` is no filter: there are capitalize, lower, trim, upper, date"
                + " [invalid_template]",
            "hint: did you mean `upper`?",
            "models/members.yml:10:49: error: `template`: `date` needs one format in quotes [invalid_template]",
            "models/members.yml:11:21: error: `template`: `{{` is not closed by `}}` [invalid_template]",
        ] { #expect(output.stdout.contains(line), "\(output.stdout)") }
        project.mappings.removeFirst(2)
        try shop.write(project)
        let unknown = try await shop.start(["check"]).end()
        #expect(
            unknown.stdout.contains("models/members.yml:10:24: error: the model has no column ponits [unknown_column]"))
    }
}
