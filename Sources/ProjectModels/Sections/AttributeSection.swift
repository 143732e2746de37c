import SyncCore

/// Reads models/attributes.yml, whose shape was checked.
struct AttributeSection {
    static let file = "models/attributes.yml"

    let findings: Findings

    func read(_ document: YAMLValue) -> Registry<AttributeDefinition> {
        guard let entry = Settings(document)?.entry("attributes") else { return .unreadable }
        if entry.value.isNull { return Registry(names: []) }
        guard let section = Settings(entry.value) else { return .unreadable }
        var registry = Registry<AttributeDefinition>(names: Set(section.entries.map(\.key)))
        for entry in section.entries {
            if KeyTables.presetAttributes.contains(entry.key) {
                findings.error(
                    "preset_attribute",
                    "`\(entry.key)` is one of Contentstack's preset attributes: it is computed, never written",
                    at: entry.keyPosition)
            } else if let settings = Settings(entry.value), let attribute = attribute(entry, settings) {
                registry.add(attribute, name: entry.key)
            }
        }
        return registry
    }

    private func attribute(_ entry: YAMLEntry, _ settings: Settings) -> AttributeDefinition? {
        guard let type: AttributeType = settings.choice("type") else { return nil }
        var attribute = AttributeDefinition(
            key: entry.key, type: type, description: settings.text("description"),
            isPII: settings.boolean("pii") ?? false, encoding: settings.choice("encoding") ?? .iso8601,
            precision: settings.choice("precision") ?? .exact, position: entry.keyPosition)
        for key in ["encoding", "precision"] where type != .timestamp {
            guard let written = settings.entry(key) else { continue }
            findings.error(
                "conflicting_keys", "`\(key)` belongs to a timestamp, and this attribute is a \(type.rawValue)",
                at: written.keyPosition)
        }
        attribute.limits = limits(settings, attribute)
        attribute.allowed = allowed(settings, attribute)
        return attribute
    }

    private func limits(_ settings: Settings, _ attribute: AttributeDefinition) -> AttributeLimits {
        let isNumber = attribute.type == .integer || attribute.type == .number
        let misplaced = (isNumber ? [] : ["min", "max"]) + (attribute.type == .string ? [] : ["max_length"])
        for key in misplaced {
            guard let written = settings.entry(key) else { continue }
            let owner = key == "max_length" ? "a string" : "an integer or a number"
            findings.error(
                "conflicting_keys", "`\(key)` belongs to \(owner), and this attribute is a \(attribute.type.rawValue)",
                at: written.keyPosition)
        }
        let limits = AttributeLimits(
            minimum: isNumber ? number("min", settings, attribute) : nil,
            maximum: isNumber ? number("max", settings, attribute) : nil,
            maximumLength: attribute.type == .string ? settings.integer("max_length") : nil)
        if let minimum = limits.minimum, let maximum = limits.maximum, minimum > maximum {
            findings.error(
                "invalid_value", "`max`: it is less than `min`, so that no value fits",
                at: settings.position(of: "max"))
            return AttributeLimits()
        }
        return limits
    }

    /// A limit is a constant of the attribute's own type.
    private func number(_ key: String, _ settings: Settings, _ attribute: AttributeDefinition) -> Double? {
        guard settings.number(key) != nil, let value = settings.value(key) else { return nil }
        switch ConstantReader(attribute: attribute, key: key, findings: findings).read(value) {
        case .integer(let whole): return Double(whole)
        case .number(let number): return number
        default: return nil
        }
    }

    private func allowed(_ settings: Settings, _ attribute: AttributeDefinition) -> [AttributeValue] {
        // The items of a list are texts, each of which `allowed` decides about.
        var item = attribute
        if attribute.type == .stringList { item.type = .string }
        return settings.items("allowed").compactMap { value in
            guard !value.isNull else { return nil }
            return ConstantReader(attribute: item, key: "allowed", findings: findings).read(value)
        }
    }
}
