import Foundation

/// A value that rules can look at.
indirect enum AttributeValue: Sendable {
    case text(String)
    case number(Double)
    case boolean(Bool)
    case list([AttributeValue])
    /// An object, of which no rule can ask more than whether it is there.
    case object
    case time(Date)
    case parameters(Query)

    /// Nil for null, which is no value.
    init?(_ json: RawJSON) {
        switch json.kind {
        case .string: self = .text((try? json.text()) ?? "")
        case .number: self = .number(json.number ?? .nan)
        case .boolean: self = .boolean(json.boolean ?? false)
        case .array: self = .list(((try? json.elements()) ?? []).compactMap { AttributeValue($0) })
        case .object: self = .object
        case .null: return nil
        }
    }
}
