import SyncCore

/// Holds a document against the key tables and reports every unknown, missing or ill-typed part of it.
struct ShapeCheck {
    let findings: Findings

    /// `name` is the key that holds the value, for messages; `owner` is where a missing key is reported.
    func check(_ value: YAMLValue, _ kind: ValueKind, name: String, owner: Diagnostic.Position) {
        guard !value.isBroken else { return }
        switch kind {
        case .texts, .secretTexts, .constants: checkTexts(value, kind, name: name)
        case .constant: checkConstant(value, name: name)
        case .mapping(let spec): checkMapping(value, spec, name: name, owner: owner)
        case .choiceOrOneOf(let choices, let spec):
            if case .mapping = value.content { return checkOneOf(value, spec, name: name, owner: owner) }
            check(value, .choice(choices), name: name, owner: owner)
        case .oneOf(let spec): checkOneOf(value, spec, name: name, owner: owner)
        case .named(let kind): checkNamed(value, kind, name: name)
        case .list(let kind):
            if value.isNull { return }
            guard case .list(let items) = value.content else { return wrongType(value, .list(kind), name: name) }
            for item in items { check(item, kind, name: name, owner: item.position) }
        case .variants(let spec): checkVariants(value, spec, name: name, owner: owner)
        default:
            guard let problem = ScalarCheck.problem(in: value, kind: kind) else { return }
            report(problem, at: value, name: name)
        }
    }

    private func checkTexts(_ value: YAMLValue, _ kind: ValueKind, name: String) {
        switch (value.content, kind) {
        case (.scalar, .texts), (.scalar, .secretTexts):
            check(value, .text, name: name, owner: value.position)
        case (.list(let items), _):
            if items.isEmpty, case .texts = kind {
                findings.error("invalid_value", "`\(name)`: the list is empty", at: value.position)
            }
            for item in items { check(item, .text, name: name, owner: item.position) }
        default: wrongType(value, kind, name: name)
        }
    }

    private func checkConstant(_ value: YAMLValue, name: String) {
        switch value.content {
        case .list(let items): for item in items { check(item, .text, name: name, owner: item.position) }
        case .mapping: wrongType(value, .constant, name: name)
        case .scalar where value.isNull:
            findings.error("wrong_type", "`\(name)`: a constant cannot be null", at: value.position)
        case .scalar, .broken: break
        }
    }

    private func checkMapping(_ value: YAMLValue, _ spec: MappingSpec, name: String, owner: Diagnostic.Position) {
        guard case .mapping(let entries) = value.content else {
            return wrongType(value, .mapping(spec), name: name)
        }
        var meant: Set<String> = []
        for entry in entries {
            guard let key = spec[entry.key] else {
                let nearest = spec.nearestKey(to: entry.key, written: entries)
                reportUnknown(entry, title: spec.title, nearest: nearest)
                if let nearest { meant.insert(nearest) }
                continue
            }
            if key.isNullable, entry.value.isNull { continue }
            check(entry.value, key.kind, name: key.name, owner: entry.keyPosition)
        }
        for key in spec.keys where key.isRequired && !entries.contains(where: { $0.key == key.name }) {
            // A mistyped key is one mistake, not two.
            if meant.contains(key.name) { continue }
            findings.error("missing_key", "\(spec.title) needs the key `\(key.name)`", at: owner)
        }
    }

    private func reportUnknown(_ entry: YAMLEntry, title: String, nearest: String?) {
        let name = entry.isPlainlyNamed ? "`\(entry.key)`" : "this"
        findings.error(
            "unknown_key", "\(name) is no key of \(title)", at: entry.keyPosition,
            hint: nearest.map { "did you mean `\($0)`?" })
    }

    private func checkOneOf(_ value: YAMLValue, _ spec: MappingSpec, name: String, owner: Diagnostic.Position) {
        checkMapping(value, spec, name: name, owner: owner)
        guard case .mapping(let entries) = value.content, entries.count != 1 else { return }
        let names = spec.keys.map(\.name).joined(separator: ", ")
        findings.error("invalid_value", "\(spec.title) has exactly one of the keys \(names)", at: value.position)
    }

    private func checkNamed(_ value: YAMLValue, _ kind: ValueKind, name: String) {
        if value.isNull { return }
        guard case .mapping(let entries) = value.content else { return wrongType(value, .named(kind), name: name) }
        for entry in entries {
            if entry.key.isEmpty {
                findings.error("invalid_value", "`\(name)`: a name cannot be empty", at: entry.keyPosition)
            }
            check(entry.value, kind, name: entry.key, owner: entry.keyPosition)
        }
    }

    private func checkVariants(_ value: YAMLValue, _ spec: VariantSpec, name: String, owner: Diagnostic.Position) {
        guard case .mapping(let entries) = value.content else {
            return wrongType(value, .variants(spec), name: name)
        }
        let discriminator = spec.discriminator
        guard let chosen = entries.first(where: { $0.key == discriminator.name }) else {
            let others = entries.filter { entry in !spec.variants.contains { $0.mapping[entry.key] != nil } }
            if let mistyped = others.first(where: { NearestName.find($0.key, among: [discriminator.name]) != nil }) {
                return reportUnknown(mistyped, title: spec.title, nearest: discriminator.name)
            }
            findings.error("missing_key", "\(spec.title) needs the key `\(discriminator.name)`", at: owner)
            return
        }
        guard let variant = chosen.value.scalar.flatMap({ spec.mapping(for: $0.text) }) else {
            // Which keys are right depends on the type, so the others are left alone.
            return check(chosen.value, discriminator.kind, name: discriminator.name, owner: owner)
        }
        checkMapping(value, variant, name: name, owner: owner)
    }

    private func wrongType(_ value: YAMLValue, _ kind: ValueKind, name: String) {
        report(ScalarCheck.wrongType(kind, found: value), at: value, name: name)
    }

    private func report(_ problem: ScalarProblem, at value: YAMLValue, name: String) {
        findings.error(problem.code, "`\(name)`: \(problem.message)", at: value.position, hint: problem.hint)
    }
}
