import ProjectModels
import SyncCore
import Testing

/// `model.cursor` as files say it.
@Suite struct CursorKeyTests {
    private func sample(_ line: String) throws -> SampleProject {
        let text = SampleProject.people("      - {column: tier, attribute: tier}")
        return try SampleProject([
            "models/people.yml": text.replacing("  primary_key: id\n", with: "  primary_key: id\n  cursor: \(line)\n")
        ])
    }

    @Test(
        arguments: [
            ("{column: at}", nil, .seconds(86_400)),
            ("{column: at, overlap: 10m}", .time(.seconds(600)), .seconds(86_400)),
            ("{column: at, overlap: 500, full_every: 6h}", .count(500), .seconds(21_600)),
            ("{column: at, full_every: null}", nil, nil),
        ] as [(String, CursorDefinition.Overlap?, Duration?)])
    func isRead(line: String, overlap: CursorDefinition.Overlap?, fullEvery: Duration?) throws {
        let sample = try sample(line)
        #expect(sample.places() == [])
        let cursor = try #require(sample.load().project?.models.first?.cursor)
        #expect(cursor.column == "at" && cursor.overlap == overlap && cursor.fullEvery == fullEvery)
        #expect(cursor.position == Diagnostic.Position("models/people.yml", line: 4, column: 20))
    }

    @Test(arguments: [
        ("{overlap: 10m}", "4:3 missing_key"), ("{column: at, overlap: soon}", "4:33 invalid_value"),
        ("{column: at, overlap: -5}", "4:33 invalid_value"), ("{column: at, full_every: 5}", "4:36 invalid_duration"),
        ("{colum: at}", "4:12 unknown_key"), ("at", "4:11 wrong_type"),
    ]) func mistakesHaveTheirPlace(line: String, place: String) throws {
        #expect(try sample(line).places() == ["models/people.yml:\(place)"])
    }

    @Test func anotherCursorColumnIsAnotherDefinition() throws {
        func text(_ line: String?) throws -> String {
            let project = try line.map { try sample($0) } ?? SampleProject()
            return DefinitionDigest.canonicalText(of: try #require(project.load().project?.syncs.first))
        }
        #expect(try text("{column: at}") != text(nil))
        #expect(try text("{column: at}") != text("{column: on}"))
    }
}
