import SyncCore

/// A mapping whose shape was checked: what does not fit reads as nil, since it is already reported.
struct Settings {
    let entries: [YAMLEntry]

    init?(_ value: YAMLValue?) {
        guard case .mapping(let entries) = value?.content else { return nil }
        self.entries = entries
    }

    func entry(_ key: String) -> YAMLEntry? { entries.first { $0.key == key } }
    func value(_ key: String) -> YAMLValue? { entry(key)?.value }

    private func scalar(_ key: String) -> YAMLScalar? {
        guard let scalar = value(key)?.scalar, !scalar.isWrittenNull else { return nil }
        return scalar
    }

    func text(_ key: String) -> String? { scalar(key)?.text }
    func secret(_ key: String) -> Secret? { text(key).map { Secret($0) } }
    func duration(_ key: String) -> Duration? { text(key).flatMap(Quantities.duration) }
    func byteCount(_ key: String) -> Int? { text(key).flatMap(Quantities.byteCount) }
    func number(_ key: String) -> Double? { scalar(key).flatMap(ScalarCheck.number) }

    func integer(_ key: String) -> Int? {
        guard case .integer(let number)? = scalar(key)?.meaning else { return nil }
        return Int(exactly: number)
    }

    func boolean(_ key: String) -> Bool? {
        guard case .boolean(let flag)? = scalar(key)?.meaning else { return nil }
        return flag
    }

    func choice<Choice: RawRepresentable<String>>(_ key: String) -> Choice? {
        text(key).flatMap { Choice(rawValue: $0) }
    }

    func settings(_ key: String) -> Settings? { Settings(value(key)) }

    /// The items of a list, none where the key is missing.
    func items(_ key: String) -> [YAMLValue] {
        guard case .list(let items) = value(key)?.content else { return [] }
        return items
    }

    /// A text or a list of texts, each with its place.
    func texts(_ key: String) -> [(text: String, position: Diagnostic.Position)] {
        guard let value = value(key) else { return [] }
        let values = if case .list(let items) = value.content { items } else { [value] }
        return values.compactMap { item in
            guard let scalar = item.scalar, !scalar.isWrittenNull else { return nil }
            return (scalar.text, item.position)
        }
    }

    /// True where an unknown key most likely stands for `key`: that is reported, and `key` is not missing too.
    func isMistyped(_ key: String, in spec: MappingSpec) -> Bool {
        entries.contains { spec[$0.key] == nil && spec.nearestKey(to: $0.key, written: entries) == key }
    }

    func position(of key: String) -> Diagnostic.Position? { value(key)?.position }
}
