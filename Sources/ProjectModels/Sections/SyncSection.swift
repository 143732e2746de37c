import SyncCore

/// A sync as its file says it, before its model is known to be sound.
struct WrittenSync {
    var name: String
    var namePosition: Diagnostic.Position?
    var position: Diagnostic.Position
    /// Nil where it is unknown or itself wrong.
    var destination: DestinationDefinition?
    var match: MatchKey?
    var mappings: [Mapping]
    /// Where each attribute is named, also of mappings that are wrong otherwise.
    var targets: [(attribute: String, position: Diagnostic.Position)]
    var send: SendMode
    var schedule: ScheduleDefinition?
    var guards: GuardLimits
    var retry: RetryPolicy
    var tests: TestPolicy?

    /// A column that feeds a pii attribute is personal as a key too.
    private func isPersonal(_ match: MatchKey, _ model: ModelDefinition) -> Bool {
        let fed = mappings.filter(\.attribute.isPII).flatMap(\.origin.columns)
        return match.isPII || !Set(fed).isDisjoint(with: model.primaryKey + [match.column])
    }

    /// Nil without a match. A destination that is wrong, and reported, becomes an empty one.
    func definition(of model: ModelDefinition) -> SyncDefinition? {
        guard var match else { return nil }
        match.isPII = isPersonal(match, model)
        return SyncDefinition(
            name: name, model: model, destination: destination ?? DestinationDefinition(name: "", projectUID: ""),
            match: match, mappings: mappings, send: send,
            schedule: schedule, guards: guards, retry: retry, tests: tests, position: position)
    }
}

/// Reads one sync of a model file, whose shape was checked.
struct SyncSection {
    let file: ProjectFile
    let destinations: Registry<DestinationDefinition>
    let attributes: Registry<AttributeDefinition>
    let findings: Findings

    func read(_ item: YAMLValue) -> WrittenSync? {
        guard let settings = Settings(item) else { return nil }
        let destination = destinations.resolve(
            settings.entry("destination"), what: "destination", code: "unknown_destination", findings: findings)
        let mappings = settings.items("mappings")
        if mappings.isEmpty, let entry = settings.entry("mappings"), !entry.value.isBroken {
            findings.error("invalid_value", "`mappings`: a sync maps at least one attribute", at: entry.keyPosition)
        }
        let reader = MappingSection(file: file, attributes: attributes, findings: findings)
        let targets = mappings.compactMap { mapping -> (attribute: String, position: Diagnostic.Position)? in
            guard let settings = Settings(mapping), let attribute = settings.text("attribute"),
                let position = settings.position(of: "attribute")
            else { return nil }
            return (attribute, position)
        }
        checkName(settings)
        return WrittenSync(
            name: settings.text("name") ?? "", namePosition: settings.position(of: "name"), position: item.position,
            destination: destination, match: match(settings.settings("match")),
            mappings: mappings.compactMap(reader.read), targets: targets, send: settings.choice("send") ?? .changed,
            schedule: ScheduleSection(findings: findings).read(settings.entry("schedule")),
            guards: guards(settings.settings("guards")), retry: retry(settings.settings("retry")),
            tests: settings.choice("tests"))
    }

    /// Globs select syncs on the command line.
    private func checkName(_ settings: Settings) {
        guard let name = settings.text("name") else { return }
        let isPlain = name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "_-.".utf8.contains(byte)
        }
        guard name.isEmpty || !isPlain else { return }
        findings.error(
            "invalid_value", "`name`: a sync's name is of letters, digits, `_`, `-` and `.`",
            at: settings.position(of: "name"))
    }

    private func match(_ settings: Settings?) -> MatchKey? {
        guard let settings, let column = settings.text("column") else { return nil }
        return MatchKey(
            column: column, isPII: settings.boolean("pii") ?? false, position: settings.position(of: "column"))
    }

    private func guards(_ settings: Settings?) -> GuardLimits {
        var limits = GuardLimits()
        guard let settings else { return limits }
        func limit(_ key: String, _ standard: Double) -> Double {
            settings.value(key)?.isNull == true ? .infinity : settings.number(key) ?? standard
        }
        limits.maxChangedPercent = limit("max_changed_percent", limits.maxChangedPercent)
        limits.maxRemovedPercent = limit("max_removed_percent", limits.maxRemovedPercent)
        limits.maxNullPercent = limit("max_null_percent", limits.maxNullPercent)
        limits.minRows = settings.value("min_rows")?.isNull == true ? 0 : settings.integer("min_rows") ?? limits.minRows
        return limits
    }

    private func retry(_ settings: Settings?) -> RetryPolicy {
        var policy = RetryPolicy()
        policy.attempts = settings?.integer("attempts") ?? policy.attempts
        policy.quarantineAfterRuns = settings?.integer("quarantine_after_runs") ?? policy.quarantineAfterRuns
        return policy
    }
}
