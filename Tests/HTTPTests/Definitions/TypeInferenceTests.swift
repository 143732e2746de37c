import Contentstack
import Foundation
import SyncCore
import Testing

/// What audience rules say about types, from the JSON that the management API answers with.
@Suite struct TypeInferenceTests {
    private static func rule(_ condition: String, _ value: String? = nil, on uid: String = "u1") -> String {
        let options = value.map { #","attributeMatchOptions":{"__type":"MatchOptions","value":\#($0)}"# } ?? ""
        return #"{"__type":"Rule","attribute":{"__type":"CustomAttributeReference","ref":"\#(uid)"},"#
            + #""attributeMatchCondition":"\#(condition)"\#(options),"invertCondition":false}"#
    }

    private static func audience(_ name: String, _ rules: String..., combination: String = "AND") -> String {
        #"{"uid":"\#(name)","name":"\#(name)","project":"p","definition":{"__type":"RuleCombination","#
            + #""combinationType":"\#(combination)","rules":[\#(rules.joined(separator: ","))]}}"#
    }

    private static func verdict(_ audiences: String..., on uid: String = "u1") throws -> TypeInference.Verdict {
        let json = "[\(audiences.joined(separator: ","))]"
        return TypeInference(try JSONDecoder().decode([RemoteAudience].self, from: Data(json.utf8))).verdict(on: uid)
    }

    @Test(arguments: [
        ("IS_TRUE", nil, AttributeType.boolean), ("IS_FALSE", nil, .boolean), ("NUMBER_EQUAL_TO", "5", .number),
        ("NUMBER_LESS_THAN", "-1.5", .number), ("NUMBER_GREATER_THAN", "1e3", .number),
        ("STRING_EQUALS", #""gold""#, .string), ("CONTAINS_SUBSTRING", #""old""#, .string),
        ("CONTAINS_SUBSTRING", #""|gold|""#, .stringList), ("CONTAINS_SUBSTRING", #""||""#, .string),
    ]) func aRuleHasAType(condition: String, value: String?, type: AttributeType) throws {
        #expect(try Self.verdict(Self.audience("a", Self.rule(condition, value))) == .type(type))
    }

    @Test(arguments: [
        ("HAS_ANY_VALUE", nil), ("STRING_EQUALS", #""""#), ("BEFORE_TIME", #"{"at":"2026-01-01"}"#), ("NEW_ONE", "5"),
    ]) func whatAnyTypeFitsSaysNothing(condition: String, value: String?) throws {
        #expect(try Self.verdict(Self.audience("a", Self.rule(condition, value))) == .unused)
    }

    @Test func listsMayBeSearchedAndEmpty() throws {
        let verdict = try Self.verdict(
            Self.audience("a", Self.rule("CONTAINS_SUBSTRING", #""|gold|""#), Self.rule("STRING_EQUALS", #""""#)),
            Self.audience("b", Self.rule("CONTAINS_SUBSTRING", #""gol""#)))
        #expect(verdict == .type(.stringList))
    }

    @Test func conflictsNameTheirAudiences() throws {
        let nested =
            #"{"__type":"RuleCombination","combinationType":"OR","rules":["#
            + "\(Self.rule("NUMBER_LESS_THAN", "3")),\(Self.rule("NUMBER_GREATER_THAN", "8"))]}"
        #expect(
            try Self.verdict(
                Self.audience("low", nested, Self.rule("IS_TRUE", on: "u2")), Self.audience("on", Self.rule("IS_TRUE")))
                == .conflict([.number: ["low"], .boolean: ["on"]]))
        let texts = try Self.verdict(
            Self.audience("list", Self.rule("CONTAINS_SUBSTRING", #""|gold|""#)),
            Self.audience("text", Self.rule("STRING_EQUALS", #""gold""#)))
        #expect(texts == .conflict([.stringList: ["list"], .string: ["text"]]))
    }

    @Test func rulesOfOthersSayNothing() throws {
        let preset =
            #"{"__type":"Rule","attribute":{"__type":"PresetAttributeReference","ref":"u1"},"#
            + #""attributeMatchCondition":"STRING_EQUALS","attributeMatchOptions":{"value":"x"}}"#
        let unknown = #"{"__type":"Rule","attribute":{"__type":"NewReference"},"attributeMatchCondition":"IS_TRUE"}"#
        #expect(try Self.verdict(Self.audience("a", preset, unknown)) == .unused)
        #expect(try Self.verdict(Self.audience("a", Self.rule("IS_TRUE", on: "u2"))) == .unused)
    }

    @Test(arguments: [
        #"{"__type":"RuleCombination","combinationType":"XOR","rules":[]}"#,
        rule("NUMBER_EQUAL_TO", #""5""#), rule("STRING_EQUALS"), #"{"__type":"Rule"}"#, "[]",
    ]) func whatIsNoRuleIsIllegible(definition: String) throws {
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(AudienceRule.self, from: Data(definition.utf8))
        }
        // One audience must not hide the others.
        let json = #"[{"uid":"a","name":"a","definition":\#(definition)}]"#
        #expect(try JSONDecoder().decode([RemoteAudience].self, from: Data(json.utf8)).map(\.rule) == [.illegible])
    }

    @Test func attributesOfBothAges() throws {
        let json =
            #"[{"uid":"5f","key":"tier","name":"Tier","description":"d","__type":"CUSTOM","project":"p"},"#
            + #"{"_id":"5e","key":"old","name":"Old"},{"uid":"COUNTRY","key":"-","name":"Country","__type":"PRESET"}]"#
        let attributes = try JSONDecoder().decode([RemoteAttribute].self, from: Data(json.utf8))
        #expect(
            attributes == [
                RemoteAttribute(uid: "5f", key: "tier", name: "Tier", description: "d"),
                RemoteAttribute(uid: "5e", key: "old", name: "Old"),
                RemoteAttribute(uid: "COUNTRY", key: "-", name: "Country", isPreset: true),
            ])
    }
}
