import ArgumentParser
import Foundation
import ProjectModels
import SQLDatabases
import SyncCore

struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Write a working project: SQLite sample, model, sync, attributes, .gitignore.",
        discussion: "Writes nothing when one of its files is there already.")

    @Argument(help: "The folder of the new project; made if missing.", completion: .directory)
    var directory = "."
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let console = output.console
        try await ending(console) {
            let folder = URL(filePath: directory, directoryHint: .isDirectory).standardizedFileURL
            let slashed = folder.path(percentEncoded: false)
            let path = slashed.count > 1 && slashed.hasSuffix("/") ? String(slashed.dropLast()) : slashed
            let inTheWay = (InitialProject.files.map(\.path) + [InitialProject.sampleDatabasePath]).filter {
                FileManager.default.fileExists(atPath: folder.appending(path: $0).path(percentEncoded: false))
            }
            guard inTheWay.isEmpty else {
                throw CommandFailure(.usage, inTheWay.map { Self.isInTheWay($0, folder: directory) })
            }
            var written = try InitialProject.write(to: path)
            try Self.makeSample(at: folder.appending(path: InitialProject.sampleDatabasePath))
            written.append(InitialProject.sampleDatabasePath)
            console.print(
                json: .members(["directory": .string(path), "files": .array(written.map(JSONText.string))]),
                text: Self.nextSteps(written, directory: directory))
            return .done
        }
    }

    private static func isInTheWay(_ file: String, folder: String) -> Diagnostic {
        .error(
            "file_exists", "\(file) is already in \(folder == "." ? "this folder" : folder); nothing was written",
            hint: "name another folder: headrace init DIR")
    }

    private static func makeSample(at url: URL) throws {
        do {
            let connection = try SQLiteConnection(path: url.path(percentEncoded: false), mode: .create)
            try connection.execute("BEGIN; \(InitialProject.sampleDatabaseSQL) COMMIT;")
        } catch {
            throw Diagnostic.error(
                "sample_not_made", "the sample database \(url.lastPathComponent) cannot be made: \(error.message)")
        }
    }

    static func nextSteps(_ files: [String], directory: String) -> String {
        var lines = files.map { "wrote \($0)" } + ["", "Next:"]
        if directory != "." { lines.append("  cd \(TerminalText.escaped(directory))") }
        lines += [
            "  headrace simulate     # in another terminal: a local Contentstack to send to",
            "  headrace check        # does everything fit?",
            "  headrace plan         # what would be sent?",
            "  headrace run          # send it",
        ]
        return lines.joined(separator: "\n")
    }
}
