import SyncCore

/// Reads `alerts`, whose shape was checked; what channels and conditions mean is the alerting target's.
struct AlertSection {
    private static let ruleKeys: Set<String> = ["when", "severity", "channels"]

    let findings: Findings

    func read(_ settings: Settings?) -> AlertDefinition {
        guard let settings else { return AlertDefinition() }
        let channels = Settings(settings.value("channels"))?.entries ?? []
        let areChannelsKnown =
            settings.entry("channels")?.value.isBroken != true && !settings.isMistyped("channels", in: KeyTables.alerts)
        return AlertDefinition(
            channels: channels.compactMap(channel),
            rules: settings.items("rules").compactMap { item in
                rule(item, channels: areChannelsKnown ? Set(channels.map(\.key)) : nil)
            })
    }

    private func channel(_ entry: YAMLEntry) -> AlertDefinition.Channel? {
        guard let settings = Settings(entry.value), let type = settings.text("type") else { return nil }
        var values: [String: [Secret]] = [:]
        for setting in settings.entries where setting.key != "type" {
            values[setting.key] = settings.texts(setting.key).map { Secret($0.text) }
        }
        return AlertDefinition.Channel(name: entry.key, type: type, settings: values, position: entry.keyPosition)
    }

    private func rule(_ item: YAMLValue, channels known: Set<String>?) -> AlertDefinition.Rule? {
        guard let settings = Settings(item), let condition = settings.text("when") else { return nil }
        let channels = settings.texts("channels")
        for channel in channels {
            guard let known, !known.contains(channel.text) else { continue }
            findings.error(
                "unknown_channel", "there is no channel of that name", at: channel.position,
                hint: NearestName.find(channel.text, among: known).map { "did you mean `\($0)`?" })
        }
        var parameters: [String: String] = [:]
        for setting in settings.entries where !Self.ruleKeys.contains(setting.key) {
            parameters[setting.key] = settings.text(setting.key)
        }
        return AlertDefinition.Rule(
            condition: condition, severity: settings.text("severity") ?? "warning", channels: channels.map(\.text),
            parameters: parameters, position: item.position)
    }
}
