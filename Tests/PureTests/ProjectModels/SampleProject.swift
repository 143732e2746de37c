import Foundation
import ProjectModels
import SyncCore

/// A project in a folder of its own, removed with it.
final class SampleProject {
    let directory: String

    /// The files that are not given are those of a sound little project; a nil removes one.
    init(_ changes: [String: String?] = [:]) throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "headrace-\(UUID().uuidString)")
            .path(percentEncoded: false)
        try FileManager.default.createDirectory(atPath: directory + "/models", withIntermediateDirectories: true)
        for (path, text) in Self.soundFiles.merging(changes, uniquingKeysWith: { $1 }) {
            if let text { try write(path, text) }
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    func write(_ path: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: directory + "/" + path))
    }

    func load(_ environment: [String: String] = [:]) -> (project: Project?, findings: [Diagnostic]) {
        ProjectLoader.load(directory: directory, environment: environment)
    }

    /// `file:line:column code`, as short as a finding can be said.
    func places(_ environment: [String: String] = [:]) -> [String] {
        load(environment).findings.map { finding in
            let place = finding.position.map { "\($0.file):\($0.line):\($0.column)" } ?? "nowhere"
            return "\(place) \(finding.code)"
        }
    }

    static let soundFiles: [String: String?] = [
        "headrace.yml": """
        version: 1
        sources:
          shop: {type: sqlite, path: shop.db}
        destinations:
          personalize: {type: contentstack_personalize, project_uid: abc, auth: {method: none}}

        """,
        "models/attributes.yml": """
        attributes:
          tier: {type: string, allowed: [bronze, gold]}
          points: {type: integer}
          score: {type: number}
          vip: {type: boolean}
          born: {type: date}
          seen: {type: timestamp}
          seen_at: {type: timestamp, encoding: epoch_seconds}
          lists: {type: string_list}

        """,
        "models/people.sql": "SELECT id, uid, tier, points FROM people\n",
        "models/people.yml": people("      - {column: tier, attribute: tier}"),
    ]

    /// A model file whose mappings start at line 8.
    static func people(_ mappings: String) -> String {
        """
        model:
          source: shop
          primary_key: id
        syncs:
          - name: people
            destination: personalize
            match: {column: uid}
            mappings:
        \(mappings)

        """
    }
}
