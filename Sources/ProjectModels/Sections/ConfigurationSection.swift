import SyncCore

/// What headrace.yml says.
struct Configuration {
    static let fileName = "headrace.yml"

    var name: String?
    var sources = Registry<SourceDefinition>.unreadable
    var destinations = Registry<DestinationDefinition>.unreadable
    /// Nil where the file does not say them legibly: then none is reported as missing.
    var variables: [String: ModelVariables.Declared]?
    var state: StateDefinition?
    /// Nil when the file does not say legibly where the state is: any other place would be the wrong one.
    var stateLocation: StateDefinition.Location?
    var alerts = AlertDefinition()
}

/// Reads headrace.yml, whose shape was checked.
struct ConfigurationSection {
    let directory: String
    let findings: Findings

    func read(_ document: YAMLValue) -> Configuration {
        var configuration = Configuration()
        guard let root = Settings(document) else { return configuration }
        if let version = root.integer("version"), version > 1 {
            findings.error(
                "invalid_value", "`version`: this headrace reads version 1 only", at: root.position(of: "version"))
        }
        configuration.name = root.text("name")
        configuration.sources = registry("sources", in: root, read: source)
        configuration.destinations = registry("destinations", in: root, read: destination)
        configuration.variables = variables(root)
        configuration.state = state(root)
        if isStateLegible(root) { configuration.stateLocation = configuration.state?.location }
        configuration.alerts = AlertSection(findings: findings).read(root.settings("alerts"))
        return configuration
    }

    private func registry<Definition>(
        _ key: String, in root: Settings, read: (String, Settings, Diagnostic.Position) -> Definition?
    ) -> Registry<Definition> {
        if root.isMistyped(key, in: KeyTables.headrace) { return .unreadable }
        guard let entry = root.entry(key), !entry.value.isNull else { return Registry(names: []) }
        guard let section = Settings(entry.value) else { return .unreadable }
        var registry = Registry<Definition>(names: Set(section.entries.map(\.key)))
        for item in section.entries {
            guard let settings = Settings(item.value), let definition = read(item.key, settings, item.keyPosition)
            else { continue }
            registry.add(definition, name: item.key)
        }
        return registry
    }

    private func source(_ name: String, _ settings: Settings, at position: Diagnostic.Position) -> SourceDefinition? {
        requirePositive("statement_timeout", in: settings)
        requirePositive("lock_timeout", in: settings)
        let kind: SourceDefinition.Kind
        switch settings.text("type") {
        case "sqlite":
            guard let path = settings.text("path") else { return nil }
            if path.isEmpty { requireText("path", in: settings) }
            kind = .sqlite(path: ProjectPaths.absolute(path, in: directory))
        case "postgres":
            if settings.entry("url") != nil, settings.text("url") == nil { return nil }
            kind = .postgres(
                url: settings.secret("url") ?? Secret(""), allowSuperuser: settings.boolean("allow_superuser") ?? false)
        default: return nil
        }
        return SourceDefinition(
            name: name, kind: kind, statementTimeout: settings.duration("statement_timeout"),
            lockTimeout: settings.duration("lock_timeout"), position: position)
    }

    /// In requests a second; a run that may send less would not end.
    private static let lowestRate = 0.001

    private func destination(
        _ name: String, _ settings: Settings, at position: Diagnostic.Position
    ) -> DestinationDefinition? {
        requirePositive("timeout", in: settings)
        // Less than 0 is reported with the shape.
        if let rate = settings.number("max_requests_per_second"), rate >= 0, rate < Self.lowestRate {
            findings.error(
                "invalid_value", "`max_requests_per_second`: must be at least 0.001; null means no cap",
                at: settings.position(of: "max_requests_per_second"))
        }
        guard let projectUID = settings.text("project_uid") else { return nil }
        // It travels in a header.
        guard UserUID.isValid(projectUID.utf8) else {
            findings.error(
                "invalid_value", "`project_uid`: must be visible ASCII without spaces",
                at: settings.position(of: "project_uid"))
            return nil
        }
        var destination = DestinationDefinition(name: name, projectUID: projectUID, position: position)
        destination.region = settings.text("region").flatMap(ContentstackRegion.id) ?? "na"
        if let auth = settings.settings("auth") {
            AuthenticationKeys(findings: findings).read(auth, into: &destination)
        }
        destination.createsMissing = settings.boolean("create_missing") ?? false
        if destination.createsMissing, destination.authentication == .none {
            findings.error(
                "conflicting_keys", "`create_missing` needs a login, and auth says {method: none}",
                at: settings.position(of: "create_missing"))
        }
        destination.edgeURL = settings.text("edge_url").map(withoutTrailingSlash)
        destination.managementURL = settings.text("management_url").map(withoutTrailingSlash)
        destination.appURL = settings.text("app_url").map(withoutTrailingSlash)
        destination.developerHubURL = settings.text("developer_hub_url").map(withoutTrailingSlash)
        destination.contentManagementURL = settings.text("content_management_url").map(withoutTrailingSlash)
        destination.maxInFlight = settings.integer("max_in_flight") ?? destination.maxInFlight
        destination.maxRequestsPerSecond = settings.number("max_requests_per_second")
        ConnectionKeys(directory: directory, findings: findings).read(settings, into: &destination)
        return destination
    }

    private func variables(_ root: Settings) -> [String: ModelVariables.Declared]? {
        if root.isMistyped("vars", in: KeyTables.headrace) { return nil }
        guard let entry = root.entry("vars"), !entry.value.isNull else { return [:] }
        guard let section = Settings(entry.value) else { return nil }
        var variables: [String: ModelVariables.Declared] = [:]
        for item in section.entries {
            if !ModelVariables.isName(item.key) {
                findings.error(
                    "invalid_value",
                    "`vars`: a variable's name is of letters, digits and `_`, and starts with no digit",
                    at: item.keyPosition)
            } else if ReservedNames.holds(item.key) {
                findings.error("reserved_name", ReservedNames.message("variable", item.key), at: item.keyPosition)
            }
            // One that is wrong is reported, and not missing too.
            variables[item.key] = ModelVariables.Declared(
                constant: item.value.scalar.map { SQLConstant($0) } ?? SQLConstant(.null),
                position: item.value.position, isExpanded: item.value.scalar?.isExpanded == true)
            guard item.value.scalar?.text.contains("\0") == true else { continue }
            findings.error("invalid_value", "`\(item.key)`: must not hold NUL", at: item.value.position)
        }
        return variables
    }

    /// The standard one where the file says it wrongly, so that the rest of the project can still be checked.
    private func state(_ root: Settings) -> StateDefinition {
        let standard = StateDefinition(
            location: .sqlite(path: ProjectPaths.absolute(".headrace/state.db", in: directory)))
        guard let settings = root.settings("state") else { return standard }
        var state = standard
        if let url = settings.text("url") {
            state.position = settings.position(of: "url")
            if let location = location(url) {
                state.location = location
            } else {
                findings.error(
                    "invalid_value", "`url`: a state is at sqlite:PATH or postgresql://…", at: state.position)
            }
        }
        state.retainsValues = settings.boolean("retain_values") ?? true
        state.memoryLimitInBytes = settings.byteCount("memory_limit") ?? state.memoryLimitInBytes
        requirePositive("plan_ttl", in: settings)
        state.planTimeToLive = settings.duration("plan_ttl") ?? state.planTimeToLive
        requirePositive("retention", in: settings)
        state.retention = settings.duration("retention") ?? state.retention
        state.hasIllegibleRetention =
            settings.entry("retention") != nil && settings.duration("retention") ?? .zero == .zero
        state.key = settings.secret("key")
        if settings.text("key") == "" { requireText("key", in: settings) }
        if case .postgres = state.location, settings.entry("key") == nil,
            !settings.isMistyped("key", in: KeyTables.state)
        {
            findings.error(
                "missing_key", "a PostgreSQL state needs the key `key`", at: root.entry("state")?.keyPosition)
        }
        return state
    }

    private func isStateLegible(_ root: Settings) -> Bool {
        guard let entry = root.entry("state"), !entry.value.isNull else { return true }
        guard let settings = Settings(entry.value) else { return false }
        let known = Set(KeyTables.state.keys.map(\.name))
        return settings.entries.allSatisfy { known.contains($0.key) }
            && (settings.entry("url") == nil || settings.text("url") != nil)
    }

    private func location(_ url: String) -> StateDefinition.Location? {
        if url.hasPrefix("postgresql://") || url.hasPrefix("postgres://") { return .postgres(url: Secret(url)) }
        guard url.hasPrefix("sqlite:"), url.count > "sqlite:".count else { return nil }
        return .sqlite(path: ProjectPaths.absolute(String(url.dropFirst("sqlite:".count)), in: directory))
    }

    private func requirePositive(_ key: String, in settings: Settings) {
        guard settings.duration(key) == .zero else { return }
        findings.error("invalid_duration", "`\(key)`: must be longer than 0", at: settings.position(of: key))
    }

    private func requireText(_ key: String, in settings: Settings) {
        findings.error("invalid_value", "`\(key)`: must not be empty", at: settings.position(of: key))
    }

    private func withoutTrailingSlash(_ url: String) -> String {
        var url = url
        while url.hasSuffix("/") { url.removeLast() }
        return url
    }
}
