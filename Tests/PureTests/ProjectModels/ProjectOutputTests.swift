import Foundation
import SyncCore
import Testing

@testable import ProjectModels

@Suite struct ProjectOutputTests {
    private func initialDirectory() -> String {
        FileManager.default.temporaryDirectory.appending(path: "headrace-init-\(UUID().uuidString)")
            .path(percentEncoded: false)
    }

    @Test func theInitialProjectLoadsWithoutFindings() throws {
        let directory = initialDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        #expect(try InitialProject.write(to: directory) == InitialProject.files.map(\.path))
        let (project, findings) = ProjectLoader.load(directory: directory, environment: [:])
        #expect(findings == [])
        #expect(project?.destinations.first?.projectUID == "6400000000000000000000ab")
        #expect(project?.syncs.first?.mappings.count == 6)
    }

    @Test func initRefusesToOverwrite() throws {
        let directory = initialDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try Data("mine".utf8).write(to: URL(filePath: directory + "/.gitignore"))
        #expect { try InitialProject.write(to: directory) } throws: { ($0 as? Diagnostic)?.code == "file_exists" }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == [".gitignore"])
    }

    @Test func theSchemasAreJSONAndKnowEveryKeyOfTheSamples() throws {
        let samples = [
            ("headrace.schema.json", InitialProject.files[0].contents),
            ("attributes.schema.json", InitialProject.files[1].contents),
            ("model.schema.json", InitialProject.files[3].contents),
            ("headrace.schema.json", ContractExamples.headrace), ("model.schema.json", ContractExamples.model),
            ("attributes.schema.json", ContractExamples.attributes),
            (
                "attributes.schema.json",
                "attributes: {a: {type: number, min: -0.5, max: 2}, b: {type: string, max_length: 9}}"
            ),
            (
                "model.schema.json",
                SampleProject.people(
                    "      - {column: a, attribute: a, cast: {timestamp: epoch_millis}}\n      - {cast: date}")
            ),
        ]
        for (name, text) in samples {
            let schema = try #require(ProjectSchemas.all.first { $0.name == name }?.schema)
            let root = try #require(try JSONSerialization.jsonObject(with: Data(schema.utf8)) as? [String: Any])
            #expect(root["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
            let document = YAMLReader.read(ProjectFile(path: name, text: text), findings: Findings())
            let value = try #require(document?.value)
            #expect(unknownKeys(of: value, in: root) == [])
        }
    }

    @Test func theSchemaDoesNotKnowAMistypedKey() throws {
        let schema = try #require(ProjectSchemas.all.first?.schema)
        let root = try #require(try JSONSerialization.jsonObject(with: Data(schema.utf8)) as? [String: Any])
        let file = ProjectFile(path: "x", text: "sources: {shop: {type: sqlite, pth: x}}")
        let value = try #require(YAMLReader.read(file, findings: Findings())?.value)
        #expect(unknownKeys(of: value, in: root) == ["pth"])
    }

    @Test func theSchemasHoldNumbersOfAnySize() throws {
        let schema = try #require(ProjectSchemas.all.first { $0.name == "attributes.schema.json" }?.schema)
        let root = try #require(try JSONSerialization.jsonObject(with: Data(schema.utf8)) as? [String: Any])
        func member(_ value: Any?, _ keys: String...) -> [String: Any] {
            keys.reduce(value as? [String: Any] ?? [:]) { $0[$1] as? [String: Any] ?? [:] }
        }
        let attribute = member(root, "properties", "attributes", "additionalProperties", "properties")
        let choices = member(attribute, "min")["anyOf"] as? [[String: Any]]
        #expect(choices?.first?.keys.sorted() == ["type"] && choices?.first?["type"] as? String == "number")
    }

    /// Walks a document along its schema.
    private func unknownKeys(of value: YAMLValue, in schema: [String: Any]) -> [String] {
        if let choices = (schema["oneOf"] ?? schema["anyOf"]) as? [[String: Any]] {
            return choices.map { unknownKeys(of: value, in: $0) }.min { $0.count < $1.count } ?? []
        }
        switch value.content {
        case .mapping(let entries):
            let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
            let others = schema["additionalProperties"] as? [String: Any]
            return entries.flatMap { entry in
                (properties[entry.key] ?? others).map { unknownKeys(of: entry.value, in: $0) } ?? [entry.key]
            }
        case .list(let items):
            let schema = schema["items"] as? [String: Any] ?? [:]
            return items.flatMap { unknownKeys(of: $0, in: schema) }
        case .scalar(let scalar):
            guard let constant = schema["const"] as? String, constant != scalar.text else { return [] }
            return Array(repeating: "const", count: 100)
        case .broken: return []
        }
    }

    private func digest(_ changes: [String: String?] = [:]) throws -> String {
        let sync = try #require(try SampleProject(changes).load().project?.syncs.first)
        return DefinitionDigest.canonicalText(of: sync)
    }

    @Test func theDigestIsTheSameForTheSameDefinitions() throws {
        #expect(try digest() == digest())
        let described = "attributes:\n  tier: {type: string, allowed: [bronze, gold], description: x}\n"
        #expect(try digest() == digest(["models/attributes.yml": described]))
    }

    @Test func theDigestKnowsTheUnitOfACast() throws {
        let digests = try ["timestamp", "{timestamp: epoch_seconds}", "{timestamp: epoch_millis}"].map {
            try digest(["models/people.yml": SampleProject.people("      - {column: a, attribute: seen, cast: \($0)}")])
        }
        #expect(Set(digests).count == 3)
    }

    @Test(arguments: [
        ("models/people.sql", "SELECT 2"),
        ("models/attributes.yml", "attributes:\n  tier: {type: string}\n"),
        ("models/attributes.yml", "attributes:\n  tier: {type: string, allowed: [bronze, gold], max_length: 9}\n"),
        ("models/people.yml", SampleProject.people("      - {column: other, attribute: tier}")),
        ("models/people.yml", SampleProject.people("      - {column: tier, attribute: tier, on_removed: \"\"}")),
    ]) func theDigestChangesWithWhatDecidesAPlan(file: String, text: String) throws {
        #expect(try digest() != digest([file: text]))
    }
}
