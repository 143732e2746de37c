import SyncCore

/// Reads `schedule`, whose shape was checked.
struct ScheduleSection {
    private static let names = ["@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"]

    let findings: Findings

    func read(_ entry: YAMLEntry?) -> ScheduleDefinition? {
        guard let entry, let settings = Settings(entry.value), let trigger = trigger(settings, entry) else {
            return nil
        }
        return ScheduleDefinition(
            trigger: trigger, timeZone: settings.text("time_zone"), overlap: settings.choice("overlap") ?? .skip,
            catchUp: settings.choice("catch_up") ?? .one)
    }

    private func fields(_ scalar: YAMLScalar, at position: Diagnostic.Position) -> ScheduleDefinition.Trigger? {
        if Self.names.contains(scalar.text) { return .cron(scalar.text) }
        let problems = CronFields.problems(in: scalar.text)
        if problems == [] { return .cron(scalar.text) }
        let shape = "five fields, such as \"*/15 * * * *\", or one of \(Self.names.joined(separator: ", "))"
        // The problems quote the fields, and what a variable holds is not shown.
        let shown = scalar.isExpanded ? nil : problems?.joined(separator: "; ")
        findings.error("invalid_value", "`cron`: \(shown ?? shape)", at: position)
        return nil
    }

    private func trigger(_ settings: Settings, _ entry: YAMLEntry) -> ScheduleDefinition.Trigger? {
        switch (settings.entry("cron"), settings.entry("every")) {
        case (nil, nil):
            if ["cron", "every"].contains(where: { settings.isMistyped($0, in: KeyTables.schedule) }) { return nil }
            findings.error("missing_key", "a schedule needs one of the keys `cron` and `every`", at: entry.keyPosition)
            return nil
        case (.some, .some(let every)):
            findings.error("conflicting_keys", "`every` cannot stand beside `cron`", at: every.keyPosition)
            return nil
        case (.some(let cron), nil):
            guard let scalar = cron.value.scalar, !scalar.isWrittenNull else { return nil }
            return fields(scalar, at: cron.value.position)
        case (nil, .some(let every)):
            guard let interval = settings.duration("every") else { return nil }
            if interval > .zero { return .every(interval) }
            findings.error("invalid_duration", "`every`: must be longer than 0", at: every.value.position)
            return nil
        }
    }
}
