import SyncCore

/// Reads `schedule`, whose shape was checked; the scheduler gives the cron fields their meaning.
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

    private func trigger(_ settings: Settings, _ entry: YAMLEntry) -> ScheduleDefinition.Trigger? {
        switch (settings.entry("cron"), settings.entry("every")) {
        case (nil, nil):
            findings.error("missing_key", "a schedule needs one of the keys `cron` and `every`", at: entry.keyPosition)
            return nil
        case (.some, .some(let every)):
            findings.error("conflicting_keys", "`every` cannot stand beside `cron`", at: every.keyPosition)
            return nil
        case (.some(let cron), nil):
            guard let text = settings.text("cron") else { return nil }
            if isCron(text) { return .cron(text) }
            findings.error(
                "invalid_value",
                "`cron`: five fields, such as \"*/15 * * * *\", or one of "
                    + Self.names.joined(separator: ", "), at: cron.value.position)
            return nil
        case (nil, .some(let every)):
            guard let interval = settings.duration("every") else { return nil }
            if interval > .zero { return .every(interval) }
            findings.error("invalid_duration", "`every`: must be longer than 0", at: every.value.position)
            return nil
        }
    }

    private func isCron(_ text: String) -> Bool {
        if text.hasPrefix("@") { return Self.names.contains(text) }
        let fields = text.split(whereSeparator: \.isWhitespace)
        return fields.count == 5
            && fields.allSatisfy { field in
                field.utf8.allSatisfy { byte in
                    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                        || "*/,-?#".utf8.contains(byte)
                }
            }
    }
}
