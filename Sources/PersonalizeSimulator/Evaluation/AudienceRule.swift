/// What a rule asks about.
enum AttributeReference: Sendable, Equatable {
    /// Known from the request, by its constant.
    case preset(String)
    /// One of the project's own attributes, by its uid.
    case custom(String)
    /// What Lytics has written, by its constant.
    case lytics(String)
    case other
}

/// An audience's rules, read and ready to be asked.
indirect enum AudienceRule: Sendable {
    /// Without rules it takes everyone in.
    case all([AudienceRule])
    /// Without rules it takes nobody in.
    case any([AudienceRule])
    case rule(AttributeReference, AttributeCondition, isInverted: Bool)

    func takes(_ visitor: Visitor) -> Bool {
        switch self {
        case .all(let rules): rules.allSatisfy { $0.takes(visitor) }
        case .any(let rules): rules.contains { $0.takes(visitor) }
        // What nobody knows how to decide takes nobody in, inverted or not.
        case .rule(.other, _, _), .rule(_, .undecidable, _): false
        case .rule(let reference, let condition, let isInverted):
            condition.holds(for: visitor.value(of: reference)) != isInverted
        }
    }
}
