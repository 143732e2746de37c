import Foundation

/// What an app asks a person for, checked before anybody is sent anywhere.
struct AuthorizationRequest: Sendable {
    /// For the person, on a page; an app that is not trusted gets no redirect, one that asks for too much does (RFC 6749
    /// section 4.1.2.1).
    struct Refusal: Error {
        var reason: String
        var redirect: String?
    }

    var app: SimulatorOptions.OAuthApp
    var redirectURI: String
    var scopes: [String]
    var state: String?
    /// As it was sent, for the page's form.
    var challengeText: String?
    var challenge: CodeChallenge?

    init(_ query: Query, app: SimulatorOptions.OAuthApp) throws(Refusal) {
        guard query["response_type"] == "code" else { throw Refusal(reason: "response_type must be code.") }
        guard query["client_id"] == app.clientID else { throw Refusal(reason: "The client id is not this app's.") }
        guard let wanted = query["redirect_uri"] ?? app.redirectURIs.first, app.accepts(redirectURI: wanted) else {
            throw Refusal(reason: "The redirect URI is not registered for this app.")
        }
        let scopes = query["scope"]?.split(separator: " ").map(String.init) ?? []
        guard Set(scopes).isSubset(of: app.scopes) else {
            throw Refusal(
                reason: "A scope is asked for that the app does not have.",
                redirect: Self.redirect(to: wanted, [("error", "invalid_scope"), ("state", query["state"])]))
        }
        challengeText = query["code_challenge"]
        challenge = challengeText.flatMap { CodeChallenge($0) }
        guard challengeText == nil || challenge != nil && query["code_challenge_method"] == "S256" else {
            throw Refusal(reason: "The code challenge must be of the method S256.")
        }
        guard challenge != nil || app.clientSecret != nil else {
            throw Refusal(reason: "An app without a secret must send a code challenge.")
        }
        (self.app, redirectURI, state) = (app, wanted, query["state"])
        self.scopes = scopes.isEmpty ? app.scopes : scopes
    }

    /// The address to send the person back to, with these parameters; empty ones are left out.
    func redirect(_ parameters: [(String, String?)]) -> String { Self.redirect(to: redirectURI, parameters) }

    private static func redirect(to redirectURI: String, _ parameters: [(String, String?)]) -> String {
        let pairs = parameters.compactMap { name, value in value.map { "\(name)=\(Query.encoded($0))" } }
        return redirectURI + (redirectURI.contains("?") ? "&" : "?") + pairs.joined(separator: "&")
    }
}

extension SimulatorOptions.OAuthApp {
    /// Exactly a registered one, or one on this machine that differs by its port only.
    func accepts(redirectURI: String) -> Bool {
        redirectURIs.contains { registered in
            if registered == redirectURI { return true }
            guard
                let (left, right) = Self.loopback(registered).flatMap({ left in
                    Self.loopback(redirectURI).map { (left, $0) }
                })
            else { return false }
            return left == right
        }
    }

    /// Host and path of an address on this machine, or nil.
    private static func loopback(_ address: String) -> [String]? {
        guard let parts = URLComponents(string: address), parts.scheme == "http", parts.user == nil,
            parts.query == nil, parts.fragment == nil, let host = parts.host, ["localhost", "127.0.0.1"].contains(host)
        else { return nil }
        return [host, parts.percentEncodedPath.isEmpty ? "/" : parts.percentEncodedPath]
    }
}
