import Foundation
import ProjectModels
import SyncCore

/// The first byte chooses a file of a small sound project, the rest is its content. Whatever it says, each finding
/// stands at a place that is there, a project comes only without an error, and a second reading finds the same.
enum YAMLProperty {
    private static let sound = [
        "headrace.yml": """
        version: 1
        sources:
          shop: {type: sqlite, path: shop.db}
        destinations:
          personalize: {type: contentstack_personalize, project_uid: abc, auth: {method: none}}

        """,
        "models/attributes.yml": "attributes:\n  tier: {type: string, allowed: [bronze, gold]}\n",
        "models/people.sql": "SELECT id, uid, tier FROM people\n",
        "models/people.yml": """
        model: {source: shop, primary_key: id}
        syncs:
          - name: people
            destination: personalize
            match: {column: uid}
            mappings:
              - {column: tier, attribute: tier}

        """,
    ]
    private static let fuzzed = ["headrace.yml", "models/people.yml", "models/attributes.yml"]

    static func check(_ bytes: [UInt8]) throws(Violation) {
        guard let choice = bytes.first else { return }
        let file = fuzzed[Int(choice) % fuzzed.count]
        let content = Data(bytes.dropFirst())
        let first: ProjectReading
        let second: ProjectReading
        do { (first, second) = try readTwice(file, content) } catch { throw Violation("no project was made: \(error)") }
        try hold(first.findings == second.findings, "a second reading finds something else")
        let hasErrors = first.findings.contains { $0.severity == .error }
        try hold((first.project == nil) == hasErrors, "a project with errors, or none without")
        let lines = String(decoding: content, as: UTF8.self).split(
            omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for finding in first.findings {
            try hold(!finding.rendered().isEmpty, "an empty finding")
            guard let place = finding.position, place.file == file else { continue }
            try hold((1...max(1, lines.count)).contains(place.line), "outside the file: \(finding.rendered())")
            try hold(place.column >= 1, "no column: \(finding.rendered())")
        }
    }

    private static func readTwice(_ file: String, _ content: Data) throws -> (ProjectReading, ProjectReading) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "headrace-fuzz-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(
            at: folder.appending(path: "models"), withIntermediateDirectories: true)
        for (path, text) in sound {
            try (path == file ? content : Data(text.utf8)).write(to: folder.appending(path: path))
        }
        let directory = folder.path(percentEncoded: false)
        return (
            ProjectLoader.read(directory: directory, environment: [:]),
            ProjectLoader.read(directory: directory, environment: [:])
        )
    }
}
