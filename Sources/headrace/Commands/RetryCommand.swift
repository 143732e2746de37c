import ArgumentParser
import ChangePlanning
import SyncCore

struct RetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Release quarantined users: the next run sends them again, with their then current values.",
        discussion: """
            Also users that were rejected fewer times and wait for their turn. Sends nothing itself, and may be called while \
            a run lasts. Needs nothing of the project but where its state is.
            """)

    @Argument(help: "Syncs whose users are released, by name or glob; all when none is named.") var syncs: [String] = []
    @Option(name: .long, help: "Release only this user: a primary key (parts joined by /), or uid:VALUE.")
    var key: String?
    @OptionGroup var options: ProjectOptions

    func validate() throws {
        if let key, key.isEmpty || key == "uid:" { throw ValidationError("--key names no user: it is empty.") }
    }

    func run() async throws {
        let console = options.output.console
        try await ending(console) {
            let located = try LocatedState(options)
            let selected = try SyncSelection.select(syncs, among: located.writtenSyncs.map(\.name))
            // Nothing is made where nothing ran.
            let state = try located.reader() == nil ? nil : try located.writer()
            // A copy of the state from before this would withhold them again, and is to be known for one.
            _ = try await state?.examineWitness(at: .current())
            var all: [WithheldCounts] = []
            for sync in selected { all.append(try await release(of: sync, in: state, located.keys)) }
            if key != nil, all.allSatisfy({ $0.total == 0 }) { throw Self.nobody }
            for (sync, released) in zip(selected, all) {
                console.print(json: Self.json(sync, released), text: Self.text(sync, released))
            }
            return .done
        }
    }

    private func release(
        of sync: String, in state: (any StateUpkeep)?, _ keys: KeyRing?
    ) async throws -> WithheldCounts {
        guard let state else { return WithheldCounts() }
        guard let key else { return try await state.release(nil, of: sync) }
        let users = try Self.users(named: key, among: try await state.rejectedUsers(of: sync), keys)
        return try await state.release(users, of: sync)
    }

    private static let nobody = Diagnostic.error(
        "user_not_withheld", "no user of this key is withheld",
        hint: "the state's view `quarantine` lists the quarantined users")

    /// Users of a key, which the state may hold sealed.
    private static func users(
        named key: String, among users: [RejectedUser], _ keys: KeyRing?
    ) throws(Diagnostic) -> [KeyHash] {
        var named: [KeyHash] = []
        for user in users {
            let primaryKey = try clear(user.primaryKey, keys)
            let uid = try clear(user.userUID, keys)
            if primaryKey == key || "uid:" + uid == key { named.append(user.keyHash) }
        }
        return named
    }

    private static func clear(_ text: ProtectedText, _ keys: KeyRing?) throws(Diagnostic) -> String {
        if case .clear(let text) = text { return text }
        guard let keys else {
            throw .error(
                "key_missing", "the state's keys of users are sealed, and its key is not at hand",
                hint: "bring the key file back, or set state.key; without --key all users are released")
        }
        return try keys.reveal(text)
    }

    private static func json(_ sync: String, _ released: WithheldCounts) -> JSONText {
        .members([
            "sync": .string(sync), "released": .integer(released.total),
            "quarantined": .integer(released.quarantined), "ageing": .integer(released.ageing),
        ])
    }

    private static func text(_ sync: String, _ released: WithheldCounts) -> String {
        let name = TerminalText.escaped(sync)
        guard released.total > 0 else { return "\(name): nobody to release" }
        return "\(name): \(NumberText.counted(released.total, "user")) released "
            + "(\(NumberText.grouped(released.quarantined)) quarantined, \(NumberText.grouped(released.ageing)) ageing); "
            + "the next run sends \(released.total == 1 ? "it" : "them") again"
    }
}
