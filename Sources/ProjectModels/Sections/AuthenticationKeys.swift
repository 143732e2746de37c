import Foundation
import SyncCore

/// The keys of a destination's `auth`.
struct AuthenticationKeys {
    private static let ofOAuth = ["app_uid", "client_id", "client_secret", "redirect_uri"]

    let findings: Findings

    func read(_ settings: Settings, into destination: inout DestinationDefinition) {
        destination.authentication = settings.choice("method") ?? .oauth
        guard destination.authentication == .oauth else {
            for key in Self.ofOAuth {
                guard let entry = settings.entry(key) else { continue }
                findings.error(
                    "conflicting_keys",
                    "`\(key)` belongs to method: oauth, and this is \(destination.authentication.rawValue)",
                    at: entry.keyPosition)
            }
            return
        }
        destination.oauthApp = app(settings)
    }

    /// Nil where none is written: whoever logs in is told then.
    private func app(_ settings: Settings) -> OAuthAppDefinition? {
        guard Self.ofOAuth.contains(where: { settings.entry($0) != nil }) else { return nil }
        for key in ["app_uid", "client_id"] where settings.text(key)?.isEmpty ?? true {
            findings.error(
                "missing_key", "`auth`: an OAuth app needs `\(key)`", at: settings.entries.first?.keyPosition,
                hint: "it stands on the app's OAuth page in Contentstack's Developer Hub")
        }
        var app = OAuthAppDefinition(
            uid: settings.text("app_uid") ?? "", clientID: settings.text("client_id") ?? "",
            clientSecret: settings.secret("client_secret"), position: settings.entries.first?.keyPosition)
        if app.clientSecret?.reveal().isEmpty == true {
            findings.error(
                "invalid_value", "`client_secret`: must not be empty", at: settings.position(of: "client_secret"))
        }
        if let uri = settings.text("redirect_uri"), ScalarCheck.isHTTPURL(uri) {
            if !Self.isOfThisMachine(uri) {
                findings.error(
                    "invalid_value", "`redirect_uri`: must be http://localhost or http://127.0.0.1, with a port",
                    at: settings.position(of: "redirect_uri"))
            }
            app.redirectURI = uri
        }
        return app
    }

    private static func isOfThisMachine(_ text: String) -> Bool {
        guard let parts = URLComponents(string: text), parts.scheme == "http",
            let host = parts.host, ["localhost", "127.0.0.1"].contains(host), let port = parts.port
        else { return false }
        return (1...65_535).contains(port) && parts.query == nil && parts.fragment == nil && parts.user == nil
    }
}
