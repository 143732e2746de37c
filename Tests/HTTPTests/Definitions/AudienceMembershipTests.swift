import Contentstack
import SyncCore
import Testing

@Suite struct AudienceMembershipTests {
    private static func condition(_ test: AudienceCondition.Test, inverted: Bool = false) -> AudienceRule {
        .condition(AudienceCondition(subject: .custom(uid: "u1"), test: test, isInverted: inverted))
    }
    private static let country = AudienceRule.condition(
        AudienceCondition(subject: .preset("COUNTRY"), test: .equals("DE")))

    private static let values: [AttributeValue?] = [
        nil, .null, .boolean(true), .boolean(false), .integer(5), .number(5), .number(4.5), .string(""), .string("5"),
        .string("true"), .string("gold"), .string("|gold|new|"),
    ]

    /// Which of `values`, by their places, are members.
    @Test(arguments: [
        (AudienceCondition.Test.hasAnyValue, [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]), (.isTrue, [2]), (.isFalse, [3]),
        (.equals(""), [7]), (.equals("5"), [8]), (.equals("gold"), [10]), (.equals("Gold"), []),
        (.contains("gold"), [10, 11]), (.contains("|gold|"), [11]), (.contains("old|n"), [11]),
        (.contains(""), [7, 8, 9, 10, 11]), (.numberEquals(5), [4, 5]), (.isLess(than: 5), [6]),
        (.isGreater(than: 4.5), [4, 5]),
    ]) func aConditionHasItsMembers(test: AudienceCondition.Test, members: [Int]) {
        for (place, value) in Self.values.enumerated() {
            let isMember = members.contains(place)
            let shown = "\(test) of \(String(describing: value))"
            #expect(
                Self.condition(test).membership { _ in .value(value ?? .null) } == (isMember ? .member : .outsider),
                "\(shown)")
            #expect(
                Self.condition(test, inverted: true).membership { _ in .value(value ?? .null) }
                    == (isMember ? .outsider : .member),
                "not \(shown)")
        }
    }

    @Test func spellingsOfALetterDiffer() {
        let composed = AttributeValue.string("caf\u{E9}")
        #expect(Self.condition(.equals("cafe\u{301}")).membership { _ in .value(composed) } == .outsider)
        #expect(Self.condition(.contains("e\u{301}")).membership { _ in .value(composed) } == .outsider)
        #expect(Self.condition(.contains("\u{E9}")).membership { _ in .value(composed) } == .member)
    }

    @Test func oneRuleDecidesWhateverTheVisitSays() {
        let (yes, no) = (Self.condition(.isTrue), Self.condition(.isFalse))
        func of(_ rule: AudienceRule) -> AudienceMembership { rule.membership { _ in .value(.boolean(true)) } }
        #expect(of(.all([yes, Self.country])) == .undecided)
        #expect(of(.all([Self.country, no])) == .outsider)
        #expect(of(.any([Self.country, yes])) == .member)
        #expect(of(.any([no, Self.country])) == .undecided)
        #expect(of(.all([yes, .any([no, .all([yes, yes])])])) == .member)
        #expect(of(.any([no, .all([yes, .any([])])])) == .outsider)
        #expect(of(.all([])) == .member)
        #expect(of(.any([])) == .outsider)
    }

    @Test(arguments: [
        AudienceCondition(subject: .lytics("LYTICS_AUDIENCE"), test: .other(name: "IS_MEMBER_OF")),
        AudienceCondition(subject: .other(kind: "New"), test: .isTrue, isInverted: true),
        AudienceCondition(subject: .custom(uid: "u1"), test: .other(name: "BEFORE_TIME")),
        AudienceCondition(subject: .custom(uid: "u1"), test: .other(name: "BEFORE_TIME"), isInverted: true),
    ]) func whatIsNotKnownIsNotGuessed(condition: AudienceCondition) {
        #expect(AudienceRule.condition(condition).membership { _ in .value(.boolean(true)) } == .undecided)
    }

    @Test func eachAttributeHasItsOwnValue() {
        let rule = AudienceRule.all([
            Self.condition(.isTrue), .condition(AudienceCondition(subject: .custom(uid: "u2"), test: .equals("x"))),
        ])
        #expect(rule.membership { .value(["u1": .boolean(true), "u2": .string("x")][$0] ?? .null) } == .member)
        #expect(rule.membership { .value(["u1": .boolean(true)][$0] ?? .null) } == .outsider)
    }
}
