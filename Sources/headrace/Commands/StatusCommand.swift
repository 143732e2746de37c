import ArgumentParser
import ProjectModels
import SyncCore

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Each sync's last run, users in its snapshot and schedule.",
        discussion: "Needs nothing of the project but where its state is; what cannot be read is left out.")

    @Argument(help: "Syncs to show, by name or glob; all when none is named.") var syncs: [String] = []
    @OptionGroup var options: ProjectOptions

    func run() async throws {
        let console = options.output.console
        try await ending(console) {
            let located = try LocatedState(options)
            let written = located.writtenSyncs
            let selected = try SyncSelection.select(syncs, among: written.map(\.name))
            if located.reading.project == nil { console.complain([Self.unsound]) }
            let state = try located.reader()
            let snapshots = try await state?.snapshots() ?? []
            let isRestored = try await state?.witnessVerdict() == .restored
            if isRestored || snapshots.contains(where: \.isRestored) { console.complain([RestoredState.finding]) }
            var all: [SyncStatus] = []
            for sync in written where selected.contains(sync.name) {
                var status = SyncStatus(name: sync.name, model: sync.model)
                status.take(located.reading.draft?.syncs.first { $0.name == sync.name })
                status.lastRun = try await state?.runs(sync: sync.name, limit: 1).first
                status.isRestored = isRestored || snapshots.contains { $0.sync == sync.name && $0.isRestored }
                if status.lastRun != nil { status.take(snapshots.filter { $0.sync == sync.name }) }
                all.append(status)
            }
            let gone = if let state { try await GoneRuns().among(state) } else { Set<RunID>() }
            if console.isJSON {
                for status in all { console.print(json: status.json(gone), text: "") }
            } else {
                console.say(all.isEmpty ? "the project has no sync" : SyncStatus.table(all, gone, console.palette))
            }
            return .done
        }
    }

    private static let unsound = Diagnostic.warning(
        "project_unsound", "the project's files have errors; what they do not say is left out",
        hint: "`headrace check` lists them")
}
