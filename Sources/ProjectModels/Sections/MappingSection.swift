import SyncCore

/// Reads one mapping of a sync, whose shape was checked.
struct MappingSection {
    let file: ProjectFile
    let attributes: Registry<AttributeDefinition>
    let findings: Findings

    /// The mapping, or nil after a finding.
    func read(_ item: YAMLValue) -> Mapping? {
        guard let settings = Settings(item) else { return nil }
        let isPreset = reportPreset(settings)
        let attribute =
            isPreset
            ? nil
            : attributes.resolve(
                settings.entry("attribute"), what: "attribute", code: "unknown_attribute", findings: findings)
        let hasOneOrigin = checkOrigin(settings, item)
        let template = readTemplate(settings)
        guard let attribute, hasOneOrigin else { return nil }
        let origin: Mapping.Origin
        if let column = settings.text("column") {
            origin = .column(column)
        } else if let value = settings.value("value") {
            let constant = ConstantReader(attribute: attribute, key: "value", findings: findings).read(value)
            origin = .value(constant ?? .null)
        } else if let template {
            origin = .template(template.template)
        } else {
            return nil
        }
        let cast = cast(settings)
        var mapping = Mapping(
            origin: origin, attribute: attribute, cast: cast?.cast, castUnit: cast?.unit,
            onNull: nullPolicy(settings, attribute), onRemoved: removalConstant(settings, attribute),
            position: position(settings) ?? item.position)
        mapping.templatePositions = template?.positions ?? []
        return mapping
    }

    /// `timestamp`, or `{timestamp: epoch_seconds}`.
    private func cast(_ settings: Settings) -> (cast: Cast, unit: TimeUnit?)? {
        guard let units = settings.settings("cast") else { return settings.choice("cast").map { ($0, nil) } }
        for cast in [Cast.date, .timestamp] {
            if let unit: TimeUnit = units.choice(cast.rawValue) { return (cast, unit) }
        }
        return nil
    }

    /// Where the value comes from is what a later check points at.
    private func position(_ settings: Settings) -> Diagnostic.Position? {
        ["column", "template", "value"].lazy.compactMap { settings.position(of: $0) }.first
    }

    private func reportPreset(_ settings: Settings) -> Bool {
        guard let key = settings.text("attribute"), KeyTables.presetAttributes.contains(key) else { return false }
        findings.error(
            "preset_attribute", "`\(key)` is one of Contentstack's preset attributes: it is computed, never written",
            at: settings.position(of: "attribute"))
        return true
    }

    private func checkOrigin(_ settings: Settings, _ item: YAMLValue) -> Bool {
        let origins = ["column", "value", "template"].compactMap(settings.entry)
        let isMistyped = ["column", "value", "template"].contains { settings.isMistyped($0, in: KeyTables.mapping) }
        if origins.isEmpty, !isMistyped {
            findings.error(
                "missing_key", "a mapping needs one of the keys `column`, `value` and `template`", at: item.position)
        }
        for extra in origins.dropFirst() {
            findings.error(
                "conflicting_keys", "`\(extra.key)` cannot stand beside `\(origins[0].key)`", at: extra.keyPosition)
        }
        if settings.entry("value") != nil {
            for key in ["cast", "on_null"] {
                guard let entry = settings.entry(key) else { continue }
                findings.error(
                    "conflicting_keys", "`\(key)` has no meaning for a static `value`", at: entry.keyPosition)
            }
        }
        if settings.text("column") == "" {
            findings.error("invalid_value", "`column`: must not be empty", at: settings.position(of: "column"))
        }
        return origins.count == 1
    }

    private func readTemplate(_ settings: Settings) -> (template: Template, positions: [Diagnostic.Position])? {
        guard let value = settings.value("template"), let text = settings.text("template") else { return nil }
        let read = TemplateText(text)
        let places = TemplatePlaces(text, at: value.position, in: file)
        if value.scalar?.isExpanded == true, !read.faults.isEmpty {
            // A fault's own words quote the text, which holds what a variable holds.
            findings.error(
                "invalid_template", "`template`: with the variable's value this is no template", at: value.position)
            return nil
        }
        for fault in read.faults {
            findings.error(
                "invalid_template", "`template`: \(fault.message)", at: places.position(of: fault.offset),
                hint: fault.hint)
        }
        guard read.faults.isEmpty else { return nil }
        if read.offsets.isEmpty {
            findings.error(
                "invalid_template", "`template`: without a {{column}} this is a static `value`", at: value.position)
        }
        return (Template(parts: read.parts), read.offsets.map(places.position))
    }

    private func nullPolicy(_ settings: Settings, _ attribute: AttributeDefinition) -> Mapping.NullPolicy {
        guard let value = settings.value("on_null"), settings.entry("value") == nil else { return .skip }
        if value.isNull { return .null }
        switch value.scalar?.text {
        case "skip": return .skip
        case "null": return .null
        default: break
        }
        let reader = ConstantReader(attribute: attribute, key: "on_null", findings: findings)
        return reader.read(value).map { .constant($0) } ?? .skip
    }

    private func removalConstant(_ settings: Settings, _ attribute: AttributeDefinition) -> AttributeValue? {
        guard let value = settings.value("on_removed"), !value.isNull else { return nil }
        let reader = ConstantReader(attribute: attribute, key: "on_removed", findings: findings)
        return reader.read(value, allowsEmpty: true)
    }
}
