import Foundation
import ProjectModels
import SyncCore
import Testing

@Suite struct ManyMistakesTests {
    @Test func allFindingsOfAllFilesComeAtOnceInOrder() throws {
        let sample = try SampleProject([
            "headrace.yml": """
            version: 1
            sources:
              shop: {type: sqlite, pth: shop.db}
            destinations:
              personalize: {type: contentstack_personalize, project_uid: "${NOPE}", timeout: soon}

            """,
            "models/attributes.yml": "attributes: {tier: {type: [string]}}\n",
            "models/broken.yml": "model: {\n",
            "models/broken.sql": "SELECT 1",
            "models/people.yml": """
            model:
              source: warehouse
              primary_key: []
              time_zone: Europe/Berln
            syncs:
              - name: people
                destination: personalise
                match: {column: uid}
                mappings: [{column: tier, attribute: tier}]
                schedule: {cron: "* * *"}
                guards: {min_rows: many}

            """,
        ])
        #expect(
            sample.places() == [
                "headrace.yml:3:24 unknown_key", "headrace.yml:5:63 unset_variable",
                "headrace.yml:5:82 invalid_duration", "models/attributes.yml:1:27 wrong_type",
                "models/broken.yml:2:1 yaml_syntax", "models/people.yml:2:11 unknown_source",
                "models/people.yml:3:16 invalid_value", "models/people.yml:4:14 time_zone_unknown",
                "models/people.yml:7:18 unknown_destination", "models/people.yml:10:22 invalid_value",
                "models/people.yml:11:24 wrong_type",
            ])
        #expect(sample.load().project == nil)
    }

    @Test func aBrokenDefinitionIsNotReportedAgainWhereItIsNamed() throws {
        let sample = try SampleProject([
            "headrace.yml": "version: 1\nsources: {shop: {}}\ndestinations: {personalize: 1}\n"
        ])
        #expect(sample.places() == ["headrace.yml:2:11 missing_key", "headrace.yml:3:29 wrong_type"])
    }

    @Test func twoSyncsOfOneContentstackProjectDoNotShareAnAttribute() throws {
        let other = SampleProject.people("      - {column: x, attribute: tier}")
        let sample = try SampleProject([
            "models/second.sql": "SELECT 1", "models/second.yml": other.replacing("name: people", with: "name: second"),
        ])
        let finding = try #require(sample.load().findings.first)
        #expect(sample.places() == ["models/second.yml:9:32 attribute_mapped_twice"])
        #expect(finding.message.contains("sync `people` at models/people.yml:9:35"))
    }

    @Test func twoSyncsDoNotShareAName() throws {
        let other = SampleProject.people("      - {column: x, attribute: points}")
        let sample = try SampleProject(["models/second.sql": "SELECT 1", "models/second.yml": other])
        #expect(sample.places() == ["models/second.yml:5:11 duplicate_name"])
    }

    @Test func aHintNamesTheNearestKeyAndTheLineIsShown() throws {
        let sample = try SampleProject(["models/people.yml": "modle: {}\n"])
        let finding = try #require(sample.load().findings.last)
        #expect(finding.code == "unknown_key")
        #expect(finding.hint == "did you mean `model`?")
        #expect(finding.sourceLine == "modle: {}")
    }

    @Test func neitherVariablesNorLiteralSecretsAreShown() throws {
        let sample = try SampleProject([
            "headrace.yml": """
            version: 1
            name: ${file:hush.txt}
            sources:
              shop: {type: postgres, url: "postgres://me:hush@h/db", tiemout: 1s}
            destinations:
              personalize: {type: contentstack_personalize, project_uid: "${UID}", region: "${REGION}"}

            """,
            "hush.txt": "hush\n",
        ])
        let findings = sample.load(["UID": "hush hush", "REGION": "hush"]).findings
        #expect(findings.map(\.code) == ["unknown_key", "invalid_value", "invalid_value"])
        #expect(!findings.map { $0.rendered() }.joined().contains("hush"))
    }

    @Test func aFileThatIsNoTextDoesNotHideTheOthers() throws {
        let sample = try SampleProject(["models/people.yml": "modle: {}\r\nmodel: 1\r\n"])
        let attributes = Data("attributes:\n  tier: {type: string, description: ".utf8 + [0xFF] + "}\n".utf8)
        try attributes.write(to: URL(filePath: sample.directory + "/models/attributes.yml"))
        #expect(
            sample.places() == [
                "models/attributes.yml:2:1 unreadable_file", "models/people.yml:1:1 unknown_key",
                "models/people.yml:2:8 wrong_type",
            ])
    }

    @Test func aliasesThatMultiplyAreRefused() throws {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1...8 {
            let item = "*a\(level - 1)"
            text += "a\(level): &a\(level) [\(Array(repeating: item, count: 10).joined(separator: ", "))]\n"
        }
        let sample = try SampleProject(["models/attributes.yml": text])
        #expect(sample.places() == ["models/attributes.yml:1:1 yaml_syntax"])
    }

    @Test(
        "a mistyped key is one mistake, not two",
        arguments: [
            ("{column: tier, atribute: tier}", "9:24 unknown_key"),
            ("{colum: tier, attribute: tier}", "9:10 unknown_key"),
            ("{attribute: tier}", "9:9 missing_key"),
        ])
    func mistypedKey(mapping: String, place: String) throws {
        let sample = try SampleProject(["models/people.yml": SampleProject.people("      - \(mapping)")])
        #expect(sample.places().map { $0.replacing("models/people.yml:", with: "") } == [place])
    }

    @Test func aNullSwitchesAGuardOff() throws {
        let text = SampleProject.people("      - {column: tier, attribute: tier}")
        let guards = "    guards: {max_changed_percent: null, max_removed_percent: 30, min_rows: null}\n"
        let sample = try SampleProject(["models/people.yml": text + guards])
        let limits = try #require(sample.load().project?.syncs.first?.guards)
        #expect(limits.maxChangedPercent == .infinity)
        #expect(limits.maxRemovedPercent == 30)
        #expect(limits.maxNullPercent == 50)
        #expect(limits.minRows == 0)
    }

    @Test func theProjectIsTheNearestFolderAbove() throws {
        let sample = try SampleProject()
        let found = try ProjectLoader.findProjectDirectory(startingAt: sample.directory + "/models")
        #expect(found == sample.directory)
        #expect { try ProjectLoader.findProjectDirectory(startingAt: "/") } throws: {
            ($0 as? Diagnostic)?.code == "no_project"
        }
    }
}
