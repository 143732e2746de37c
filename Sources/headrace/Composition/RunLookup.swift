import SyncCore

/// Prints what the state remembers of runs.
struct RunLookup {
    var located: LocatedState
    /// Nil when nothing ran yet.
    var state: (any StateInspection)?
    var console: Console

    /// The latest runs of a sync or of all, newest first. Throws `unknown_sync` when neither the project's files nor the
    /// state name it.
    func list(_ sync: String?, limit: Int) async throws {
        if let sync {
            let known = Set(try await state?.knownSyncs() ?? []).union(located.writtenSyncs.map(\.name))
            guard known.contains(sync) else { throw SyncSelection.unknown(sync, among: known.sorted(), noun: "sync") }
        }
        guard let state else { return console.say("no runs yet") }
        let runs = try await state.runs(sync: sync, limit: limit)
        let gone = try await GoneRuns().among(state)
        guard console.isJSON else {
            return console.say(runs.isEmpty ? "no runs yet" : RunTable.text(runs, gone: gone, console.palette))
        }
        for run in runs { console.print(json: RunLine(run).listed(gone), text: "") }
    }

    /// One run whole, or its invalid rows. Throws `unknown_run` and `ambiguous_run`.
    func show(_ prefix: String, invalid: Bool) async throws {
        let (id, report) = try await IdentifierArgument.run(prefix, in: state)
        guard let state else { return }
        guard !invalid else { return showInvalid(try await state.invalidRows(of: id), of: report) }
        let gone = try await GoneRuns().among(state)
        let answers = try await state.answers(of: id).map { AnswerReport($0, keys: located.keys) }
        var text = RunText(report)
        (text.answers, text.isGone) = (answers, gone.contains(id))
        let guards = report.guards.isEmpty ? "" : "\n\n" + GuardReport.table(report.guards, console.palette)
        console.print(
            json: RunLine(report).detailed(gone, answers: answers), text: text.text(console.palette) + guards)
    }

    private func showInvalid(_ rows: [InvalidRow], of report: RunReport) {
        guard !console.isJSON else {
            for row in rows { console.print(json: RunLine.wholeInvalid(row), text: "") }
            return
        }
        console.say(rows.isEmpty ? "no invalid rows" : InvalidRowReport.table(rows, console.palette))
        let more = report.rows.invalid - rows.count
        if more > 0 { console.say("… and \(NumberText.counted(more, "row")) that the state does not keep") }
    }
}
