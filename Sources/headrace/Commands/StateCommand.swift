import ArgumentParser
import Foundation
import SQLDatabases
import StateStorage
import SyncCore

struct StateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "state", abstract: "Look at what Headrace remembers.", subcommands: [StateInfoCommand.self])
}

struct StateInfoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "Where the state is, its size, and the users of each snapshot.",
        discussion: "Lists also the snapshots of syncs that the project no longer has.")

    @OptionGroup var options: ProjectOptions

    func run() async throws {
        let console = options.output.console
        try await ending(console) {
            let located = try LocatedState(options)
            let path = located.path
            let state = try located.reader()
            let scopes = try await state?.snapshots() ?? []
            let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
            let isRestored = try await state?.witnessVerdict() == .restored || scopes.contains(where: \.isRestored)
            let backups = StateBackup.all(of: path)
            if isRestored { console.complain([RestoredState.finding]) }
            let witness = try await state?.witnessPath()
            let version = state == nil ? nil : Self.schemaVersion(path)
            console.print(
                json: .members([
                    "path": .string(path), "size_in_bytes": state == nil ? .null : size.map(JSONText.integer) ?? .null,
                    "schema_version": version.map(JSONText.integer) ?? .null,
                    "scopes": .array(scopes.map(Self.json)), "restored": .boolean(isRestored),
                    "witness": .optional(witness),
                    "backups": .array(backups.map(Self.json)),
                ]),
                text: (state == nil
                    ? "no state yet; it will be \(TerminalText.escaped(path))"
                    : "\(TerminalText.escaped(path)), \(NumberText.bytes(size ?? 0))"
                        + (version.map { ", schema version \($0)" } ?? "") + "\n\n"
                        + Self.table(scopes, console.palette)) + backups.map(Self.text).joined())
            return .done
        }
    }

    private static func json(_ backup: StateBackup) -> JSONText {
        .members([
            "path": .string(backup.path), "before_schema": .integer(backup.beforeSchema),
            "size_in_bytes": .integer(backup.sizeInBytes),
        ])
    }

    private static func text(_ backup: StateBackup) -> String {
        "\nbackup before schema version \(backup.beforeSchema): \(TerminalText.escaped(backup.path)), "
            + NumberText.bytes(backup.sizeInBytes)
    }

    /// SQLite's own number in the file's header, which migrations count up.
    private static func schemaVersion(_ path: String) -> Int? {
        guard let connection = try? SQLiteConnection(path: path, mode: .readOnly),
            let statement = try? connection.prepare("PRAGMA user_version"), (try? statement.step()) == true
        else { return nil }
        return Int(statement.integer(at: 0))
    }

    private static func json(_ snapshot: SnapshotRecord) -> JSONText {
        CursorReport.added(
            snapshot.cursor,
            to: .members([
                "sync": .string(snapshot.sync), "project_uid": .string(snapshot.identity.projectUID),
                "edge_host": .string(snapshot.identity.edgeHost), "users": .integer(snapshot.users),
            ]))
    }

    private static func table(_ snapshots: [SnapshotRecord], _ palette: Palette) -> String {
        var table = TextTable([
            .text("sync"), .text("project uid"), .text("edge host"), .number("users"), .text("cursor"),
        ])
        table.widestCell = 100
        table.rows = snapshots.map {
            [
                $0.sync, $0.identity.projectUID, $0.identity.edgeHost, NumberText.grouped($0.users),
                CursorReport.text($0.cursor),
            ]
        }
        return table.rendered(palette)
    }
}
