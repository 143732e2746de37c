import SyncCore

/// Definitions that other parts of the project name.
struct Registry<Definition> {
    enum Lookup {
        case found(Definition)
        /// Written, but wrong in itself, or in a file that could not be read: already reported.
        case reported
        case unknown
    }

    /// Every name that is written; nil when that is not known.
    private(set) var names: Set<String>?
    /// The sound definitions, in file order.
    private(set) var definitions: [Definition] = []
    private var indices: [String: Int] = [:]
    /// What to do where nothing is defined at all.
    private var hintWhereEmpty: String?

    /// A registry of which nothing is known, so that nothing is reported as missing.
    static var unreadable: Registry { Registry(names: nil) }

    init(names: Set<String>?, hintWhereEmpty: String? = nil) {
        self.names = names
        self.hintWhereEmpty = hintWhereEmpty
    }

    mutating func add(_ definition: Definition, name: String) {
        indices[name] = definitions.count
        definitions.append(definition)
    }

    func lookup(_ name: String) -> Lookup {
        if let index = indices[name] { return .found(definitions[index]) }
        guard let names else { return .reported }
        return names.contains(name) ? .reported : .unknown
    }

    /// Finds what `text` names, and reports it where it names nothing.
    func resolve(
        _ entry: YAMLEntry?, what: String, code: String, findings: Findings
    ) -> Definition? {
        guard let value = entry?.value, let scalar = value.scalar, !scalar.isWrittenNull else { return nil }
        switch lookup(scalar.text) {
        case .found(let definition): return definition
        case .reported: return nil
        case .unknown:
            findings.error(
                code, "there is no \(what) named \(scalar.shown)", at: value.position,
                hint: hintWhereEmpty ?? ScalarCheck.hint(for: scalar, among: names ?? []))
            return nil
        }
    }
}
