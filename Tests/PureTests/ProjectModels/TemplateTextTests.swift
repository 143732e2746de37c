import SyncCore
import Testing

@testable import ProjectModels

/// Templates as they are written: their places, their filters, and every mistake at its own place.
@Suite struct TemplateTextTests {
    @Test(arguments: ["{{a}}", "{{{a}}}", "{{& a}}", "{{ a }}"]) func everyPlaceFormIsTheSame(text: String) {
        let read = TemplateText("x" + text)
        #expect(read.faults == [] && read.parts == [.text("x"), .column("a")])
    }

    @Test(arguments: [
        ("{{a|trim}}", [TemplateFilter.trim]), ("{{{ a | lower | capitalize }}}", [.lower, .capitalize]),
        ("{{ first name | trim | upper }}", [.trim, .upper]), ("{{& a |trim|trim}}", [.trim, .trim]),
    ]) func filtersStandInOrder(text: String, filters: [TemplateFilter]) {
        let read = TemplateText(text)
        #expect(read.faults == [])
        guard case .column(_, filters)? = read.parts.first, read.parts.count == 1 else {
            Issue.record("\(read.parts)")
            return
        }
    }

    @Test(arguments: [
        "{{ a | date: \"%Y }} | '%d\" | upper }}", "{{{a|date:\"%Y }} | '%d\"|upper}}}",
        "{{a | date :  \"%Y }} | '%d\"  |  upper}}",
    ]) func quotedTextHoldsWhatItLikes(text: String) throws {
        let read = TemplateText(text)
        let format = try DateFormat("%Y }} | '%d")
        #expect(read.faults == [] && read.parts == [.column("a", filters: [.date(format), .upper])])
    }

    @Test func aFormatIsReadFieldByField() throws {
        #expect(
            try DateFormat("%-d. %B %Y, 100%%").parts == [
                .field(.day, isPadded: false), .text(". "), .field(.monthName, isPadded: true), .text(" "),
                .field(.year, isPadded: true), .text(", 100%"),
            ])
        #expect(try DateFormat("%F").parts == DateFormat("%Y-%m-%d").parts)
        #expect(try DateFormat("%T").parts == DateFormat("%H:%M:%S").parts)
    }

    static let mistakes: [(String, String, String?)] = [
        ("{{a", "0 `{{` is not closed by `}}`", nil), ("x {{{a}}", "2 `{{` is not closed by `}}}`", nil),
        ("a}} {{b}}", "1 `}}` closes nothing", nil), ("{{}}", "0 `{{…}}` names a column", nil),
        ("{{ | trim }}", "0 `{{…}}` names a column", nil),
        ("{{#a}}", "0 a template has {{column}} places only: no sections, partials or comments", nil),
        ("{{a|}}", "3 a filter is missing behind `|`", nil), ("{{a||trim}}", "3 a filter is missing behind `|`", nil),
        (
            "é {{ a | uper }}", "9 `uper` is no filter: there are capitalize, lower, trim, upper, date",
            "did you mean `upper`?"
        ),
        (
            "{{ a | strip }}", "7 `strip` is no filter: there are capitalize, lower, trim, upper, date",
            "did you mean `trim`?"
        ),
        (
            "{{ a | default: 'x' }}", "7 `default` is no filter: there are capitalize, lower, trim, upper, date",
            "write coalesce() in the model, or `on_null` for the whole template"
        ),
        ("{{ a | \"x\" }}", "7 `\"x\"` is no filter: there are capitalize, lower, trim, upper, date", nil),
        ("{{ a | trim: 3 }}", "11 `trim` takes no argument", nil),
        ("{{ a | date }}", "7 `date` needs one format in quotes", "write date: '%Y-%m-%d'"),
        ("{{ a | date('%Y') }}", "11 `date` needs one format in quotes", "write date: '%Y-%m-%d'"),
        ("{{ a | date: %Y }}", "11 `date` needs one format in quotes", "write date: '%Y-%m-%d'"),
        ("{{ a | date: '%Y', 'x' }}", "11 `date` needs one format in quotes", "write date: '%Y-%m-%d'"),
        ("{{ a | date: '%Y }}", "13 the quoted text is not closed by `'`", nil),
        ("{{ a | trim | date: '%Y' }}", "14 `date` reads the column itself, so it must be the first filter", nil),
        ("{{ a | date: 'in %' }}", "17 the format ends within a %", nil),
    ]

    @Test(arguments: mistakes) func aMistakeSaysWhatAndWhere(text: String, expected: String, hint: String?) {
        let faults = TemplateText(text).faults
        #expect(faults.map { "\($0.offset) \($0.message)" } == [expected])
        #expect(faults.first?.hint == hint)
    }

    @Test func aFormatNamesWhatItCannotWrite() {
        let faults = TemplateText("{{ a | date: 'at %Q' }} {{ a | date: 'never' }} {{ a | date: '%-B' }}").faults
        #expect(faults.map(\.offset) == [17, 38, 62])
        #expect(faults[0].message.hasPrefix("`%Q` is no part of a date format: it has %Y %y %m"))
        #expect(faults[1].message.hasPrefix("the format has no part of a date"))
        #expect(faults[2].message.hasPrefix("`%-B` is no part of a date format"))
    }

    @Test func everyMistakeOfATemplateIsFound() {
        #expect(TemplateText("{{a|x}} {{b|trim|y}} {{#c}} }} {{d").faults.map(\.offset) == [4, 17, 21, 28, 31])
    }

    /// The mapping's lines start at line 9 of the file.
    static let styles: [(String, String)] = [
        ("      - {template: \"ä {{ a | uper }}\", attribute: tier}", "9:30"),
        ("      - {template: '''{{ a | date: ''%Q'' }}', attribute: tier}", "9:38"),
        ("      - {template: \"\\\"{{ a | date: \\\"%Q\\\" }}\", attribute: tier}", "9:38"),
        ("      - template: x {{ a | uper }}\n        attribute: tier", "9:28"),
        ("      - attribute: tier\n        template: >-\n          {{ a }} and\n          {{ b | uper }}", "12:18"),
        ("      - attribute: tier\n        template: >-\n          {{ a |\n          uper }}", "12:11"),
        ("      - attribute: tier\n        template: |-\n          {{ a }}\n            {{ b | uper }}", "12:20"),
    ]

    @Test(arguments: styles) func aMistakeIsFoundInEveryStyleOfYAML(mapping: String, place: String) throws {
        let sample = try SampleProject(["models/people.yml": SampleProject.people(mapping)])
        #expect(sample.places() == ["models/people.yml:\(place) invalid_template"])
    }

    @Test func whatAVariableHoldsIsInNoMessage() throws {
        let mapping = "      - {template: \"{{ tier | ${NAME} }}\", attribute: tier}"
        let sample = try SampleProject(["models/people.yml": SampleProject.people(mapping)])
        let findings = sample.load(["NAME": "hush"]).findings
        #expect(findings.map(\.code) == ["invalid_template"])
        #expect(findings.allSatisfy { !$0.rendered().contains("hush") })
        #expect(sample.load(["NAME": "trim"]).findings == [])
    }

    @Test func theColumnsOfATemplateHavePlaces() throws {
        let mapping = "      - {template: \"{{ tier | upper }} of {{{a}}}\", attribute: tier}"
        let sample = try SampleProject(["models/people.yml": SampleProject.people(mapping)])
        let positions = sample.load().project?.syncs.first?.mappings.first?.templatePositions
        #expect(positions?.map { "\($0.line):\($0.column)" } == ["9:24", "9:46"])
    }

    @Test func theDigestKnowsTheFilters() throws {
        func digest(_ template: String) throws -> String {
            let mapping = "      - {template: \"\(template)\", attribute: tier}"
            let sample = try SampleProject(["models/people.yml": SampleProject.people(mapping)])
            return DefinitionDigest.canonicalText(of: try #require(sample.load().project?.syncs.first))
        }
        let digests = try ["{{a}}", "{{a|trim}}", "{{a|upper}}", "{{a|date:'%Y'}}", "{{a|date:'%y'}}"].map(digest)
        #expect(Set(digests).count == digests.count)
        #expect(try digest("{{ a | trim }}") == digests[1])
    }
}
