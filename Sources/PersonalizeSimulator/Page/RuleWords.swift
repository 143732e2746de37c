import Foundation

/// An audience's rules as a person reads them.
struct RuleWords {
    /// The keys of the project's own attributes, by uid.
    var keys: [String: String]
    /// Whose answer stands beside each rule; nil: nobody's.
    var visitor: Visitor?

    func html(_ rule: AudienceRule) -> HTML { "<div class=\"rules\">\(words(rule))</div>" }

    private func words(_ rule: AudienceRule) -> HTML {
        switch rule {
        case .all(let rules) where rules.isEmpty: "Everyone\(answer(rule))"
        case .any(let rules) where rules.isEmpty: "Nobody\(answer(rule))"
        case .all(let rules), .any(let rules):
            if rules.count == 1 { words(rules[0]) } else { list(rules, isAll: rule.isAll) }
        case .rule(.other, _, _): "An attribute of a kind that the simulator cannot decide: nobody\(answer(rule))"
        case .rule(let reference, .undecidable, _):
            "\(name(reference)) meets a condition that the simulator cannot decide: nobody\(answer(rule))"
        case .rule(let reference, let condition, let isInverted):
            "\(name(reference)) \(isInverted ? condition.opposite : condition.words)\(answer(rule))"
        }
    }

    private func list(_ rules: [AudienceRule], isAll: Bool) -> HTML {
        let items = rules.map { rule -> HTML in "<li>\(words(rule))</li>" }
        let title: HTML = isAll ? "All of these:" : "Any of these:"
        return "\(title)<ul>\(items)</ul>"
    }

    private func name(_ reference: AttributeReference) -> HTML {
        switch reference {
        case .custom(let uid):
            keys[uid].map { "<code>\($0)</code>" } ?? "An attribute that is gone (<code>\(uid)</code>)"
        case .preset(let constant): "<span class=\"preset\">\(Self.readable(constant))</span>"
        case .lytics(let constant): "<span class=\"preset\">\(Self.readable(constant)) of Lytics</span>"
        case .other: "Something"
        }
    }

    /// `DEVICE_TYPE` as `Device type`.
    private static func readable(_ constant: String) -> String {
        let words = constant.lowercased().replacing("_", with: " ")
        return words.prefix(1).uppercased() + words.dropFirst()
    }

    private func answer(_ rule: AudienceRule) -> HTML {
        guard let visitor else { return "" }
        return rule.takes(visitor)
            ? " <span class=\"mark good\">✓ holds</span>" : " <span class=\"mark\">✗ does not hold</span>"
    }
}

extension AudienceRule {
    fileprivate var isAll: Bool { if case .all = self { true } else { false } }
}

extension AttributeCondition {
    fileprivate var words: HTML {
        switch self {
        case .isSet: "has a value"
        case .equalsText(let text): "is \(Self.quoted(text))"
        case .containsText(let text): "contains \(Self.quoted(text))"
        case .isBoolean(let boolean): boolean ? "is true" : "is false"
        case .equalsNumber(let number): "equals \(Self.shown(number))"
        case .isBelow(let limit): "is less than \(Self.shown(limit))"
        case .isAbove(let limit): "is greater than \(Self.shown(limit))"
        case .isBefore(let time): "is before \(Self.shown(time))"
        case .isAfter(let time): "is after \(Self.shown(time))"
        case .isBetween(let first, let last): "is from \(Self.shown(first)) to \(Self.shown(last))"
        case .hasParameters(let parameters):
            "has \(Self.quoted(parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "&")))"
        case .hasMember(let item): "has the item \(Self.quoted(item))"
        case .undecidable: "meets a condition that nobody can decide"
        }
    }

    /// An inverted rule holds also for whoever does not have the attribute.
    fileprivate var opposite: HTML {
        switch self {
        case .isSet: "has no value"
        case .equalsText(let text): "is not \(Self.quoted(text)), or has no value"
        case .containsText(let text): "does not contain \(Self.quoted(text)), or has no value"
        case .isBoolean(let boolean): "is not \(boolean ? "true" : "false"), or has no value"
        case .equalsNumber(let number): "does not equal \(Self.shown(number)), or has no value"
        case .isBelow(let limit): "is not less than \(Self.shown(limit)), or has no value"
        case .isAbove(let limit): "is not greater than \(Self.shown(limit)), or has no value"
        case .hasMember(let item): "does not have the item \(Self.quoted(item)), or has no value"
        default: "is none of which holds: \(words)"
        }
    }

    private static func quoted(_ text: String) -> HTML { "<code>\(JSONText.quoted(text))</code>" }

    private static func shown(_ number: Double) -> HTML {
        if let whole = Int(exactly: number) { return "<code>\(String(whole))</code>" }
        return "<code>\(String(number))</code>"
    }

    private static func shown(_ time: Date) -> HTML { "<code>\(LoggedRequest.text(of: time))</code>" }
}

extension SimulatorState {
    func ruleWords(in project: String, for visitor: Visitor? = nil) -> RuleWords {
        let keys = definitions.custom.all(of: project).map { ($0.uid, $0.key) }
        return RuleWords(keys: Dictionary(keys) { $1 }, visitor: visitor)
    }
}
