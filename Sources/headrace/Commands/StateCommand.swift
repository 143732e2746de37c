import ArgumentParser
import Foundation
import SQLDatabases
import SyncCore

struct StateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "state", abstract: "Look at what Headrace remembers.", subcommands: [StateInfoCommand.self])
}

struct StateInfoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "Where the state is, its size, and the users of each snapshot.")

    @OptionGroup var options: ProjectOptions

    func run() async throws {
        let console = options.output.console
        try await ending(console) {
            let opened = try OpenedProject(options)
            let path = try opened.statePath()
            guard let state = try opened.stateForReading() else {
                console.print(
                    json: .members([
                        "path": .string(path), "size_in_bytes": .null, "schema_version": .null, "scopes": .array([]),
                    ]),
                    text: "no state yet; it will be \(TerminalText.escaped(path))")
                return .done
            }
            var scopes: [SnapshotSize] = []
            for sync in opened.project.syncs where try await !state.runs(sync: sync.name, limit: 1).isEmpty {
                let identity = try OpenedProject.destination(sync.destination).identity
                // The scope of a sync that only ever failed before planning is not there to be read.
                guard let scope = try? await state.scope(sync: sync.name, identity: identity) else { continue }
                let users = try await state.confirmedUsers(of: scope.id)
                scopes.append(SnapshotSize(sync: sync.name, identity: identity, users: users))
            }
            let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
            let version = Self.schemaVersion(path)
            console.print(
                json: .members([
                    "path": .string(path), "size_in_bytes": size.map(JSONText.integer) ?? .null,
                    "schema_version": version.map(JSONText.integer) ?? .null,
                    "scopes": .array(scopes.map(\.json)),
                ]),
                text: "\(TerminalText.escaped(path)), \(NumberText.bytes(size ?? 0))"
                    + (version.map { ", schema version \($0)" } ?? "") + "\n\n"
                    + SnapshotSize.table(scopes, console.palette))
            return .done
        }
    }

    /// SQLite's own number in the file's header, which migrations count up.
    private static func schemaVersion(_ path: String) -> Int? {
        guard let connection = try? SQLiteConnection(path: path, mode: .readOnly),
            let statement = try? connection.prepare("PRAGMA user_version"), (try? statement.step()) == true
        else { return nil }
        return Int(statement.integer(at: 0))
    }
}

/// How many users the snapshot of one sync at one destination holds.
struct SnapshotSize {
    var sync: String
    var identity: DestinationIdentity
    var users: Int

    var json: JSONText {
        .members([
            "sync": .string(sync), "project_uid": .string(identity.projectUID), "edge_host": .string(identity.edgeHost),
            "users": .integer(users),
        ])
    }

    static func table(_ sizes: [SnapshotSize], _ palette: Palette) -> String {
        var table = TextTable([.text("sync"), .text("project uid"), .text("edge host"), .number("users")])
        table.rows = sizes.map {
            [$0.sync, $0.identity.projectUID, $0.identity.edgeHost, NumberText.grouped($0.users)]
        }
        return table.rendered(palette)
    }
}
