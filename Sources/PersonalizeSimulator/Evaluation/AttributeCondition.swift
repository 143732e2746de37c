import Foundation

/// What a rule wants of an attribute's value. Texts are compared byte for byte, and a number is never a text.
enum AttributeCondition: Sendable {
    case isSet
    case equalsText(String)
    case containsText(String)
    case isBoolean(Bool)
    case equalsNumber(Double)
    case isBelow(Double)
    case isAbove(Double)
    case isBefore(Date)
    case isAfter(Date)
    /// Both ends count.
    case isBetween(Date, Date)
    /// Each of these query parameters is there and has this value.
    case hasParameters([String: String])
    /// An item of a list, or of a text that is a list in pipes: `|a|b|`.
    case hasMember(String)
    /// A condition that is not described well enough to decide it.
    case undecidable

    func holds(for value: AttributeValue?) -> Bool {
        guard let value else { return false }
        return switch (self, value) {
        case (.isSet, _): true
        case (.equalsText(let wanted), .text(let text)): text.utf8.elementsEqual(wanted.utf8)
        case (.containsText(let wanted), .text(let text)): Self.text(text, contains: wanted)
        case (.isBoolean(let wanted), .boolean(let boolean)): boolean == wanted
        case (.equalsNumber(let wanted), .number(let number)): number == wanted
        case (.isBelow(let limit), .number(let number)): number < limit
        case (.isAbove(let limit), .number(let number)): number > limit
        case (.isBefore(let limit), .time(let time)): time < limit
        case (.isAfter(let limit), .time(let time)): time > limit
        case (.isBetween(let first, let last), .time(let time)): first <= time && time <= last
        case (.equalsText(let wanted), .parameters(let query)): query.literal.utf8.elementsEqual(wanted.utf8)
        case (.containsText(let wanted), .parameters(let query)): Self.text(query.literal, contains: wanted)
        case (.hasParameters(let wanted), .parameters(let query)):
            wanted.allSatisfy { name, value in query.all(name).contains(value) }
        case (.hasMember(let wanted), .text(let text)): Self.text(text, contains: "|\(wanted)|")
        case (.hasMember(let wanted), .list(let items)):
            items.contains { Self.equalsText(wanted).holds(for: $0) }
        default: false
        }
    }

    private static func text(_ text: String, contains part: String) -> Bool {
        part.isEmpty || text.utf8.contains(part.utf8)
    }
}

extension AttributeCondition {
    /// What is wrong with a condition's options.
    enum Misfit: Error { case options }

    /// Reads a rule's `attributeMatchCondition` and the members of its `attributeMatchOptions`.
    init(_ name: String, options: [String: RawJSON]) throws(Misfit) {
        let value = options["value"]
        switch name {
        case "HAS_ANY_VALUE": self = .isSet
        case "IS_TRUE": self = .isBoolean(true)
        case "IS_FALSE": self = .isBoolean(false)
        case "STRING_EQUALS": self = .equalsText(try Self.text(value))
        case "CONTAINS_SUBSTRING": self = .containsText(try Self.text(value))
        case "NUMBER_EQUAL_TO": self = .equalsNumber(try Self.number(value))
        case "NUMBER_LESS_THAN": self = .isBelow(try Self.number(value))
        case "NUMBER_GREATER_THAN": self = .isAbove(try Self.number(value))
        case "IS_MEMBER_OF": self = (try? Self.text(value)).map(Self.hasMember) ?? .undecidable
        case "JSON_MATCH": self = Self.parameters(value).map(Self.hasParameters) ?? .undecidable
        case "BEFORE_TIME": self = Self.time(value).map(Self.isBefore) ?? .undecidable
        case "AFTER_TIME": self = Self.time(value).map(Self.isAfter) ?? .undecidable
        case "BETWEEN_TIME":
            let ends = (try? value?.elements())?.compactMap(Self.time) ?? []
            self = ends.count == 2 ? .isBetween(ends[0], ends[1]) : .undecidable
        default: self = .undecidable
        }
    }

    private static func text(_ value: RawJSON?) throws(Misfit) -> String {
        guard let text = try? value?.text() else { throw .options }
        return text
    }

    private static func number(_ value: RawJSON?) throws(Misfit) -> Double {
        guard let number = value?.number else { throw .options }
        return number
    }

    private static func parameters(_ value: RawJSON?) -> [String: String]? {
        guard let members = try? value?.members() else { return nil }
        var parameters: [String: String] = [:]
        for (name, value) in members {
            guard let text = try? value.text() else { return nil }
            parameters[name] = text
        }
        return parameters
    }

    /// ISO 8601, or milliseconds since 1970.
    private static func time(_ value: RawJSON?) -> Date? {
        if let milliseconds = value?.number { return Date(timeIntervalSince1970: milliseconds / 1_000) }
        guard let text = try? value?.text() else { return nil }
        return (try? Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(text))
            ?? (try? Date.ISO8601FormatStyle().parse(text))
    }
}
