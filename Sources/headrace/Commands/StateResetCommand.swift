import ArgumentParser
import SyncCore

struct StateResetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset", abstract: "Forget what a sync's destination confirmed, so that everyone is sent again.",
        discussion: """
            Forgets the sync's snapshots, with who is dirty in them, its cursors and its quarantine, and ends its plans that \
            were not delivered; the history of runs stays. The next run adds every user of the model with all mapped values. \
            Users that have left the model are forgotten too: they keep what they hold at the destination, also where \
            `on_removed` would have been written. Asks before it does so, and takes --yes where there is no terminal. Exits \
            with 7 while a run of the sync is in progress.
            """)

    @Argument(help: "The sync, which the project may no longer have.") var sync: String
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Only what was sent to this project uid, or to one edge host of it; else to all.",
            valueName: "project-uid[@edge-host]"))
    var destination: String?
    @Flag(name: .long, help: "Do not ask.") var yes = false
    @OptionGroup var options: ProjectOptions

    func run() async throws {
        let console = options.output.console
        try await ending(console) {
            let located = try LocatedState(options)
            let reader = try located.reader()
            let known = Set(try await reader?.knownSyncs() ?? []).union(located.writtenSyncs.map(\.name))
            guard known.contains(sync) else { throw SyncSelection.unknown(sync, among: known.sorted(), noun: "sync") }
            let snapshots = try await selected(try await reader?.snapshots() ?? [])
            guard !snapshots.isEmpty else {
                console.print(json: Self.json(sync, []), text: "nothing is remembered of \(TerminalText.escaped(sync))")
                return .done
            }
            try confirm(snapshots)
            let forgotten = try await StateReset(state: try located.writer()).forget(
                sync, at: snapshots.map(\.identity))
            console.print(json: Self.json(sync, forgotten), text: Self.text(sync, forgotten))
            return .done
        }
    }

    /// Throws `unknown_destination`.
    private func selected(_ all: [SnapshotRecord]) async throws -> [SnapshotRecord] {
        let own = all.filter { $0.sync == sync }
        guard let destination else { return own }
        func name(_ snapshot: SnapshotRecord) -> String {
            "\(snapshot.identity.projectUID)@\(snapshot.identity.edgeHost)"
        }
        let chosen = own.filter { name($0) == destination || $0.identity.projectUID == destination }
        guard chosen.isEmpty else { return chosen }
        let names = own.map(name)
        let nearest = NearestName.find(destination, among: names + own.map(\.identity.projectUID))
        throw Diagnostic.error(
            "unknown_destination", "nothing of \(sync) was sent to \(destination)",
            hint: nearest.map { "did you mean \($0)?" }
                ?? (names.isEmpty ? "it was never sent anywhere" : "it was sent to \(names.joined(separator: ", "))"))
    }

    private func confirm(_ snapshots: [SnapshotRecord]) throws {
        guard !yes else { return }
        let users = NumberText.counted(snapshots.map(\.users).reduce(0, +), "user")
        let what = "\(users) of \(sync) at \(snapshots.map(\.identity.description).joined(separator: ", "))"
        guard Terminal.canAsk else {
            throw Diagnostic.error(
                "reset_not_confirmed", "this forgets \(what)", hint: "add --yes: the next run then sends everyone again"
            )
        }
        guard Terminal.ask("Forget \(what)? The next run sends everyone again. [y/N] ") else {
            throw Diagnostic.error("reset_not_confirmed", "nothing was forgotten")
        }
    }

    private static func json(_ sync: String, _ forgotten: [ForgottenSnapshot]) -> JSONText {
        .members([
            "sync": .string(sync),
            "forgotten": .array(
                forgotten.map {
                    .members([
                        "project_uid": .string($0.identity.projectUID), "edge_host": .string($0.identity.edgeHost),
                        "users": .integer($0.users), "quarantined": .integer($0.quarantined),
                        "cursor": .boolean($0.hadCursor), "plans": .integer($0.plans),
                    ])
                }),
        ])
    }

    private static func text(_ sync: String, _ forgotten: [ForgottenSnapshot]) -> String {
        forgotten.map { snapshot in
            let parts = [
                NumberText.counted(snapshot.users, "user"),
                snapshot.quarantined > 0 ? NumberText.counted(snapshot.quarantined, "quarantined user") : nil,
                snapshot.hadCursor ? "the cursor" : nil,
                snapshot.plans > 0 ? NumberText.counted(snapshot.plans, "undelivered plan") : nil,
            ]
            return "forgot \(parts.compactMap { $0 }.joined(separator: ", ")) of \(TerminalText.escaped(sync)) at "
                + TerminalText.escaped(snapshot.identity.description)
        }.joined(separator: "\n")
    }
}
