import Testing

@testable import ProjectModels

@Suite struct CronFieldTests {
    @Test(arguments: [
        "*/15 * * * *", "0 6 * * MON-FRI", "0,30 8-18/2 1,15 jan-mar,OCT 7", "59 23 31 12 0", "0 0 29 2 *",
        "0 0 * * FRI-SUN", "0 0 31 2 MON", "0-59 * * * *",
    ]) func fiveFieldsInTheirRangesAreAccepted(text: String) {
        #expect(CronFields.problems(in: text) == [])
    }

    @Test(arguments: [
        ("61 * * * *", "`61` is no minute: write 0 to 59"), ("* 24 * * *", "`24` is no hour"),
        ("* * 0 * *", "`0` is no day of the month"), ("* * * 13 *", "`13` is no month"),
        ("* * * * 8", "`8` is no day of the week: write 0 to 7 or SUN to SAT"),
        ("* * * * MON-FOO", "`FOO` is no day of the week"), ("*/0 * * * *", "a step is 1 to 59"),
        ("*/90 * * * *", "a step is 1 to 59"), ("5/15 * * * *", "a step follows * or a range"),
        ("1, * * * *", "`` is no minute"), ("30-10 * * * *", "the range runs backwards"),
        ("? * * * *", "`?` is no minute"),
        ("*/5/5 * * * *", "a step follows"), ("-1 * * * *", "`` is no minute"), ("0 0 31 2,4 *", "never due"),
        ("*/ * * * *", "a step is 1 to 59"), ("99999999999999999999 * * * *", "is no minute"),
    ]) func whatNoClockShowsIsRefused(text: String, reason: String) {
        let problems = CronFields.problems(in: text) ?? []
        #expect(problems.count == 1)
        #expect(problems.first?.contains(reason) == true, "\(problems)")
    }

    @Test func everyWrongFieldIsNamed() {
        #expect(CronFields.problems(in: "*/0 * 31 2 MON-FOO")?.count == 2)
    }

    @Test(arguments: ["", "* * * *", "* * * * * *", "@reboot"]) func otherThanFiveFieldsIsNoCron(text: String) {
        #expect(CronFields.problems(in: text) == nil)
    }

    @Test(arguments: [
        ("\"61 * * * *\"", false), ("\"@hourly\"", true), ("\"@often\"", false), ("\"0 6 * * 1-5\"", true),
    ])
    func aScheduleIsHeldAgainstItsFields(cron: String, isSound: Bool) throws {
        let text = SampleProject.people("      - {column: tier, attribute: tier}") + "    schedule: {cron: \(cron)}\n"
        let places = try SampleProject(["models/people.yml": text]).places()
        #expect(places == (isSound ? [] : ["models/people.yml:10:22 invalid_value"]))
    }
}
