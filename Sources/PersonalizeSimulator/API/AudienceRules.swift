/// An audience's `definition`, checked as far as Contentstack is known to check it.
struct AudienceRules: Sendable {
    /// Why it is refused: a code of Contentstack's style, or its own words where they are known.
    struct Refusal: Error { var code: String }

    private static let maximumRules = 50
    private static let maximumDepth = 20

    /// As it was sent.
    let literal: String
    let root: AudienceRule
    /// The uids of the project's own attributes that rules ask for.
    let customAttributes: Set<String>

    init(_ json: RawJSON) throws(Refusal) {
        literal = json.literal
        guard try Self.text(Self.members(of: json)["__type"]) == "RuleCombination" else { throw Self.invalid }
        var (customAttributes, count): (Set<String>, Int) = ([], 0)
        root = try Self.read(json, depth: 0, &customAttributes, &count)
        if count > Self.maximumRules { throw Refusal(code: "personalize.AUDIENCES.RULE_COUNT_EXCEEDED") }
        self.customAttributes = customAttributes
    }

    private static let invalid = Refusal(code: "personalize.AUDIENCES.INVALID_DEFINITION")

    private static func read(
        _ json: RawJSON, depth: Int, _ customAttributes: inout Set<String>, _ count: inout Int
    ) throws(Refusal) -> AudienceRule {
        guard depth < maximumDepth else { throw invalid }
        let members = try Self.members(of: json)
        switch try Self.text(members["__type"]) {
        case "RuleCombination":
            guard let combination = try text(members["combinationType"]), ["AND", "OR"].contains(combination),
                let elements = try? members["rules"]?.elements()
            else { throw invalid }
            var rules: [AudienceRule] = []
            for element in elements { rules.append(try read(element, depth: depth + 1, &customAttributes, &count)) }
            return combination == "AND" ? .all(rules) : .any(rules)
        case "Rule":
            count += 1
            let (reference, condition) = (try Self.reference(members), try Self.condition(members))
            if case .custom(let uid) = reference { customAttributes.insert(uid) }
            let inverted = members["invertCondition"]
            guard inverted == nil || inverted?.kind == .boolean else { throw invalid }
            return .rule(reference, condition, isInverted: inverted?.boolean ?? false)
        default: throw invalid
        }
    }

    private static func reference(_ rule: [String: RawJSON]) throws(Refusal) -> AttributeReference {
        guard let attribute = rule["attribute"] else { throw invalid }
        let members = try Self.members(of: attribute)
        guard let kind = try text(members["__type"]), let name = try text(members["ref"]) else { throw invalid }
        return switch kind {
        // The second is the first's name of earlier days.
        case "CustomAttributeReference", "UserAttributeReference": .custom(name)
        case "PresetAttributeReference": .preset(name)
        case "LyticsAttributeReference": .lytics(name)
        default: .other
        }
    }

    private static func condition(_ rule: [String: RawJSON]) throws(Refusal) -> AttributeCondition {
        guard let name = try text(rule["attributeMatchCondition"]) else { throw invalid }
        var options: [String: RawJSON] = [:]
        if let given = rule["attributeMatchOptions"], given.kind != .null { options = try Self.members(of: given) }
        do { return try AttributeCondition(name, options: options) } catch {
            throw Refusal(code: "valid matchOptions is required for \(name) condition")
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
