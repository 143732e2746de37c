package import SyncCore

/// A value as people may read it.
package enum ShownValue: Sendable, Hashable {
    case value(AttributeValue)
    /// `‹masked 5f2a›`.
    case masked(String)

    package var attributeValue: AttributeValue {
        switch self {
        case .value(let value): value
        case .masked(let mask): .string(mask)
        }
    }

    /// A member of a snapshot's object: a value, or the fingerprint that stands for one.
    init(_ node: JSONText.Node) {
        switch node {
        case .string(let text): self = .value(.string(String(decoding: text, as: UTF8.self)))
        case .literal(let text): self = .value(Self.literal(String(decoding: text, as: UTF8.self)))
        case .object(let members):
            if case .string(let text)? = members.first?.value {
                self = .masked("‹masked \(String(decoding: text.prefix(4), as: UTF8.self))›")
            } else {
                self = .masked("‹masked›")
            }
        case .array: self = .masked("‹masked›")
        }
    }

    private static func literal(_ text: String) -> AttributeValue {
        switch text {
        case "null": .null
        case "true": .boolean(true)
        case "false": .boolean(false)
        default: Int64(text).map(AttributeValue.integer) ?? .number(Double(text) ?? 0)
        }
    }
}
