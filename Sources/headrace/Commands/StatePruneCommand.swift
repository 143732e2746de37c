import ArgumentParser
import ProjectModels
import SyncCore

struct StatePruneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Delete the details of old runs; a line of each run stays.",
        discussion: """
            Deleted are the operations, outcomes, invalid rows and attempts of runs that ended before --older-than, and \
            plans that nobody can apply. What the next run needs stays: snapshots, cursors, quarantine, the newest run and \
            plan of each sync, plans that can be applied, and runs in progress, which are not disturbed. The room that \
            becomes free is used again by what comes; --vacuum gives it back to the disk.
            """)

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Age of a run's end, as 30d or 12h; else `state.retention` of headrace.yml (30d).", valueName: "duration"))
    var olderThan: String?
    @Option(
        name: .long, help: ArgumentHelp("Runs of each sync that keep their details however old.", valueName: "n"))
    var keepRuns = 1
    @Flag(name: .long, help: "Only say what would go.") var dryRun = false
    @Flag(
        name: .long,
        help: "Give free room back to the disk; needs as much of it as the state takes, and no run in progress.")
    var vacuum = false
    @OptionGroup var options: ProjectOptions

    func validate() throws {
        if keepRuns < 1 { throw ValidationError("--keep-runs takes 1 or more, not \(keepRuns).") }
        if vacuum, dryRun { throw ValidationError("--dry-run changes nothing; it cannot be combined with --vacuum.") }
        if let olderThan, Quantities.duration(olderThan) == nil {
            throw ValidationError("--older-than takes a duration such as 30d or 12h, not \(olderThan).")
        }
    }

    func run() async throws {
        let console = options.output.console
        try await ending(console) {
            let located = try LocatedState(options)
            var report = PruneReport(rule: try rule(located), isDryRun: dryRun)
            guard let reader = try located.reader() else {
                console.print(json: report.json, text: "no state yet: nothing to prune")
                return .done
            }
            let before = try await reader.usage()
            (report.sizeInBytes, report.freeInBytes) = (before.sizeInBytes, before.freeInBytes)
            if dryRun {
                report.counts = try await reader.prunable(report.rule)
            } else {
                if vacuum { try await Self.refuseWhileRunning(reader) }
                let state = try located.writer()
                report.counts = try await state.prune(report.rule, at: .current())
                if vacuum { try await state.compact() }
                let after = try await state.usage()
                (report.sizeInBytes, report.freeInBytes) = (after.sizeInBytes, after.freeInBytes)
                report.freedInBytes = max(0, before.sizeInBytes - after.sizeInBytes)
            }
            console.print(json: report.json, text: report.text)
            return .done
        }
    }

    private func rule(_ located: LocatedState) throws -> PruneRule {
        let age = try olderThan.flatMap(Quantities.duration) ?? located.retention
        let now = WallTime.current().microseconds
        let (limit, isTooLong) = now.subtractingReportingOverflow(age.microseconds)
        return PruneRule(endedBefore: WallTime(microseconds: isTooLong ? 0 : limit), keptRuns: keepRuns)
    }

    /// A run would wait for the copy longer than it can.
    private static func refuseWhileRunning(_ state: any StateUpkeep) async throws {
        let gone = try await GoneRuns().among(state)
        guard let open = try await state.openRuns().first(where: { !gone.contains($0.run) }) else { return }
        throw CommandFailure(
            .alreadyRunning,
            .error(
                "already_running", "run \(open.run) is in progress: --vacuum would keep it from writing",
                hint: "wait for it, or prune without --vacuum"))
    }
}
