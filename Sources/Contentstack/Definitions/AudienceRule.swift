/// Whom an audience takes in: Contentstack's `definition`, a tree of conditions.
package indirect enum AudienceRule: Sendable, Hashable {
    case all([AudienceRule])
    case any([AudienceRule])
    case condition(AudienceCondition)

    /// None, or of a form that this version does not know.
    package static let illegible = AudienceRule.condition(
        AudienceCondition(subject: .other(kind: "illegible"), test: .other(name: "illegible")))

    /// Every condition of the tree, in its order.
    package var conditions: [AudienceCondition] {
        switch self {
        case .all(let rules), .any(let rules): rules.flatMap(\.conditions)
        case .condition(let condition): [condition]
        }
    }
}

/// One condition on one attribute.
package struct AudienceCondition: Sendable, Hashable {
    package enum Subject: Sendable, Hashable {
        /// By the uid of its definition, which its key does not say.
        case custom(uid: String)
        /// Computed of the visit: `DEVICE_TYPE`, `COUNTRY` …
        case preset(String)
        /// `LYTICS_AUDIENCE`, `LYTICS_FLOW_STATE`.
        case lytics(String)
        /// A kind that Contentstack has introduced since.
        case other(kind: String)
    }

    package enum Test: Sendable, Hashable {
        case hasAnyValue
        case isTrue, isFalse
        case equals(String)
        case contains(String)
        case numberEquals(Double)
        case isLess(than: Double)
        case isGreater(than: Double)
        /// Conditions that only presets and Lytics have, and those that Contentstack has introduced since.
        case other(name: String)
    }

    package var subject: Subject
    package var test: Test
    /// Contentstack's only negation.
    package var isInverted: Bool

    package init(subject: Subject, test: Test, isInverted: Bool = false) {
        self.subject = subject
        self.test = test
        self.isInverted = isInverted
    }
}

// MARK: As Contentstack writes it (contentstack.md 3)

extension AudienceRule: Decodable {
    private enum Key: String, CodingKey {
        case kind = "__type"
        case combinationType, rules
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        guard try container.decode(String.self, forKey: .kind) == "RuleCombination" else {
            self = .condition(try AudienceCondition(from: decoder))
            return
        }
        let rules = try container.decode([AudienceRule].self, forKey: .rules)
        switch try container.decode(String.self, forKey: .combinationType) {
        case "AND": self = .all(rules)
        case "OR": self = .any(rules)
        case let other:
            throw DecodingError.dataCorruptedError(
                forKey: .combinationType, in: container, debugDescription: "`\(other)` is neither AND nor OR")
        }
    }
}

extension AudienceCondition: Decodable {
    private enum Key: String, CodingKey {
        case attribute, attributeMatchCondition, attributeMatchOptions, invertCondition
    }
    private enum OptionsKey: String, CodingKey { case value }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        subject = try container.decode(Subject.self, forKey: .attribute)
        isInverted = try container.decodeIfPresent(Bool.self, forKey: .invertCondition) ?? false
        let name = try container.decode(String.self, forKey: .attributeMatchCondition)
        func value<Value: Decodable>(_ type: Value.Type) throws -> Value {
            try container.nestedContainer(keyedBy: OptionsKey.self, forKey: .attributeMatchOptions)
                .decode(type, forKey: .value)
        }
        test =
            switch name {
            case "HAS_ANY_VALUE": .hasAnyValue
            case "IS_TRUE": .isTrue
            case "IS_FALSE": .isFalse
            case "STRING_EQUALS": .equals(try value(String.self))
            case "CONTAINS_SUBSTRING": .contains(try value(String.self))
            case "NUMBER_EQUAL_TO": .numberEquals(try value(Double.self))
            case "NUMBER_LESS_THAN": .isLess(than: try value(Double.self))
            case "NUMBER_GREATER_THAN": .isGreater(than: try value(Double.self))
            default: .other(name: name)
            }
    }
}

extension AudienceCondition.Subject: Decodable {
    private enum Key: String, CodingKey {
        case kind = "__type"
        case ref
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let kind = try container.decode(String.self, forKey: .kind)
        switch kind {
        // The second is the name of before 2024-09.
        case "CustomAttributeReference", "UserAttributeReference":
            self = .custom(uid: try container.decode(String.self, forKey: .ref))
        case "PresetAttributeReference": self = .preset(try container.decode(String.self, forKey: .ref))
        case "LyticsAttributeReference": self = .lytics(try container.decode(String.self, forKey: .ref))
        default: self = .other(kind: kind)
        }
    }
}
