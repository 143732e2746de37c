/// The types that rows are checked against. Contentstack's own definitions have none.
package enum AttributeType: String, Sendable, CaseIterable {
    case string, integer, number, boolean, date, timestamp
    case stringList = "string_list"
}

/// How a timestamp is sent: text for display and equality, a number where audiences must compare.
package enum TimestampEncoding: String, Sendable, CaseIterable {
    case iso8601
    case epochSeconds = "epoch_seconds"
    case epochMillis = "epoch_millis"
}

/// What happens to the digits that an epoch encoding has no room for.
package enum TimestampPrecision: String, Sendable, CaseIterable { case exact, truncate }

/// One attribute of `models/attributes.yml`.
package struct AttributeDefinition: Sendable, Hashable {
    package var key: String
    package var type: AttributeType
    /// Values the attribute may take; empty means any.
    package var allowed: [AttributeValue]
    package var description: String?
    /// Masked wherever a person or a log could read it, sealed in the state.
    package var isPII: Bool
    package var encoding: TimestampEncoding
    package var precision: TimestampPrecision
    package var position: Diagnostic.Position?

    package init(
        key: String, type: AttributeType, allowed: [AttributeValue] = [], description: String? = nil,
        isPII: Bool = false, encoding: TimestampEncoding = .iso8601, precision: TimestampPrecision = .exact,
        position: Diagnostic.Position? = nil
    ) {
        self.key = key
        self.type = type
        self.allowed = allowed
        self.description = description
        self.isPII = isPII
        self.encoding = encoding
        self.precision = precision
        self.position = position
    }
}
