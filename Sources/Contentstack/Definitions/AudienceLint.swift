package import SyncCore

/// Conditions of audiences that no value of an attribute's definition can meet, or that meet more than was meant.
package struct AudienceLint: Sendable {
    package struct Finding: Sendable, Hashable {
        package enum Kind: Sendable, Hashable {
            case neverMet
            /// Also by what its author cannot have meant.
            case metTooOften
        }

        package var kind: Kind
        package var audience: String
        package var attribute: AttributeDefinition
        /// Whole words behind the attribute's name: `is an integer, and the rule compares it with the text "5"`.
        package var reason: String
        /// The rule is turned around, so that it takes everyone in.
        package var isInverted: Bool
    }

    private let definitions: [String: AttributeDefinition]

    /// `attributes` are the project's; rules name them by uid.
    package init(local: [AttributeDefinition], attributes: [RemoteAttribute]) {
        let byKey = Dictionary(local.map { ($0.key, $0) }) { first, _ in first }
        definitions = Dictionary(attributes.compactMap { remote in byKey[remote.key].map { (remote.uid, $0) } }) {
            first, _ in first
        }
    }

    /// In the order of the audiences, each finding once.
    package func findings(in audiences: [RemoteAudience]) -> [Finding] {
        var seen: Set<Finding> = []
        return audiences.flatMap { audience in
            audience.rule.conditions.compactMap { condition in
                guard case .custom(let uid) = condition.subject, let attribute = definitions[uid] else { return nil }
                let never = attribute.reasonAgainst(condition.test)
                guard let reason = never ?? attribute.looseness(of: condition.test) else { return nil }
                let finding = Finding(
                    kind: never == nil ? .metTooOften : .neverMet, audience: audience.name, attribute: attribute,
                    reason: reason, isInverted: condition.isInverted)
                return seen.insert(finding).inserted ? finding : nil
            }
        }
    }
}

extension AttributeDefinition {
    /// Why no value of it meets the condition; nil where one may.
    fileprivate func reasonAgainst(_ test: AudienceCondition.Test) -> String? {
        switch test {
        case .hasAnyValue, .other: return nil
        case .isTrue, .isFalse:
            let wanted = AttributeValue.boolean(test == .isTrue)
            return reason(.boolean, "asks whether it is true or false") ?? reasonOutsideAllowed(wanted)
        // `on_removed: ""` is taken by every type.
        case .equals(""), .contains(""): return nil
        case .equals(let text): return reason(.string, "compares it with the text \"\(text)\"") ?? reasonAgainst(text)
        case .contains(let part):
            return reason(.string, "looks for the text \"\(part)\" in it") ?? reasonAgainst(part: part)
        case .numberEquals(let number):
            return reason(.number, "compares it with a number") ?? reasonOutsideLimits(number)
                ?? reasonOutsideAllowed(.number(number))
        case .isLess(let limit):
            return reason(.number, "compares it with a number")
                ?? limits.minimum.flatMap { $0 >= limit ? "is never less than its min \(Self.text($0))" : nil }
        case .isGreater(let limit):
            return reason(.number, "compares it with a number")
                ?? limits.maximum.flatMap { $0 <= limit ? "is never more than its max \(Self.text($0))" : nil }
        }
    }

    /// Nil where the condition means what it says.
    fileprivate func looseness(of test: AudienceCondition.Test) -> String? {
        guard type == .stringList, case .contains(let part) = test, !part.isEmpty, !part.isListForm else { return nil }
        return "is a list, sent as |a|b|: \"\(part)\" is also part of other items, \"|\(part)|\" is not"
    }

    private enum Shape { case string, number, boolean }

    /// As which JSON type its values are sent.
    private var shape: Shape {
        switch type {
        case .string, .date, .stringList: .string
        case .integer, .number: .number
        case .boolean: .boolean
        case .timestamp: encoding == .iso8601 ? .string : .number
        }
    }

    private func reason(_ wanted: Shape, _ rule: String) -> String? {
        guard shape != wanted else { return nil }
        let sent = shape == .string ? "text" : shape == .number ? "a number" : "true or false"
        return "is sent as \(sent), and the rule \(rule)"
    }

    private func reasonOutsideLimits(_ number: Double) -> String? {
        limits.excess(of: number).map { excess in
            excess == .belowMinimum
                ? "is never less than its min \(Self.text(limits.minimum ?? 0))"
                : "is never more than its max \(Self.text(limits.maximum ?? 0))"
        } ?? (type == .integer && number.rounded() != number ? "is whole, and \(Self.text(number)) is not" : nil)
    }

    private func reasonOutsideAllowed(_ value: AttributeValue) -> String? {
        guard !allowed.isEmpty, !allowed.contains(where: { $0.equals(value) }) else { return nil }
        return "is never that: `allowed` does not have it"
    }

    private func reasonAgainst(_ text: String) -> String? {
        guard type == .stringList else { return reasonOutsideAllowed(.string(text)) }
        guard text.isListForm else { return "is sent as |a|b|, and \"\(text)\" is not of that form" }
        return reasonOfItems(in: text)
    }

    private func reasonAgainst(part: String) -> String? {
        guard !allowed.isEmpty else { return nil }
        if type == .stringList {
            if part.isListForm { return reasonOfItems(in: part) }
            // A part of several items, or of what stands between them.
            if part.contains("|") { return nil }
        }
        let has = allowed.contains { $0.text?.contains(part) == true }
        return has ? nil : "never holds that: no value of `allowed` does"
    }

    /// Of those that stand between two pipes.
    private func reasonOfItems(in text: String) -> String? {
        guard !allowed.isEmpty else { return nil }
        let items = text.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
        let stranger = items.first { item in !allowed.contains { $0.equals(.string(String(item))) } }
        return stranger.map { "never has the item \"\($0)\": `allowed` does not" }
    }

    private static func text(_ number: Double) -> String { AttributeValue.shortestDecimal(number) }
}

extension AttributeValue {
    fileprivate func equals(_ other: AttributeValue) -> Bool {
        if let left = double, let right = other.double { return left == right }
        return self == other
    }
}
