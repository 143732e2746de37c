package import SyncCore

/// What models/attributes.yml and the project's own definitions lack of each other.
package struct DefinitionComparison: Sendable {
    /// Of the file, and not of the project: the edge takes its values without a word, and no rule can use them.
    package struct Undefined: Sendable, Hashable {
        package var attribute: AttributeDefinition
        /// A key of the project that differs in case, `-` or `_` only.
        package var nearMiss: String?
    }

    /// Of the project, and not of the file.
    package struct Unlisted: Sendable, Hashable {
        package var attribute: RemoteAttribute
        package var verdict: TypeInference.Verdict
    }

    /// Rules compare it with what the file's type never is.
    package struct Mistyped: Sendable, Hashable {
        package var attribute: AttributeDefinition
        package var verdict: TypeInference.Verdict
    }

    /// Contentstack's limit of custom attributes a project, which it raises to 1000 when asked (contentstack.md 1).
    package static let standardLimit = 100

    package private(set) var undefined: [Undefined] = []
    package private(set) var unlisted: [Unlisted] = []
    package private(set) var mistyped: [Mistyped] = []
    /// How many custom attributes the project has.
    package let customCount: Int

    /// Everything is in the order of its own side.
    package init(local: [AttributeDefinition], remote: [RemoteAttribute], audiences: [RemoteAudience]) {
        let custom = remote.filter { !$0.isPreset }
        let inference = TypeInference(audiences)
        let byKey = Dictionary(custom.map { ($0.key, $0) }) { first, _ in first }
        let listed = Set(local.map(\.key))
        let spare = Dictionary(grouping: custom.filter { !listed.contains($0.key) }) { Self.folded($0.key) }
        customCount = custom.count
        for attribute in local {
            guard let twin = byKey[attribute.key] else {
                let nearMiss = spare[Self.folded(attribute.key)]?.first?.key
                undefined.append(Undefined(attribute: attribute, nearMiss: nearMiss))
                continue
            }
            let verdict = inference.verdict(on: twin.uid)
            if !attribute.fits(verdict) { mistyped.append(Mistyped(attribute: attribute, verdict: verdict)) }
        }
        for attribute in custom where !listed.contains(attribute.key) {
            unlisted.append(Unlisted(attribute: attribute, verdict: inference.verdict(on: attribute.uid)))
        }
    }

    /// The same of some of the file's attributes; what is a near miss depends on all of them.
    package func only(_ keys: Set<String>) -> DefinitionComparison {
        var some = self
        some.undefined.removeAll { !keys.contains($0.attribute.key) }
        some.mistyped.removeAll { !keys.contains($0.attribute.key) }
        return some
    }

    package var isEqual: Bool { undefined.isEmpty && unlisted.isEmpty }

    /// What `push` would create: not what only looks new.
    package var creatable: [AttributeDefinition] { undefined.filter { $0.nearMiss == nil }.map(\.attribute) }

    /// How many attributes the project would have above the standard limit, once all were created. A project that is above
    /// it already has another.
    package var excess: Int {
        customCount > Self.standardLimit ? 0 : max(0, customCount + creatable.count - Self.standardLimit)
    }

    private static func folded(_ key: String) -> String { key.lowercased().filter { $0 != "-" && $0 != "_" } }
}

extension AttributeDefinition {
    /// Rules that disagree with each other no type would fit.
    fileprivate func fits(_ verdict: TypeInference.Verdict) -> Bool {
        guard case .type(let wanted) = verdict else { return true }
        return switch type {
        case .integer, .number: wanted == .number
        case .boolean: wanted == .boolean
        case .string, .date: wanted == .string
        case .stringList: wanted == .stringList
        case .timestamp: wanted == (encoding == .iso8601 ? .string : .number)
        }
    }
}

extension TypeInference.Verdict {
    /// What `pull` writes; of what no rule says, or rules say two things of, any text may be a value.
    package var writtenType: AttributeType {
        if case .type(let type) = self { type } else { .string }
    }

    /// Why, for whoever reads the file; nil where the rules agree.
    package var doubt: String? {
        switch self {
        case .type: nil
        case .unused: "no audience rule uses it, so that its type is a guess"
        case .conflict(let audiences):
            "rules disagree: "
                + audiences.sorted { $0.key.rawValue < $1.key.rawValue }
                .map { "\($0.key.rawValue) in \($0.value.joined(separator: ", "))" }.joined(separator: "; ")
        }
    }
}
