import Foundation
import HTTPTypes

/// The preset attributes: what a request tells without anything being stored.
struct RequestPresets: Sendable {
    var headers = HTTPFields()
    var now: Date

    /// Nil where the request does not tell it.
    func value(of constant: String) -> AttributeValue? {
        switch constant {
        case "DEVICE_TYPE": header(.userAgent).flatMap(Self.device).map(AttributeValue.text)
        case "OPERATING_SYSTEM": header(.userAgent).flatMap(Self.system).map(AttributeValue.text)
        case "REFERRER": header(.referer).map(AttributeValue.text)
        case "QUERY_PARAMETERS": header(.pageURL).flatMap(Self.query).map(AttributeValue.parameters)
        case "COUNTRY": header(.country).map(AttributeValue.text)
        case "REGION": header(.region).map(AttributeValue.text)
        case "CITY": header(.city).map(AttributeValue.text)
        case "DATE_AND_TIME": .time(now)
        default: nil
        }
    }

    private func header(_ name: HTTPField.Name) -> String? { headers[name].flatMap { $0.isEmpty ? nil : $0 } }

    private static func device(_ agent: String) -> String? {
        if agent.contains("iPad") || agent.contains("Tablet") { return "TABLET" }
        if agent.contains("Android") { return agent.contains("Mobile") ? "MOBILE" : "TABLET" }
        if agent.contains("Mobile") || agent.contains("iPhone") { return "MOBILE" }
        return system(agent) == nil ? nil : "DESKTOP"
    }

    private static func system(_ agent: String) -> String? {
        // Android names Linux too, and iOS names Mac OS X.
        let marks = [
            ("Android", "ANDROID"), ("iPhone", "IOS"), ("iPad", "IOS"), ("Windows", "WINDOWS"), ("CrOS", "CHROME_OS"),
            ("Mac OS X", "MACOS"), ("Linux", "LINUX"),
        ]
        return marks.first { agent.contains($0.0) }?.1
    }

    private static func query(_ address: String) -> Query? {
        let address = address.prefix { $0 != "#" }
        guard let mark = address.firstIndex(of: "?") else { return nil }
        let text = address[address.index(after: mark)...]
        return text.isEmpty ? nil : Query(String(text), spaces: .plus)
    }
}
