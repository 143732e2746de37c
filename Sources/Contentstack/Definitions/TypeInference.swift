package import SyncCore

/// What the rules of a project's audiences say about the type of an attribute, which Contentstack itself does not keep.
package struct TypeInference: Sendable {
    package enum Verdict: Sendable, Hashable {
        case type(AttributeType)
        /// No rule compares it with anything.
        case unused
        /// Rules that no single type fits: each with the names of its audiences.
        case conflict([AttributeType: [String]])
    }

    /// By uid and type the audiences.
    private var evidence: [String: [AttributeType: [String]]] = [:]
    /// Texts that a rule compares with as a whole: lists are not among them.
    private var comparedTexts: Set<String> = []

    package init(_ audiences: [RemoteAudience]) {
        for audience in audiences {
            for condition in audience.rule.conditions {
                guard case .custom(let uid) = condition.subject, let type = Self.type(of: condition.test) else {
                    continue
                }
                if case .equals = condition.test { comparedTexts.insert(uid) }
                let names = evidence[uid]?[type] ?? []
                if names.last != audience.name { evidence[uid, default: [:]][type] = names + [audience.name] }
            }
        }
    }

    package func verdict(on uid: String) -> Verdict {
        let types = evidence[uid] ?? [:]
        switch Set(types.keys) {
        case []: return .unused
        // A part of a text may be a part of an item.
        case [.string, .stringList] where !comparedTexts.contains(uid): return .type(.stringList)
        case let found: return if let type = found.first, found.count == 1 { .type(type) } else { .conflict(types) }
        }
    }

    /// Nil where any type fits.
    private static func type(of test: AudienceCondition.Test) -> AttributeType? {
        switch test {
        case .isTrue, .isFalse: .boolean
        case .numberEquals, .isLess, .isGreater: .number
        // The empty text is also the empty list.
        case .equals(""): nil
        case .equals: .string
        case .contains(let part): part.isListForm ? .stringList : .string
        case .hasAnyValue, .other: nil
        }
    }
}
