import SyncCore
import Testing

@testable import ChangePlanning

/// What filters make of the values of a row, and what `check` says of columns that they cannot take.
@Suite("Template filters") struct TemplateFilterTests {
    private func bench(_ parts: [Template.Part], _ source: SourceType, declared: String = "t", zone: String? = nil)
        -> PlanningBench
    {
        var mapping = Mapping(
            origin: .template(Template(parts: parts)), attribute: PlanningBench.attribute("a", .string))
        mapping.templatePositions = [Diagnostic.Position("models/members.yml", line: 9, column: 30)]
        return PlanningBench(
            mappings: [mapping],
            columns: [
                ColumnDescription(name: "id", type: .text, typeName: "text"),
                ColumnDescription(name: "v", type: source, typeName: declared),
            ], timeZone: zone)
    }

    private func rendered(
        _ cell: TestCell, _ filters: [TemplateFilter], from source: SourceType = .text, zone: String? = nil
    ) throws -> String {
        let outcome = try bench([.text("<"), .column("v", filters: filters), .text(">")], source, zone: zone)
            .plan([[.text("u"), cell]])
        return outcome.body("u").map { String($0.dropFirst(7).dropLast(3)) }
            ?? "! \(outcome.invalid.first?.reason ?? "absent")"
    }

    @Test(
        "filters of text follow Unicode, and no language",
        arguments: [
            ("Straße ﬁ", [TemplateFilter.upper], "STRASSE FI"), ("istanbul ı", [.upper], "ISTANBUL I"),
            ("İSTANBUL ΟΔΟΣ", [.lower], "i\u{307}stanbul οδοσ"), ("ǆ ABC", [.capitalize], "ǅ abc"),
            ("élODIE o'NEIL", [.capitalize], "Élodie o'neil"), ("", [.capitalize], ""), ("", [.trim], ""),
            ("\u{A0}\u{3000} a b\r\n\t\u{2028}", [.trim], "a b"), ("\u{200B}a\u{FEFF}", [.trim], "\u{200B}a\u{FEFF}"),
            (" \n ", [.trim], ""), ("  aDa ", [.trim, .capitalize], "Ada"), ("<&>", [.upper], "<&>"),
        ])
    func text(value: String, filters: [TemplateFilter], expected: String) throws {
        #expect(try rendered(.text(value), filters) == expected)
    }

    @Test("filters of text take the text of any value")
    func otherValues() throws {
        #expect(try rendered(.plain(.boolean(true)), [.upper], from: .boolean) == "TRUE")
        #expect(try rendered(.integer(7), [.trim], from: .dynamic) == "7")
        let uuid = TestCell.uuid(Array(0..<16))
        #expect(try rendered(uuid, [.upper], from: .uuid) == "00010203-0405-0607-0809-0A0B0C0D0E0F")
        #expect(try rendered(.null, [.upper]) == "! absent")
        #expect(try rendered(.raw([0xFF]), [.upper]) == "! text that is not valid UTF-8")
    }

    /// 2024-02-29T00:05:09.012345Z, a Thursday.
    private static let leapDay = TestCell.plain(.timestamp(1_709_165_109_012_345))

    @Test(
        "a date is written field by field",
        arguments: [
            ("%Y-%m-%d %H:%M:%S.%f", "2024-02-29 00:05:09.012345"), ("%F %T.%L", "2024-02-29 00:05:09.012"),
            ("%-d.%-m.%y", "29.2.24"), ("%A, %-d %B %Y", "Thursday, 29 February 2024"),
            ("%a %b %j %u", "Thu Feb 060 4"),
            ("%I:%M %p", "12:05 AM"), ("%-H|%-M|%-S|%-I", "0|5|9|12"), ("%%%Y", "%2024"),
        ])
    func formats(format: String, expected: String) throws {
        #expect(try rendered(Self.leapDay, [.date(DateFormat(format))], from: .timestamp) == expected)
    }

    @Test("a moment is written on the clock of the model's zone, a time without a zone as it stands")
    func zones() throws {
        let format = TemplateFilter.date(try DateFormat("%F %H:%M"))
        #expect(try rendered(Self.leapDay, [format], from: .timestamp, zone: "Asia/Kolkata") == "2024-02-29 05:35")
        #expect(try rendered(Self.leapDay, [format], from: .timestamp, zone: "America/New_York") == "2024-02-28 19:05")
        let local = TestCell.plain(.localTimestamp(1_709_165_109_000_000))
        for zone in [nil, "America/New_York"] {
            #expect(try rendered(local, [format], from: .localTimestamp, zone: zone) == "2024-02-29 00:05")
        }
        let text = TestCell.text("2024-02-29T00:05:09+01:00")
        #expect(try rendered(text, [format], from: .dynamic) == "2024-02-28 23:05")
        #expect(try rendered(text, [format], from: .dynamic, zone: "Europe/Berlin") == "2024-02-29 00:05")
        #expect(try rendered(.text("2024-02-29 00:05:09"), [format], from: .dynamic) == "2024-02-29 00:05")
    }

    @Test("every day of the calendar has its own fields")
    func calendar() throws {
        let format = try DateFormat("%Y-%m-%d %u %j")
        var (weekday, dayOfYear, year) = (0, 0, Int64(0))
        for day in ISO8601.days {
            let date = CivilDate(daysSince1970: day)
            // 0001-01-01 is a Monday of the proleptic calendar.
            weekday = weekday % 7 + 1
            (dayOfYear, year) = (year == date.year ? dayOfYear + 1 : 1, date.year)
            guard day % 97 == 0 || dayOfYear == 1 || dayOfYear > 364 else { continue }
            var text: [UInt8] = []
            try DateFilter.append(.day(day), as: format, to: &text)
            let number = String(1000 + dayOfYear).dropFirst()
            #expect(String(decoding: text, as: UTF8.self) == "\(date.iso8601) \(weekday) \(number)")
        }
    }

    @Test(
        "what is no date is refused by name",
        arguments: [
            (TestCell.text("29.2.2024"), SourceType.dynamic, "! a value that is no date or timestamp"),
            (.integer(0), .dynamic, "! a value that is no date or timestamp, in the template's filter date"),
            (.plain(.infiniteTime(isNegative: true)), .date, "! an infinite date or time"),
            (.text("2024-02-29"), .dynamic, "! a date without a time of day"),
            (.plain(.date(-800_000)), .date, "! a year outside 0001–9999"),
        ])
    func refusals(cell: TestCell, source: SourceType, expected: String) throws {
        #expect(try rendered(cell, [.date(DateFormat("%F %H"))], from: source).hasPrefix(expected))
    }

    @Test("check refuses a filter that the column's type can never fit, at its place")
    func findings() throws {
        func found(_ source: SourceType, _ format: String, declared: String = "t") throws -> [Diagnostic] {
            let bench = bench([.column("v", filters: [.date(try DateFormat(format))])], source, declared: declared)
            return SyncCheck.findings(
                sync: bench.sync, columns: bench.columns, dialect: source == .dynamic ? .sqlite : .postgres)
        }
        for source in [SourceType.date, .timestamp, .localTimestamp, .dynamic] {
            #expect(try found(source, "%F").isEmpty)
        }
        for source in [SourceType.text, .integer, .double, .boolean, .json, .other, .uuid] {
            let findings = try found(source, "%F")
            #expect(findings.map(\.code) == ["type_mismatch"])
            #expect(findings.first?.position?.column == 30)
        }
        #expect(try found(.date, "%F %H").map(\.message) == ["column v is t, which has no time of day for %H"])
        #expect(try found(.dynamic, "%F", declared: "INTEGER").map(\.severity) == [.warning])
        #expect(try found(.dynamic, "%F", declared: "TEXT").isEmpty)
    }

    @Test("an unknown column of a template is named at its place")
    func unknownColumn() {
        let bench = bench([.column("w", filters: [.trim])], .text)
        let findings = SyncCheck.findings(sync: bench.sync, columns: bench.columns, dialect: .postgres)
        #expect(findings.map(\.code) == ["unknown_column"])
        #expect(findings.first?.position == Diagnostic.Position("models/members.yml", line: 9, column: 30))
    }
}
