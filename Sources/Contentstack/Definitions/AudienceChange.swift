/// What a write to one user means for one audience.
package enum AudienceChange: Sendable, Hashable {
    case none
    case enters, leaves
    /// The write changes what the rules look at, and what else they look at is not known.
    case undecided
}

extension RemoteAudience {
    /// `before` and `after` give what is known of the user's attributes by uid, `changed` the uids of those whose value
    /// changes.
    package func change(
        changed: Set<String>, before: (_ uid: String) -> KnownValue, after: (_ uid: String) -> KnownValue
    ) -> AudienceChange {
        let isLookedAt = rule.conditions.contains { condition in
            if case .custom(let uid) = condition.subject { changed.contains(uid) } else { false }
        }
        guard isLookedAt else { return .none }
        return switch (rule.membership(before), rule.membership(after)) {
        case (.outsider, .member): .enters
        case (.member, .outsider): .leaves
        case (.undecided, _), (_, .undecided): .undecided
        case (.member, .member), (.outsider, .outsider): .none
        }
    }
}
