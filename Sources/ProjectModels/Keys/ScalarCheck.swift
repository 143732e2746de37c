import Foundation
import SyncCore

/// What is wrong with a scalar of a certain kind, in words for a message that may not show the value itself.
struct ScalarProblem {
    var code: String
    var message: String
    var hint: String?
}

/// Reads scalars of the kinds that `ValueKind` names; the shape check and the sections share it.
enum ScalarCheck {
    static func problem(in value: YAMLValue, kind: ValueKind) -> ScalarProblem? {
        guard let scalar = value.scalar, !scalar.isWrittenNull else {
            return wrongType(kind, found: value)
        }
        switch kind {
        case .text, .secret:
            return nil
        case .integer(let minimum):
            guard case .integer(let number) = scalar.meaning else { return wrongType(kind, found: value) }
            if number < minimum { return ScalarProblem("invalid_value", "must be at least \(minimum)") }
            // Room for what is computed with it.
            let maximum = Int64(Int32.max)
            return number > maximum ? ScalarProblem("invalid_value", "must be at most \(maximum)") : nil
        case .number(let minimum):
            guard let number = number(scalar) else { return wrongType(kind, found: value) }
            return number < minimum ? ScalarProblem("invalid_value", "must be at least \(json(minimum))") : nil
        case .boolean:
            if case .boolean = scalar.meaning { return nil }
            return wrongType(kind, found: value)
        case .constant:
            return nil
        default:
            return textProblem(scalar, kind: kind)
        }
    }

    private static func textProblem(_ scalar: YAMLScalar, kind: ValueKind) -> ScalarProblem? {
        let (text, shown) = (scalar.text, scalar.shown)
        switch kind {
        case .duration where Quantities.duration(text) == nil:
            return ScalarProblem(
                "invalid_duration",
                "\(shown) is no duration: write a whole number and ms, s, m, h or d, such as 10s; at most"
                    + " \(Quantities.longestDays)d")
        case .byteCount where Quantities.byteCount(text) == nil:
            return ScalarProblem("invalid_value", "\(shown) is no size: write 64MB or 1GB")
        case .percent where Quantities.percent(text) == nil:
            return ScalarProblem("invalid_value", "\(shown) is no percentage: write 30%")
        case .percentOrCount where Quantities.percent(text) == nil && (Int64(text) ?? -1) < 0:
            return ScalarProblem("invalid_value", "\(shown) is neither a percentage such as 5% nor a count")
        case .durationOrCount where Quantities.duration(text) == nil && (Int64(text) ?? -1) < 0:
            return ScalarProblem("invalid_value", "\(shown) is neither a duration such as 10m nor a count")
        case .choice(let choices) where !choices.contains(text):
            return ScalarProblem(
                "invalid_value", "\(shown) is not one of \(choices.joined(separator: ", "))",
                hint: hint(for: scalar, among: choices))
        case .region where ContentstackRegion.id(for: text) == nil:
            return ScalarProblem(
                "invalid_value", "\(shown) is no region: use one of \(ContentstackRegion.ids.joined(separator: ", "))",
                hint: hint(for: scalar, among: ContentstackRegion.ids))
        case .httpURL where !isHTTPURL(text):
            return ScalarProblem(
                "invalid_value", "this is no http or https URL", hint: "it begins with http:// or https://")
        case .timeZone where !TimeZoneName.isKnown(text):
            let nearest = scalar.isExpanded ? nil : TimeZoneName.nearest(to: text)
            return ScalarProblem(
                "time_zone_unknown", "\(shown) is not the name of an IANA time zone",
                hint: nearest.map { "did you mean `\($0)`?" } ?? "write Area/City, such as Europe/Berlin, or UTC")
        default:
            return nil
        }
    }

    static func wrongType(_ kind: ValueKind, found value: YAMLValue) -> ScalarProblem {
        let found = isQuotable(kind) ? value.kindName : value.silentKindName
        return ScalarProblem("wrong_type", "expected \(expectation(of: kind)), found \(found)")
    }

    /// A text in the place of a whole mapping may be anything, an address with its password too.
    private static func isQuotable(_ kind: ValueKind) -> Bool {
        switch kind {
        case .secret, .secretTexts, .mapping, .oneOf, .named, .variants, .list: false
        default: true
        }
    }

    static func hint(for scalar: YAMLScalar, among names: some Sequence<String>) -> String? {
        guard !scalar.isExpanded, let nearest = NearestName.find(scalar.text, among: names) else { return nil }
        return "did you mean `\(nearest)`?"
    }

    static func number(_ scalar: YAMLScalar) -> Double? {
        switch scalar.meaning {
        case .integer(let whole): Double(whole)
        case .number(let number): number
        default: nil
        }
    }

    static func isHTTPURL(_ text: String) -> Bool {
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), let url = URL(string: text),
            let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme), let host = url.host()
        else { return false }
        return !host.isEmpty
    }

    private static func json(_ number: Double) -> String { AttributeValue.shortestDecimal(number) }

    static func expectation(of kind: ValueKind) -> String {
        switch kind {
        case .integer: "a whole number"
        case .number: "a number"
        case .boolean: "true or false"
        case .duration: "a duration such as 10s"
        case .byteCount: "a size such as 512MB"
        case .percent: "a percentage such as 30%"
        case .percentOrCount: "a percentage such as 5% or a count"
        case .durationOrCount: "a duration such as 10m or a count"
        case .choice(let choices): choices.joined(separator: " or ")
        case .texts, .secretTexts: "a text or a list of texts"
        case .constants, .list: "a list"
        case .mapping, .named, .variants, .oneOf: "a mapping"
        default: "a text"
        }
    }
}

extension ScalarProblem {
    init(_ code: String, _ message: String, hint: String? = nil) {
        self.init(code: code, message: message, hint: hint)
    }
}
