package import SyncCore

/// Whether an audience takes a user in, as far as what is known of the user's attributes says.
package enum AudienceMembership: Sendable, Hashable {
    case member, outsider
    /// The rules ask for what only a visit tells: the device, the country, Lytics, or what this version does not know;
    /// or for a value that is not known.
    case undecided

    fileprivate init(_ isMember: Bool) { self = isMember ? .member : .outsider }

    fileprivate init(_ isMember: Bool?) { self = isMember.map { $0 ? .member : .outsider } ?? .undecided }

    fileprivate var inverted: AudienceMembership {
        switch self {
        case .member: .outsider
        case .outsider: .member
        case .undecided: .undecided
        }
    }
}

/// What is known of a user's attribute.
package enum KnownValue: Sendable {
    /// `.null` of one that is not set.
    case value(AttributeValue)
    /// Not null; whether it is a certain value can be told, what it is cannot.
    case hidden(equals: @Sendable (AttributeValue) -> Bool)
    case unknown
}

extension AudienceRule {
    /// `values` gives what is known of a user's attribute, by the uid of its definition.
    ///
    /// Contentstack does not document whether a rule converts: here a number is no text, and a text no number.
    /// Of no rules at all everyone is `all`, nobody `any`.
    package func membership(_ values: (_ uid: String) -> KnownValue) -> AudienceMembership {
        switch self {
        case .condition(let condition): return condition.membership(values)
        case .all(let rules): return Self.combine(rules, decidedBy: .outsider, else: .member, values)
        case .any(let rules): return Self.combine(rules, decidedBy: .member, else: .outsider, values)
        }
    }

    /// One rule may decide, whatever the others cannot tell.
    private static func combine(
        _ rules: [AudienceRule], decidedBy decision: AudienceMembership, else rest: AudienceMembership,
        _ values: (String) -> KnownValue
    ) -> AudienceMembership {
        var isOpen = false
        for rule in rules {
            switch rule.membership(values) {
            case decision: return decision
            case .undecided: isOpen = true
            case .member, .outsider: break
            }
        }
        return isOpen ? .undecided : rest
    }
}

extension AudienceCondition {
    fileprivate func membership(_ values: (String) -> KnownValue) -> AudienceMembership {
        guard case .custom(let uid) = subject else { return .undecided }
        let membership =
            switch values(uid) {
            case .value(let value): membership(of: value)
            case .hidden(let equals): AudienceMembership(isMet(byHidden: equals))
            case .unknown: AudienceMembership.undecided
            }
        return isInverted ? membership.inverted : membership
    }

    private func membership(of value: AttributeValue) -> AudienceMembership {
        switch test {
        case .hasAnyValue: .init(!value.isNull)
        case .isTrue: .init(value == .boolean(true))
        case .isFalse: .init(value == .boolean(false))
        case .equals(let text): .init(value.text.map { $0.elementsEqual(text.utf8) } ?? false)
        case .contains(let part): .init(value.text.map { $0.contains(part) } ?? false)
        case .numberEquals(let number): .init(value.double == number)
        case .isLess(let limit): .init(value.double.map { $0 < limit } ?? false)
        case .isGreater(let limit): .init(value.double.map { $0 > limit } ?? false)
        case .other: .undecided
        }
    }

    /// Nil where that would take the value itself.
    private func isMet(byHidden equals: (AttributeValue) -> Bool) -> Bool? {
        switch test {
        case .hasAnyValue: true
        case .isTrue: equals(.boolean(true))
        case .isFalse: equals(.boolean(false))
        case .equals(let text): equals(.string(text))
        case .numberEquals(let number):
            Int64(exactly: number).map { equals(.integer($0)) } ?? equals(.number(number))
        case .contains, .isLess, .isGreater, .other: nil
        }
    }
}
