import SyncCore

/// A sync as `status` shows it.
struct SyncStatus {
    let name: String
    let model: String
    /// Nil where the project's files do not say it.
    private(set) var destination: String?
    private(set) var schedule: ScheduleDefinition?
    private var identity: DestinationIdentity?
    /// Nil when it never ran.
    var lastRun: RunReport?
    /// Users that the destination confirmed at least once.
    private(set) var snapshotUsers: Int?
    /// Everyone is to be sent again, because the state is an old copy; the guard asks first.
    var isRestored = false

    /// How far a model with a cursor was read and delivered.
    private var cursor: CursorRecord?

    init(name: String, model: String) { (self.name, self.model) = (name, model) }

    /// Takes over what the files say, if they are sound enough.
    mutating func take(_ definition: SyncDefinition?) {
        guard let definition else { return }
        schedule = definition.schedule
        guard !definition.destination.name.isEmpty else { return }
        destination = definition.destination.name
        identity = try? OpenedProject.destination(definition.destination).identity
    }

    /// Of the sync's snapshots that of its destination counts; where that is not known, the last one sent to.
    mutating func take(_ snapshots: [SnapshotRecord]) {
        let own = snapshots.first { snapshot in
            identity.map(snapshot.identity.isSamePlace(as:)) ?? snapshot.isLast
        }
        snapshotUsers = own?.users
        cursor = own?.cursor
    }

    func json(_ gone: Set<RunID>) -> JSONText {
        let line = CursorReport.added(cursor, to: line(gone))
        return isRestored ? line.adding(["state_restored": .boolean(true)]) : line
    }

    private func line(_ gone: Set<RunID>) -> JSONText {
        .members([
            "sync": .string(name),
            "model": .string(model),
            "destination": .optional(destination),
            "last_run": lastRun.map { RunLine($0).listed(gone) } ?? .null,
            "snapshot_users": snapshotUsers.map(JSONText.integer) ?? .null,
            "schedule": .optional(schedule.map(Self.written)),
            "next_due": .null,
        ])
    }

    static func table(_ all: [SyncStatus], _ gone: Set<RunID>, _ palette: Palette) -> String {
        var table = TextTable([
            .text("sync"), .text("last run"), .text("status"), .text("started"), .number("rows"), .number("users"),
            .text("schedule"), .text("next due"), .text("cursor"),
        ])
        table.widestCell = 100
        table.rows = all.map { status in
            let run = status.lastRun
            return [
                status.name, run?.runID?.text ?? "never", run.map { RunTable.status($0, gone) } ?? "-",
                run?.startedAt.iso8601Milliseconds ?? "-", run.map { NumberText.grouped($0.rows.queried) } ?? "-",
                status.snapshotUsers.map(NumberText.grouped) ?? "-", status.schedule.map(written) ?? "-", "-",
                CursorReport.text(status.cursor),
            ]
        }
        return table.rendered(palette)
    }

    /// As the file says it: `cron */15 * * * * (Europe/Berlin)`, `every 15m`.
    static func written(_ schedule: ScheduleDefinition) -> String {
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

extension DestinationIdentity {
    /// Whether a loopback host is behind it is no part of the place.
    fileprivate func isSamePlace(as other: DestinationIdentity) -> Bool {
        projectUID == other.projectUID && edgeHost == other.edgeHost
    }
}
