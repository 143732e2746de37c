import Foundation

/// Markup. A text gets into it by interpolation only and is escaped there, so that no request can write markup.
struct HTML: Sendable, ExpressibleByStringInterpolation {
    private(set) var markup: String

    init(stringLiteral literal: String) { markup = literal }
    init(stringInterpolation parts: StringInterpolation) { markup = parts.markup }

    init(_ parts: [HTML]) { markup = parts.map(\.markup).joined() }

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var markup = ""

        init(literalCapacity: Int, interpolationCount: Int) { markup.reserveCapacity(literalCapacity * 2) }

        mutating func appendLiteral(_ literal: String) { markup += literal }
        /// Text, or the value of a quoted attribute.
        mutating func appendInterpolation(_ text: String) { markup += HTML.escaped(text) }
        mutating func appendInterpolation(_ html: HTML) { markup += html.markup }
        mutating func appendInterpolation(_ parts: [HTML]) { for part in parts { markup += part.markup } }
        mutating func appendInterpolation(_ address: PageAddress) { markup += HTML.escaped(address.text) }
        /// With commas between thousands.
        mutating func appendInterpolation(_ number: Int) { markup += HTML.grouped(number) }
    }

    static func escaped(_ text: String) -> String {
        guard text.utf8.contains(where: { Self.special.contains($0) }) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static let special = Set("&<>\"'".utf8)

    /// `1 user`, `2 users`.
    static func counted(_ number: Int, _ thing: String) -> HTML { "\(number) \(number == 1 ? thing : thing + "s")" }

    static func grouped(_ number: Int) -> String {
        var digits = Array(String(number.magnitude))
        for place in stride(from: digits.count - 3, to: 0, by: -3) { digits.insert(",", at: place) }
        return (number < 0 ? "-" : "") + String(digits)
    }
}

/// Where a page is: a path of ours, and what it is asked for.
struct PageAddress: Sendable {
    static let overview = PageAddress(path: "/")

    private var path: String
    private var query: [(name: String, value: String)] = []

    private init(path: String) { self.path = path }

    /// Below `/__simulator/page/`; what is "" is not asked for.
    init(_ page: String, _ query: KeyValuePairs<String, String> = [:]) {
        path = PageAPI.prefix + page
        self.query = query.filter { !$0.value.isEmpty }.map { ($0.key, $0.value) }
    }

    func asking(_ name: String, _ value: String?) -> PageAddress {
        var address = self
        address.query.removeAll { $0.name == name }
        if let value, !value.isEmpty { address.query.append((name, value)) }
        return address
    }

    var text: String {
        let pairs = query.map { Query.encoded($0.name) + "=" + Query.encoded($0.value) }
        return pairs.isEmpty ? path : path + "?" + pairs.joined(separator: "&")
    }
}
