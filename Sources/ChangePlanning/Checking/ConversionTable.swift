import SyncCore

/// Which column types can ever fit an attribute type, with and without a cast. SQLite's columns can always: there
/// every value is asked for itself.
enum ConversionTable {
    static func canFit(
        _ source: SourceType, _ attribute: AttributeType, cast: Cast?, unit: TimeUnit? = nil
    ) -> Bool {
        guard let cast else { return fitsUncast(source, attribute) }
        return gives(cast, attribute) && accepts(cast, source) && (unit == nil || hasUnit(source))
    }

    /// Which column types a template takes: with the filter `date`, times only.
    static func fitsTemplate(_ source: SourceType, filters: [TemplateFilter]) -> Bool {
        if case .date? = filters.first { return source == .dynamic || isTime(source) }
        return canFit(source, .string, cast: .string)
    }

    /// The cast that makes every value fit, or fail for its own sake; nil when none certainly helps.
    static func helpfulCast(_ source: SourceType, _ attribute: AttributeType) -> Cast? {
        let cast: Cast? =
            switch (source, attribute) {
            case (.json, .string): .jsonText
            case (_, .string): .string
            case (.otherArray, .stringList): .stringList
            case (.boolean, .integer): .integer
            case (.boolean, .number): .number
            case (.localTimestamp, .date), (.timestamp, .date): .date
            case (.date, .timestamp): .timestamp
            default: nil
            }
        return cast.flatMap { canFit(source, attribute, cast: $0) ? $0 : nil }
    }

    /// What a cast gives must be what the attribute takes.
    static func gives(_ cast: Cast, _ attribute: AttributeType) -> Bool {
        switch cast {
        case .string, .jsonText, .sha256: attribute == .string
        case .integer, .number: attribute == .integer || attribute == .number
        case .boolean: attribute == .boolean
        case .date: attribute == .date
        case .timestamp: attribute == .timestamp
        case .stringList: attribute == .stringList
        }
    }

    private static func fitsUncast(_ source: SourceType, _ attribute: AttributeType) -> Bool {
        if source == .dynamic { return true }
        return switch attribute {
        case .string: source == .text
        case .integer, .number: isNumber(source)
        case .boolean: source == .boolean
        case .date: source == .date
        case .timestamp: source == .timestamp || source == .localTimestamp
        case .stringList: source == .textArray
        }
    }

    private static func accepts(_ cast: Cast, _ source: SourceType) -> Bool {
        if source == .dynamic { return true }
        return switch cast {
        case .string, .sha256: ![.bytes, .textArray, .otherArray, .json].contains(source)
        case .integer, .number, .boolean: source == .text || isNumber(source) || source == .boolean
        case .date, .timestamp: source == .text || isNumber(source) || isTime(source)
        case .stringList: [.text, .textArray, .otherArray, .json].contains(source)
        case .jsonText: source == .json || source == .text || source == .boolean || isNumber(source)
        }
    }

    /// Whether a unit says something about the values: numbers, and text that may be one.
    private static func hasUnit(_ source: SourceType) -> Bool {
        source == .dynamic || source == .text || isNumber(source)
    }

    private static func isNumber(_ source: SourceType) -> Bool {
        [.integer, .decimal, .double, .float].contains(source)
    }

    private static func isTime(_ source: SourceType) -> Bool { [.date, .timestamp, .localTimestamp].contains(source) }
}
