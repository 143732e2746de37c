import Foundation
import TestKit

/// An audience of random rules over the attributes of `AudienceImpactTests`, as Contentstack's API takes it.
struct RandomAudience {
    /// Some condition asks for what only a visit tells, or for what no sync writes.
    private(set) var isOpen = false
    private(set) var definition = ""
    private let uids: [String: String]

    /// `uids` are those of the definitions by key.
    init(uids: [String: String], using random: inout SeededGenerator) {
        self.uids = uids
        definition = combination(depth: 0, using: &random)
    }

    private mutating func combination(depth: Int, using random: inout SeededGenerator) -> String {
        let count = Int.random(in: depth == 0 ? 1...3 : 0...3, using: &random)
        var rules: [String] = []
        for _ in 0..<count {
            let nests = depth < 2 && Int.random(in: 0..<4, using: &random) == 0
            rules.append(nests ? combination(depth: depth + 1, using: &random) : rule(using: &random))
        }
        let kind = Bool.random(using: &random) ? "AND" : "OR"
        return #"{"__type":"RuleCombination","combinationType":"\#(kind)","rules":[\#(rules.joined(separator: ","))]}"#
    }

    private mutating func rule(using random: inout SeededGenerator) -> String {
        let isInverted = Int.random(in: 0..<3, using: &random) == 0
        if Int.random(in: 0..<12, using: &random) == 0 {
            isOpen = true
            return Self.text(
                "PresetAttributeReference", "COUNTRY", "STRING_EQUALS", "\"DE\"", isInverted)
        }
        let key = uids.keys.sorted().randomElement(using: &random) ?? ""
        if key == "foreign" { isOpen = true }
        let (condition, value) = Self.condition(on: key, using: &random)
        return Self.text("CustomAttributeReference", uids[key] ?? "", condition, value, isInverted)
    }

    /// Mostly one of the attribute's own type.
    private static func condition(
        on key: String, using random: inout SeededGenerator
    ) -> (name: String, value: String?) {
        let texts = ["\"gold\"", "\"silver\"", "\"\"", "\"g\"", "\"|a|\"", "\"|b|\"", "\"a\"", "\"5\"", "\"true\""]
        let numbers = ["0", "5", "5.5", "10", "-1"]
        let any: (String, String?) = ("HAS_ANY_VALUE", nil)
        let flags: [(String, String?)] = [("IS_TRUE", nil), ("IS_FALSE", nil)]
        let texted = ["STRING_EQUALS", "CONTAINS_SUBSTRING"].map { ($0, texts.randomElement(using: &random)) }
        let numbered = ["NUMBER_EQUAL_TO", "NUMBER_LESS_THAN", "NUMBER_GREATER_THAN"].map {
            ($0, numbers.randomElement(using: &random))
        }
        let fitting: [(String, String?)] =
            switch key {
            case "points": numbered
            case "active": flags
            default: texted
            }
        let choices = Int.random(in: 0..<5, using: &random) == 0 ? flags + texted + numbered + [any] : fitting
        return choices.randomElement(using: &random) ?? any
    }

    private static func text(
        _ kind: String, _ ref: String, _ condition: String, _ value: String?, _ isInverted: Bool
    ) -> String {
        let options = value.map { #","attributeMatchOptions":{"__type":"MatchOptions","value":\#($0)}"# } ?? ""
        return #"{"__type":"Rule","attribute":{"__type":"\#(kind)","ref":"\#(ref)"},"#
            + #""attributeMatchCondition":"\#(condition)"\#(options),"invertCondition":\#(isInverted)}"#
    }
}
