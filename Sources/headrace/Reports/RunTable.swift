import SyncCore

/// Runs, newest first, a line each.
enum RunTable {
    static func text(_ runs: [RunReport], _ palette: Palette) -> String {
        var table = TextTable([
            .text("run"), .text("sync"), .text("status"), .text("started"), .number("seconds"), .number("rows"),
            .number("planned"), .number("confirmed"), .number("invalid"), .text("error"),
        ])
        table.rows = runs.map { run in
            [
                run.runID?.text ?? "-", run.sync, run.status.rawValue, run.startedAt.iso8601Milliseconds,
                seconds(run), NumberText.grouped(run.rows.queried), NumberText.grouped(run.operations.planned),
                NumberText.grouped(run.operations.confirmed), NumberText.grouped(run.rows.invalid), run.error ?? "",
            ]
        }
        return table.rendered(palette)
    }

    private static func seconds(_ run: RunReport) -> String {
        guard let end = run.finishedAt else { return "-" }
        return NumberText.short(Double(end.microseconds - run.startedAt.microseconds) / 1e6)
    }
}

/// A sync as `status` shows it.
struct SyncStatus {
    var sync: SyncDefinition
    /// Nil when it never ran.
    var lastRun: RunReport?
    /// Users that the destination confirmed at least once.
    var snapshotUsers: Int?

    var json: JSONText {
        .members([
            "sync": .string(sync.name),
            "model": .string(sync.model.name),
            "destination": .string(sync.destination.name),
            "last_run": lastRun.map { RunLine($0).json } ?? .null,
            "snapshot_users": snapshotUsers.map(JSONText.integer) ?? .null,
            "schedule": .optional(sync.schedule.map(Self.schedule)),
            "next_due": .null,
        ])
    }

    static func table(_ all: [SyncStatus], _ palette: Palette) -> String {
        var table = TextTable([
            .text("sync"), .text("last run"), .text("status"), .text("started"), .number("rows"), .number("users"),
            .text("schedule"), .text("next due"),
        ])
        table.rows = all.map { status in
            let run = status.lastRun
            return [
                status.sync.name, run?.runID?.text ?? "never", run?.status.rawValue ?? "-",
                run?.startedAt.iso8601Milliseconds ?? "-", run.map { NumberText.grouped($0.rows.queried) } ?? "-",
                status.snapshotUsers.map(NumberText.grouped) ?? "-", status.sync.schedule.map(schedule) ?? "-", "-",
            ]
        }
        return table.rendered(palette)
    }

    /// As the file says it: `cron */15 * * * * (Europe/Berlin)`, `every 15m`.
    static func schedule(_ schedule: ScheduleDefinition) -> String {
        switch schedule.trigger {
        case .cron(let text): "cron \(text)" + (schedule.timeZone.map { " (\($0))" } ?? "")
        case .every(let duration): "every \(length(duration))"
        }
    }

    /// In the largest unit that leaves no rest.
    private static func length(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        guard attoseconds == 0 else { return "\(seconds * 1000 + attoseconds / 1_000_000_000_000_000)ms" }
        for (unit, name) in [(Int64(86_400), "d"), (3600, "h"), (60, "m")]
        where seconds >= unit && seconds.isMultiple(of: unit) {
            return "\(seconds / unit)\(name)"
        }
        return "\(seconds)s"
    }
}
