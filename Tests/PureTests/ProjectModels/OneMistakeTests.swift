import Foundation
import ProjectModels
import SyncCore
import Testing

/// One mistake is one finding, with the hint that mends it.
@Suite struct OneMistakeTests {
    @Test(arguments: [("sorces", "sources"), ("destnations", "destinations")])
    func aMistypedSectionIsNotMissedWhereItIsNamed(typed: String, meant: String) throws {
        let sound = try #require(SampleProject.soundFiles["headrace.yml"] ?? nil)
        let sample = try SampleProject(["headrace.yml": sound.replacing(meant + ":", with: typed + ":")])
        let findings = sample.load().findings
        #expect(findings.map(\.code) == ["unknown_key"])
        #expect(findings.first?.hint == "did you mean `\(meant)`?")
    }

    @Test(arguments: [
        ("{col: tier, attribute: tier}", "column"), ("{column: tier, attr: tier}", "attribute"),
        ("{val: gold, attribute: tier}", "value"), ("{colum: tier, attribute: tier}", "column"),
    ]) func aKeyOfAMappingThatIsCutShortIsNamed(mapping: String, meant: String) throws {
        let sample = try SampleProject(["models/people.yml": SampleProject.people("      - " + mapping)])
        let findings = sample.load().findings
        #expect(findings.map(\.code) == ["unknown_key"])
        #expect(findings.first?.hint == "did you mean `\(meant)`?")
    }

    @Test(arguments: [
        ("  tests: [{uniq: id}]\n", "unique"), ("  primry_key: id\n", nil),
        ("  tests: [{row_count: {mn: 1}}]\n", "min"),
    ]) func aKeyOfAModelIsNamed(line: String, meant: String?) throws {
        let text = SampleProject.people("      - {column: tier, attribute: tier}")
        let sample = try SampleProject([
            "models/people.yml": text.replacing("  primary_key: id\n", with: "  primary_key: id\n" + line)
        ])
        let findings = sample.load().findings
        #expect(findings.map(\.code) == ["unknown_key"])
        #expect(findings.first?.hint == meant.map { "did you mean `\($0)`?" })
    }

    @Test(arguments: ["{crn: \"* * * * *\"}", "{evry: 5m}"]) func aMistypedTriggerIsNotMissingToo(schedule: String)
        throws
    {
        let text = SampleProject.people("      - {column: tier, attribute: tier}") + "    schedule: \(schedule)\n"
        #expect(try SampleProject(["models/people.yml": text]).places() == ["models/people.yml:10:16 unknown_key"])
    }

    @Test(arguments: [
        "  typ: sqlite\n    path: x", "  type: sqlit\n    path: x",
    ]) func aMistypedKindIsOneMistake(source: String) throws {
        let sound = try #require(SampleProject.soundFiles["headrace.yml"] ?? nil)
        let sample = try SampleProject([
            "headrace.yml": sound.replacing("sources:", with: "sources:\n  other:\n  " + source)
        ])
        #expect(sample.load().findings.count == 1)
        #expect(sample.load().findings.first?.hint?.hasPrefix("did you mean") == true)
    }

    @Test(arguments: [
        ("Europe/Berln", "did you mean `Europe/Berlin`?"), ("BST", "write Area/City, such as Europe/Berlin, or UTC"),
        ("GMT+2", "write Area/City, such as Europe/Berlin, or UTC"), ("utc", nil),
        ("UTC+2", "write Area/City, such as Europe/Berlin, or UTC"),
        ("EST", "write Area/City, such as Europe/Berlin, or UTC"),
    ]) func anUnknownTimeZoneIsOneMistakeAtItsPlace(zone: String, hint: String?) throws {
        let text = SampleProject.people("      - {column: tier, attribute: tier}")
        let sample = try SampleProject([
            "models/people.yml": text.replacing(
                "  primary_key: id\n", with: "  primary_key: id\n  time_zone: \(zone)\n")
        ])
        #expect(sample.places() == ["models/people.yml:4:14 time_zone_unknown"])
        if let hint { #expect(sample.load().findings.first?.hint == hint) }
    }

    @Test(arguments: [
        "Europe/Berlin", "UTC", "GMT", "Etc/GMT+2", "US/Eastern", "Asia/Kolkata", "America/Argentina/Buenos_Aires",
    ]) func theNamesOfTheDatabaseAreKnown(zone: String) {
        #expect(TimeZoneName.isKnown(zone))
    }

    @Test func aByteOrderMarkIsNoPartOfAFile() throws {
        let mark = "\u{FEFF}"
        var files: [String: String?] = SampleProject.soundFiles.mapValues { $0.map { mark + $0 } }
        #expect(try SampleProject(files).places() == [])
        #expect(try SampleProject(files).load().project?.models.first?.statement.text.hasPrefix("SELECT") == true)
        files["models/people.yml"] = mark + "modle: {}\n"
        #expect(try SampleProject(files).places() == ["models/people.yml:1:1 unknown_key"])
    }

    @Test func aModelFileOfAnotherEndingIsAnErrorThatNamesTheRightOne() throws {
        let text = SampleProject.people("      - {column: tier, attribute: tier}")
        let sample = try SampleProject(["models/people.yml": nil, "models/people.yaml": text])
        #expect(sample.places() == ["models/people.yaml:1:1 wrong_extension"])
        #expect(sample.load().findings.first?.hint == "rename it to models/people.yml")
        let attributes = SampleProject.soundFiles["models/attributes.yml"] ?? nil
        let other = try SampleProject(["models/attributes.yml": nil, "models/attributes.yaml": attributes])
        #expect(other.places() == ["models/attributes.yaml:1:1 wrong_extension"])
    }

    @Test func aWrongStateDoesNotKeepTheRestFromBeingChecked() throws {
        let sound = try #require(SampleProject.soundFiles["headrace.yml"] ?? nil)
        let sample = try SampleProject(["headrace.yml": sound + "state: {url: \"mysql://x\"}\n"])
        let reading = ProjectLoader.read(directory: sample.directory, environment: [:])
        #expect(reading.project == nil)
        #expect(reading.draft?.syncs.count == 1)
    }

    @Test func aPlaceWithoutAProjectIsNamed() throws {
        let sample = try SampleProject(["headrace.yml": nil])
        func first(_ path: String) -> Diagnostic? {
            ProjectLoader.read(directory: path, environment: [:]).findings.first
        }
        #expect(first(sample.directory)?.message == "\(sample.directory) holds no headrace.yml")
        #expect(first("/no/such/folder")?.message == "there is no folder /no/such/folder")
        let file = sample.directory + "/models/people.yml"
        #expect(first(file)?.message == "\(file) is a file, not the folder of a project")
    }

    @Test func aQuotedConstantSaysThatItIsQuoted() throws {
        let attributes = "attributes:\n  tier: {type: boolean, allowed: [\"true\"]}\n"
        let finding = try SampleProject(["models/attributes.yml": attributes]).load().findings.first
        #expect(finding?.message.hasSuffix("expected true or false, found the quoted text `true`") == true)
        #expect(finding?.hint == "write it without quotes")
    }

    @Test func aFolderThatCannotBeWrittenSaysWhy() throws {
        let sample = try SampleProject()
        #expect {
            try InitialProject.write(to: sample.directory + "/headrace.yml/new")
        } throws: { error in
            let finding = error as? Diagnostic
            return finding?.code == "unwritable_file"
                && finding?.message.hasSuffix(": a file is in the place of a folder") == true
        }
    }

    @Test(arguments: [
        ("${file:}", "`${file:}` names no file: write ${file:/path}"),
        ("${file:gone.txt}", "there is no file `gone.txt`"), ("${file:models}", "`models` is a folder"),
        ("${file:bytes}", "cannot read `bytes` as UTF-8 text"),
    ]) func aFileThatCannotBeTakenInIsSaidAsWhatItIs(written: String, message: String) throws {
        let sound = try #require(SampleProject.soundFiles["headrace.yml"] ?? nil)
        let sample = try SampleProject([
            "headrace.yml": sound.replacing("project_uid: abc", with: "project_uid: \"\(written)\"")
        ])
        try Data([0xFF]).write(to: URL(filePath: sample.directory + "/bytes"))
        #expect(sample.load().findings.map(\.message) == [message])
    }

    @Test func withoutItsFileNoAttributeIsThere() throws {
        let findings = try SampleProject(["models/attributes.yml": nil]).load().findings
        #expect(findings.map(\.code) == ["unknown_attribute"])
        #expect(findings.first?.hint == "there is no models/attributes.yml, where they are defined")
    }

    @Test(arguments: [
        ("max_requests_per_second: -1", "`max_requests_per_second`: must be at least 0"),
        ("max_requests_per_second: 0", "`max_requests_per_second`: must be at least 0.001; null means no cap"),
        ("proxy: \"http://h:70000\"", "`proxy`: a port is a number from 1 to 65535"),
        (
            "proxy: \"http://a@b@h:1\"",
            "`proxy`: credentials are user:password: no colon in the user, and an @ in either written as %40"
        ),
    ]) func aKeyOfTheConnectionIsOneFinding(key: String, message: String) throws {
        let sound = try #require(SampleProject.soundFiles["headrace.yml"] ?? nil)
        let sample = try SampleProject([
            "headrace.yml": sound.replacing("project_uid: abc", with: "project_uid: abc, \(key)")
        ])
        #expect(sample.load().findings.map(\.message) == [message])
    }
}
