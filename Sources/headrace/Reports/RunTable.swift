import SyncCore

/// Runs, newest first, a line each.
enum RunTable {
    /// `gone`: runs whose process is.
    static func text(_ runs: [RunReport], gone: Set<RunID> = [], _ palette: Palette) -> String {
        var table = TextTable([
            .text("run"), .text("sync"), .text("status"), .text("started"), .number("seconds"), .number("rows"),
            .number("planned"), .number("confirmed"), .number("rejected"), .number("unknown"), .number("deferred"),
            .number("quarantined"), .number("invalid"), .text("error"),
        ])
        table.rows = runs.map { run in
            [
                run.runID?.text ?? "-", run.sync, status(run, gone), run.startedAt.iso8601Milliseconds, seconds(run),
            ]
                + [
                    run.rows.queried, run.operations.planned, run.operations.confirmed, run.operations.rejected,
                    run.operations.unknown, run.operations.deferred, run.operations.quarantined,
                    run.rows.invalid,
                ].map(NumberText.grouped) + [run.error ?? ""]
        }
        return table.rendered(palette)
    }

    /// `delivering (process gone)`: the status stays open until the next run closes it.
    static func status(_ run: RunReport, _ gone: Set<RunID>) -> String {
        run.status.rawValue + (run.runID.map(gone.contains) == true ? " (process gone)" : "")
    }

    private static func seconds(_ run: RunReport) -> String {
        guard let end = run.finishedAt else { return "-" }
        return NumberText.short(Double(end.microseconds - run.startedAt.microseconds) / 1e6)
    }
}
