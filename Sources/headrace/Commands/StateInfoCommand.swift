import ArgumentParser
import SQLDatabases
import SyncCore

struct StateInfoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "Where the state is, what takes its room, and the users of each snapshot.",
        discussion: """
            Lists also the snapshots of syncs that the project no longer has. With --check every page is looked at, and the \
            command exits with 1 when the file is damaged.
            """)

    @Flag(name: .long, help: "Look for damage inside the file, too.") var check = false
    @OptionGroup var options: ProjectOptions

    func run() async throws {
        let console = options.output.console
        try await ending(console) {
            let located = try LocatedState(options)
            let path = located.path
            guard let state = try located.reader() else {
                console.print(
                    json: .members([
                        "path": .string(path), "size_in_bytes": .null, "schema_version": .null, "scopes": .array([]),
                    ]),
                    text: "no state yet; it will be \(TerminalText.escaped(path))")
                return .done
            }
            let scopes = try await state.snapshots()
            let usage = try await state.usage()
            let version = Self.schemaVersion(path)
            let damage = check ? try await state.damage() : nil
            console.print(
                json: UsageReport(usage).added(
                    to: .members([
                        "path": .string(path), "size_in_bytes": .integer(usage.sizeInBytes),
                        "schema_version": version.map(JSONText.integer) ?? .null,
                        "scopes": .array(scopes.map(Self.json)),
                    ]), damage: damage),
                text: "\(TerminalText.escaped(path)), \(NumberText.bytes(usage.sizeInBytes))"
                    + (version.map { ", schema version \($0)" } ?? "") + "\n"
                    + UsageReport(usage).text(damage: damage) + "\n\n" + Self.table(scopes, console.palette))
            guard let damage, !damage.isEmpty else { return .done }
            throw CommandFailure(.ownFault, UsageReport.finding(damage, path: path))
        }
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
