import ArgumentParser
import SyncCore

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Each sync's last run, users in its snapshot and schedule.")

    @Argument(help: "Syncs to show, by name or glob; all when none is named.") var syncs: [String] = []
    @OptionGroup var options: ProjectOptions

    func run() async throws {
        let console = options.output.console
        try await ending(console) {
            let opened = try OpenedProject(options)
            let selected = try opened.syncs(matching: syncs)
            let state = try opened.stateForReading()
            var all: [SyncStatus] = []
            for sync in selected {
                var status = SyncStatus(sync: sync)
                status.lastRun = try await state?.runs(sync: sync.name, limit: 1).first
                if status.lastRun != nil, let state {
                    // The scope of a sync that only ever failed before planning is not there to be read.
                    let identity = try OpenedProject.destination(sync.destination).identity
                    if let scope = try? await state.scope(sync: sync.name, identity: identity) {
                        status.snapshotUsers = try await state.confirmedUsers(of: scope.id)
                    }
                }
                all.append(status)
            }
            if console.isJSON {
                for status in all { console.print(json: status.json, text: "") }
            } else {
                console.say(SyncStatus.table(all, console.palette))
            }
            return .done
        }
    }
}
