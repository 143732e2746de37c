import ArgumentParser
import ProjectModels
import SyncCore
import SyncEngine

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Plan, guards and delivery: send what changed.",
        discussion: """
            All selected syncs are checked first; an error in any of them exits 2 and nothing is sent. The syncs run one \
            after the other, each prints its report.
            """)

    @Argument(help: "Syncs to run, by name or glob; all when none is named.") var syncs: [String] = []
    @Flag(name: .long, help: "Send every valid row with all mapped values.") var fullResync = false
    @Flag(name: .long, help: "Send nothing; record the current values as confirmed.") var baseline = false
    @Option(name: .long, help: "Send only the first N operations, in key order.") var limit: Int?
    @Option(name: .long, help: "Send only this user: a primary key (parts joined by /), or uid:VALUE.") var key: String?
    @Flag(name: .long, help: "Send although a guard tripped.") var overrideGuards = false
    @Flag(name: .long, help: "With --baseline: replace a snapshot that is not empty.") var yes = false
    @OptionGroup var options: ProjectOptions

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit takes 1 or more, not \(limit).") }
        if baseline, fullResync || limit != nil || key != nil {
            throw ValidationError(
                "--baseline sends nothing: it cannot be combined with --full-resync, --limit or --key.")
        }
        if yes, !baseline { throw ValidationError("--yes belongs to --baseline.") }
        if let key, key.isEmpty || key == "uid:" { throw ValidationError("--key names no user: it is empty.") }
    }

    func run() async throws {
        let console = options.output.console
        try await ending(console) {
            let reading = try OpenedProject.read(options)
            guard reading.project != nil else {
                console.complain(reading.findings)
                let names = try SyncSelection.select(syncs, among: reading.writtenSyncs.map(\.name))
                let written = RefusedRuns.syncs(of: reading).filter { names.contains($0.name) }
                return RefusedRuns(console: console).show(written, because: reading.findings, exit: .usage)
            }
            let opened = try OpenedProject(reading, options)
            guard !opened.hasNoSync(console) else { return .done }
            let session = RunSessionOfMany(
                opened: opened, console: console, options: runOptions, signals: ProcessSignals())
            return try await session.run(try opened.syncs(matching: syncs))
        }
    }

    private var runOptions: RunOptions {
        var result = RunOptions()
        result.fullResync = fullResync
        result.baseline = baseline
        result.limit = limit
        result.key = key
        result.overrideGuards = overrideGuards
        result.assumeYes = yes
        return result
    }
}
