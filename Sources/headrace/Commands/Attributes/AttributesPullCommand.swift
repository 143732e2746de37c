import ArgumentParser
import Contentstack
import Foundation
import ProjectModels
import SyncCore
import SyncEngine

struct AttributesPullCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull",
        abstract: "Add the project's attributes to models/attributes.yml.",
        discussion: """
            Adds what the file lacks behind what it has, and changes nothing else of it: comments, order and style stay. \
            Contentstack keeps no types; they follow from how the rules of the audiences use an attribute. Where no rule uses it, \
            or two rules disagree, string is written with a comment that says so. Needs a login.
            """)

    @Flag(name: .long, help: "Show what would be added, and write nothing.") var dryRun = false
    @OptionGroup var options: DefinitionOptions

    func run() async throws {
        let console = options.project.output.console
        try await ending(console) {
            let sides = try await DefinitionSides(options)
            let comparison = sides.comparison
            let file = AttributeFile(directory: sides.project.directory)
            if !comparison.unlisted.isEmpty {
                let text = try file.adding(comparison.unlisted.map(AttributeFileMerge.Addition.init))
                if !dryRun { try file.write(text) }
            }
            console.print(
                json: Self.json(comparison.unlisted, sides.access.destination),
                text: text(comparison.unlisted, console.palette))
            return .done
        }
    }

    private static func json(
        _ added: [DefinitionComparison.Unlisted], _ destination: DestinationDefinition
    ) -> JSONText {
        .members([
            "destination": .string(destination.name), "project_uid": .string(destination.projectUID),
            "file": .string(AttributeFile.name), "added": .array(added.map(ComparisonReport.json)),
        ])
    }

    private func text(_ added: [DefinitionComparison.Unlisted], _ palette: Palette) -> String {
        guard !added.isEmpty else { return "\(AttributeFile.name) has all attributes of the project" }
        let verb = dryRun ? "would add" : "added"
        let lines = added.map { "  + \(ComparisonReport.line($0))" }
        let sum = "\(verb) \(NumberText.counted(added.count, "attribute")) to \(AttributeFile.name)"
        return (lines + [sum]).joined(separator: "\n")
    }
}

extension AttributeFileMerge.Addition {
    fileprivate init(_ unlisted: DefinitionComparison.Unlisted) {
        self.init(
            key: unlisted.attribute.key, type: unlisted.verdict.writtenType,
            description: unlisted.attribute.description, comment: unlisted.verdict.doubt)
    }
}

/// models/attributes.yml of a project, which commands add to.
struct AttributeFile {
    static let name = "models/attributes.yml"

    private let url: URL

    init(directory: String) {
        url = URL(filePath: directory, directoryHint: .isDirectory).appending(path: Self.name)
    }

    /// The file with the additions. Throws `CommandFailure` where it cannot be read or added to.
    func adding(_ additions: [AttributeFileMerge.Addition]) throws -> String {
        do {
            return try AttributeFileMerge(try text()).adding(additions)
        } catch let failure as AttributeFileMerge.Failure {
            throw CommandFailure(.usage, failure.findings)
        }
    }

    private func text() throws -> String {
        guard FileManager.default.fileExists(atPath: url.path(percentEncoded: false)) else { return "" }
        guard let data = try? Data(contentsOf: url), let text = String(validating: data, as: UTF8.self) else {
            throw Diagnostic.error(
                "unreadable_file", "the file cannot be read as UTF-8 text", at: Diagnostic.Position(Self.name, line: 1))
        }
        return text
    }

    /// All of it or nothing: a file that is half written would be a broken project.
    func write(_ text: String) throws(Diagnostic) {
        do {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url, options: .atomic)
        } catch {
            throw .error(
                "unwritable_file", "\(Self.name) cannot be written: \((error as NSError).localizedDescription)",
                hint: "nothing was changed")
        }
    }
}
