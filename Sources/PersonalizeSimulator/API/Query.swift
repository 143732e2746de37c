import Foundation

/// Named values in the form of an address's query or of a form's body; of a repeated one the last counts.
struct Query: Sendable {
    /// How a space may be written besides `%20`.
    enum Spaces: Sendable { case percentOnly, plus }

    let literal: String
    private var values: [String: [String]] = [:]

    init(_ text: String, spaces: Spaces = .percentOnly) {
        literal = text
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let decoded = parts.map { part in
                (spaces == .plus ? String(part).replacing("+", with: " ") : String(part)).removingPercentEncoding ?? ""
            }
            guard let name = decoded.first, !name.isEmpty else { continue }
            values[name, default: []].append(decoded.count == 2 ? decoded[1] : "")
        }
    }

    /// A form's body.
    init(form body: [UInt8]) { self.init(String(decoding: body, as: UTF8.self), spaces: .plus) }

    subscript(name: String) -> String? { values[name]?.last }

    func all(_ name: String) -> [String] { values[name] ?? [] }

    /// Nil for what is no number, and for numbers below zero.
    func integer(_ name: String) -> Int? { self[name].flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil } }

    private static let unreserved = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

    /// Everything but letters, digits and `-._~` as `%XX`.
    static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
    }
}
