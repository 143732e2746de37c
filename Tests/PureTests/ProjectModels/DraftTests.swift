import ProjectModels
import SyncCore
import Testing

/// What is left of a project with mistakes, for the databases to be asked about.
@Suite struct DraftTests {
    private func read(_ changes: [String: String?]) throws -> ProjectReading {
        let sample = try SampleProject(changes)
        return ProjectLoader.read(directory: sample.directory, environment: [:])
    }

    @Test func aSoundProjectIsItsOwnDraft() throws {
        let reading = try read([:])
        #expect(reading.findings.isEmpty)
        #expect(reading.project?.syncs.map(\.name) == ["people"])
        #expect(reading.draft?.syncs.map(\.name) == ["people"])
    }

    @Test func aMistakeInOneFileLeavesTheSyncsOfTheOthers() throws {
        let other = SampleProject.people("      - {column: points, attribute: pionts}")
            .replacing("name: people", with: "name: others")
        let reading = try read(["models/others.yml": other, "models/others.sql": "SELECT 1"])
        #expect(reading.project == nil)
        #expect(reading.findings.map(\.code) == ["unknown_attribute"])
        #expect(reading.draft?.models.map(\.name) == ["others", "people"])
        #expect(reading.draft?.syncs.map(\.mappings.count) == [0, 1])
    }

    @Test func aSyncOfAnUnknownDestinationIsStillHeldAgainstItsColumns() throws {
        let text = SampleProject.people("      - {column: tier, attribute: tier}")
        let reading = try read(["models/people.yml": text.replacing(": personalize", with: ": personalise")])
        #expect(reading.findings.map(\.code) == ["unknown_destination"])
        #expect(reading.project == nil)
        #expect(reading.draft?.syncs.first?.mappings.count == 1)
    }

    @Test func everyWrittenSyncIsNamedAlsoOfAModelThatIsWrong() throws {
        let text = SampleProject.people("      - {column: tier, attribute: tier}")
        let reading = try read(["models/people.yml": text.replacing("source: shop", with: "source: shed")])
        #expect(reading.draft?.syncs.isEmpty == true)
        #expect(reading.writtenSyncs.map(\.name) == ["people"])
        #expect(reading.writtenSyncs.map(\.model) == ["people"])
    }

    @Test(arguments: ["primary_key: mail", "primary_key: id"])
    func aKeyThatFeedsAPIIAttributeIsPersonal(key: String) throws {
        let text = SampleProject.people("      - {column: mail, attribute: mail}")
        let reading = try read([
            "models/people.yml": text.replacing("primary_key: id", with: key),
            "models/attributes.yml": "attributes:\n  mail: {type: string, pii: true}\n",
        ])
        #expect(reading.project?.syncs.first?.match.isPII == (key == "primary_key: mail"))
    }
}
