/// An audience's `definition`, checked as far as Contentstack is known to check it.
struct AudienceRules: Sendable {
    /// Why it is refused: a code of Contentstack's style, or its own words where they are known.
    struct Refusal: Error { var code: String }

    private static let maximumRules = 50
    private static let maximumDepth = 20

    /// As it was sent.
    let literal: String
    /// The uids of the project's own attributes that rules ask for.
    private(set) var customAttributes: Set<String> = []
    private var count = 0

    init(_ json: RawJSON) throws(Refusal) {
        literal = json.literal
        guard try Self.text(Self.members(of: json)["__type"]) == "RuleCombination" else { throw Self.invalid }
        try read(json, depth: 0)
        if count > Self.maximumRules { throw Refusal(code: "personalize.AUDIENCES.RULE_COUNT_EXCEEDED") }
    }

    private static let invalid = Refusal(code: "personalize.AUDIENCES.INVALID_DEFINITION")

    private mutating func read(_ json: RawJSON, depth: Int) throws(Refusal) {
        guard depth < Self.maximumDepth else { throw Self.invalid }
        let members = try Self.members(of: json)
        switch try Self.text(members["__type"]) {
        case "RuleCombination":
            guard let combination = try Self.text(members["combinationType"]), ["AND", "OR"].contains(combination),
                let rules = try? members["rules"]?.elements()
            else { throw Self.invalid }
            for rule in rules { try read(rule, depth: depth + 1) }
        case "Rule":
            count += 1
            try readRule(members)
        default: throw Self.invalid
        }
    }

    private mutating func readRule(_ members: [String: RawJSON]) throws(Refusal) {
        guard let attribute = members["attribute"], let condition = try Self.text(members["attributeMatchCondition"])
        else { throw Self.invalid }
        let reference = try Self.members(of: attribute)
        guard let kind = try Self.text(reference["__type"]), let uid = try Self.text(reference["ref"]) else {
            throw Self.invalid
        }
        if kind == "CustomAttributeReference" || kind == "UserAttributeReference" { customAttributes.insert(uid) }
        let value: RawJSON? =
            if let options = members["attributeMatchOptions"], options.kind != .null {
                try Self.members(of: options)["value"]
            } else {
                nil
            }
        let wanted: RawJSON.Kind
        switch condition {
        case "STRING_EQUALS", "CONTAINS_SUBSTRING": wanted = .string
        case "NUMBER_EQUAL_TO", "NUMBER_LESS_THAN", "NUMBER_GREATER_THAN": wanted = .number
        default: return
        }
        guard value?.kind == wanted else {
            throw Refusal(code: "valid matchOptions is required for \(condition) condition")
        }
    }

    private static func members(of json: RawJSON) throws(Refusal) -> [String: RawJSON] {
        guard let members = try? json.members() else { throw invalid }
        return Dictionary(members.map { ($0.key, $0.value) }) { $1 }
    }

    private static func text(_ json: RawJSON?) throws(Refusal) -> String? {
        guard let json else { return nil }
        do { return try json.text() } catch { throw invalid }
    }
}
