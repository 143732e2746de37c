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

/// How far a value may go; nil is no limit. Only integers and numbers have a least and a largest value, only strings a
/// length.
package struct AttributeLimits: Sendable, Hashable {
    /// Both belong to the range.
    package var minimum: Double?
    package var maximum: Double?
    /// In Unicode code points.
    package var maximumLength: Int?

    package init(minimum: Double? = nil, maximum: Double? = nil, maximumLength: Int? = nil) {
        self.minimum = minimum
        self.maximum = maximum
        self.maximumLength = maximumLength
    }

    package enum Excess: Sendable { case belowMinimum, aboveMaximum, tooLong }

    /// How a number lies outside the limits; nil within them.
    package func excess(of number: Double) -> Excess? {
        if let minimum, number < minimum { return .belowMinimum }
        if let maximum, number > maximum { return .aboveMaximum }
        return nil
    }

    /// How a text lies outside the limits; nil within them.
    package func excess(ofTextWithLength length: Int) -> Excess? {
        if let maximumLength, length > maximumLength { .tooLong } else { nil }
    }

    /// The broken limit in words: `the attribute's min 0`.
    package func name(of excess: Excess) -> String {
        switch excess {
        case .belowMinimum: "the attribute's min \(AttributeValue.shortestDecimal(minimum ?? 0))"
        case .aboveMaximum: "the attribute's max \(AttributeValue.shortestDecimal(maximum ?? 0))"
        case .tooLong: "the attribute's max_length \(maximumLength ?? 0)"
        }
    }
}

/// One attribute of `models/attributes.yml`.
package struct AttributeDefinition: Sendable, Hashable {
    package var key: String
    package var type: AttributeType
    /// Values the attribute may take; empty means any.
    package var allowed: [AttributeValue]
    package var limits: AttributeLimits
    package var description: String?
    /// Masked wherever a person or a log could read it, sealed in the state.
    package var isPII: Bool
    package var encoding: TimestampEncoding
    package var precision: TimestampPrecision
    package var position: Diagnostic.Position?

    package init(
        key: String, type: AttributeType, allowed: [AttributeValue] = [],
        limits: AttributeLimits = AttributeLimits(), description: String? = nil, isPII: Bool = false,
        encoding: TimestampEncoding = .iso8601, precision: TimestampPrecision = .exact,
        position: Diagnostic.Position? = nil
    ) {
        self.key = key
        self.type = type
        self.allowed = allowed
        self.limits = limits
        self.description = description
        self.isPII = isPII
        self.encoding = encoding
        self.precision = precision
        self.position = position
    }
}
