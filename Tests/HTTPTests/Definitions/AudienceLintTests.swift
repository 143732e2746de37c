import Contentstack
import SyncCore
import Testing

/// Which conditions no value of a definition can meet.
@Suite struct AudienceLintTests {
    private static func finding(
        _ type: AttributeType, _ test: AudienceCondition.Test, allowed: [AttributeValue] = [],
        limits: AttributeLimits = AttributeLimits(), encoding: TimestampEncoding = .iso8601, isInverted: Bool = false
    ) -> AudienceLint.Finding? {
        let attribute = AttributeDefinition(
            key: "a", type: type, allowed: allowed, limits: limits, encoding: encoding)
        let lint = AudienceLint(local: [attribute], attributes: [RemoteAttribute(uid: "u", key: "a", name: "A")])
        let condition = AudienceCondition(subject: .custom(uid: "u"), test: test, isInverted: isInverted)
        // Twice, and beside one that nobody here feeds.
        let other = AudienceCondition(subject: .custom(uid: "other"), test: .isTrue)
        let rule = AudienceRule.any([.condition(condition), .all([.condition(condition), .condition(other)])])
        let findings = lint.findings(in: [RemoteAudience(uid: "1", name: "x", rule: rule)])
        #expect(findings.count <= 1)
        return findings.first
    }

    @Test(arguments: [
        (
            AttributeType.string, AudienceCondition.Test.isLess(than: 5),
            "is sent as text, and the rule compares it with a number"
        ),
        (.integer, .equals("5"), "is sent as a number, and the rule compares it with the text \"5\""),
        (.boolean, .equals("true"), "is sent as true or false, and the rule compares it with the text \"true\""),
        (.string, .isTrue, "is sent as text, and the rule asks whether it is true or false"),
        (.timestamp, .isGreater(than: 5), "is sent as text, and the rule compares it with a number"),
        (.integer, .numberEquals(1.5), "is whole, and 1.5 is not"),
        (.stringList, .equals("gold"), "is sent as |a|b|, and \"gold\" is not of that form"),
    ]) func typesThatNeverMeet(type: AttributeType, test: AudienceCondition.Test, reason: String) {
        let finding = Self.finding(type, test)
        #expect(finding?.reason == reason)
        #expect(finding?.kind == .neverMet)
    }

    @Test(arguments: [
        (AttributeType.string, AudienceCondition.Test.equals("x")), (.string, .contains("x")), (.string, .hasAnyValue),
        (.integer, .numberEquals(5)), (.number, .numberEquals(1.5)), (.number, .isLess(than: 0)), (.boolean, .isFalse),
        (.stringList, .contains("|x|")), (.stringList, .equals("|x|")), (.stringList, .equals("")),
        (.integer, .equals("")), (.boolean, .contains("")),
        (.date, .equals("x")),
        (.string, .other(name: "NEW")),
    ]) func typesThatMayMeet(type: AttributeType, test: AudienceCondition.Test) {
        #expect(Self.finding(type, test) == nil)
    }

    @Test func timestampsOfNumbersAreCompared() {
        #expect(Self.finding(.timestamp, .isGreater(than: 5), encoding: .epochSeconds) == nil)
        #expect(Self.finding(.timestamp, .equals("5"), encoding: .epochSeconds) != nil)
    }

    @Test func valuesOutsideAllowed() {
        let allowed: [AttributeValue] = [.string("gold"), .string("silver")]
        #expect(Self.finding(.string, .equals("gold"), allowed: allowed) == nil)
        #expect(
            Self.finding(.string, .equals("Gold"), allowed: allowed)?.reason
                == "is never that: `allowed` does not have it")
        #expect(Self.finding(.string, .contains("old"), allowed: allowed) == nil)
        #expect(
            Self.finding(.string, .contains("OLD"), allowed: allowed)?.reason
                == "never holds that: no value of `allowed` does")
        #expect(Self.finding(.stringList, .contains("|gold|"), allowed: allowed) == nil)
        #expect(
            Self.finding(.stringList, .contains("|bronze|"), allowed: allowed)?.reason
                == "never has the item \"bronze\": `allowed` does not")
        // Parts of several items, and of what stands between them.
        for part in ["gold|", "|gold", "|", "gold|silver"] {
            #expect(Self.finding(.stringList, .contains(part), allowed: allowed)?.kind != .neverMet, "\(part)")
        }
        #expect(Self.finding(.stringList, .contains("bron"), allowed: allowed)?.kind == .neverMet)
        // Compared by bytes, as the rules are.
        #expect(Self.finding(.string, .contains("cafe"), allowed: [.string("cafe\u{301}")]) == nil)
        #expect(Self.finding(.integer, .numberEquals(3), allowed: [.integer(3)]) == nil)
        #expect(Self.finding(.integer, .numberEquals(4), allowed: [.integer(3)]) != nil)
        #expect(Self.finding(.boolean, .isTrue, allowed: [.boolean(false)]) != nil)
    }

    @Test func numbersOutsideTheLimits() {
        let limits = AttributeLimits(minimum: 0, maximum: 10)
        #expect(Self.finding(.number, .numberEquals(10), limits: limits) == nil)
        #expect(Self.finding(.number, .numberEquals(11), limits: limits)?.reason == "is never more than its max 10")
        #expect(Self.finding(.number, .isLess(than: 0.5), limits: limits) == nil)
        #expect(Self.finding(.number, .isLess(than: 0), limits: limits)?.reason == "is never less than its min 0")
        #expect(Self.finding(.number, .isGreater(than: 9), limits: limits) == nil)
        #expect(Self.finding(.number, .isGreater(than: 10), limits: limits)?.reason == "is never more than its max 10")
    }

    @Test func aListWithoutItsPipesIsMetTooOften() {
        let finding = Self.finding(.stringList, .contains("gold"))
        #expect(finding?.kind == .metTooOften)
        #expect(
            finding?.reason
                == "is a list, sent as |a|b|: \"gold\" is also part of other items, \"|gold|\" is not")
    }

    @Test func aRuleThatIsTurnedAroundTakesEveryoneIn() {
        #expect(Self.finding(.integer, .equals("5"), isInverted: true)?.isInverted == true)
    }
}
