import Foundation

/// What Contentstack says in the body of an answer that is no success. Its forms differ; they are tried in the order in
/// which Contentstack's own command line tool does (contentstack.md 2).
struct ManagementRefusal {
    private static let longestReason = 300

    /// One line; nil where the body gives no reason.
    let reason: String?
    /// Of the content management API's own numbering: 294 wants a second factor.
    let code: Int?

    init(_ body: [UInt8]) {
        let members = (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] ?? [:]
        code = members["error_code"] as? Int
        let texts =
            Self.texts(of: members["errors"]).joined(separator: ", ").nonEmpty
            ?? ["error", "error_message", "message"].lazy.compactMap { Self.texts(of: members[$0]).first }.first
        reason = texts.map { text in
            let line = String(text.map { $0.isNewline ? " " : $0 })
            return line.count > Self.longestReason ? "\(line.prefix(Self.longestReason))…" : line
        }
    }

    /// Of a text, an object with a message, a list of either, or fields that have one each.
    private static func texts(of value: Any?) -> [String] {
        switch value {
        case let text as String: return text.isEmpty ? [] : [text]
        case let items as [Any]: return items.flatMap(texts)
        case let members as [String: Any]:
            if let own = members["message"] as? String ?? members["code"] as? String { return [own] }
            return members.sorted { $0.key < $1.key }.flatMap { field, value in
                texts(of: value).map { "\(field): \($0)" }
            }
        default: return []
        }
    }
}

extension String {
    fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
