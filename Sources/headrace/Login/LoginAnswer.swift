import Foundation
import SyncCore

/// What the browser comes back with.
enum LoginAnswer: Sendable, Equatable {
    case code(String)
    /// OAuth's word for why not: `access_denied`.
    case refused(String)
    /// To another login, or to none.
    case wrongState
    case illegible

    /// `query` is what stands behind the `?`.
    init(query: String, state: String) {
        var values: [String: String] = [:]
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            guard let name = parts.first else { continue }
            let value = parts.count == 2 ? parts[1].replacing("+", with: " ") : ""
            values[String(name)] = String(value).removingPercentEncoding ?? ""
        }
        guard values["state"] == state else {
            self = values["code"] == nil && values["error"] == nil ? .illegible : .wrongState
            return
        }
        if let error = values["error"], !error.isEmpty {
            self = .refused(error)
        } else if let code = values["code"], !code.isEmpty {
            self = .code(code)
        } else {
            self = .illegible
        }
    }

    /// A code alone, or the whole address that the browser was sent to.
    init(pasted text: String, state: String) {
        let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
        if let mark = text.firstIndex(of: "?") {
            self.init(query: String(text[text.index(after: mark)...].prefix { $0 != "#" }), state: state)
        } else {
            self = text.isEmpty || text.contains(where: \.isWhitespace) ? .illegible : .code(text)
        }
    }

    /// Why there is no code; nil where there is one.
    var failure: Diagnostic? {
        switch self {
        case .code: nil
        case .refused("access_denied"):
            .error("login_denied", "the login was declined in the browser", hint: "headrace login starts another")
        case .refused("invalid_scope"):
            .error(
                "login_denied", "the OAuth app may not ask for what Headrace needs (invalid_scope)",
                hint: "give it the scopes personalize:read and personalize:manage in the Developer Hub")
        case .refused(let error):
            .error("login_denied", "Contentstack refused the login (\(error))", hint: "headrace login starts another")
        case .wrongState:
            .error(
                "login_state", "the browser came back with the answer to another login, which was not used",
                hint: "headrace login starts another: open the address that it prints")
        case .illegible:
            .error("login_answer", "what came back holds no code", hint: "paste the code, or the whole address")
        }
    }
}
