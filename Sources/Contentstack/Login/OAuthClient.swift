import Foundation
package import OutboundHTTP
package import SyncCore

/// What an OAuth login yields.
package struct OAuthTokens: Sendable {
    package var access: Secret
    /// Good once: the next refresh gives another.
    package var refresh: Secret?
    /// Of the access token, in seconds.
    package var lifetime: Int
    package var organizationUID: String?
    package var userUID: String?

    package init(
        access: Secret, refresh: Secret?, lifetime: Int, organizationUID: String? = nil, userUID: String? = nil
    ) {
        self.access = access
        self.refresh = refresh
        self.lifetime = lifetime
        self.organizationUID = organizationUID
        self.userUID = userUID
    }
}

/// Why there are no tokens.
package struct OAuthFailure: Error, Sendable {
    package enum Kind: Sendable {
        /// The code or refresh token is good for nothing any more.
        case ended
        /// The request as such; what it carried may still be good.
        case refused
        case unanswered
    }

    package var kind: Kind
    package var diagnostic: Diagnostic

    package init(_ kind: Kind, _ diagnostic: Diagnostic) { (self.kind, self.diagnostic) = (kind, diagnostic) }
}

/// Contentstack's OAuth, as one app uses it (contentstack.md 5).
package struct OAuthClient: Sendable {
    package static let scopes = ["personalize:read", "personalize:manage"]

    private let caller: HTTPCaller
    private let hosts: LoginHosts
    private let app: OAuthAppDefinition
    private let userAgent: String

    package init(_ caller: HTTPCaller, hosts: LoginHosts, app: OAuthAppDefinition, userAgent: String) {
        self.caller = caller
        self.hosts = hosts
        self.app = app
        self.userAgent = userAgent
    }

    /// The page where a person lets the app in. `state` comes back with the code. An app without a secret has the page
    /// of Contentstack's own command line, whose path stands behind a `#`.
    package func authorizationPage(state: String, proof: CodeProof) -> String {
        let query = FormText.of([
            ("response_type", "code"), ("client_id", app.clientID), ("redirect_uri", app.redirectURI),
            ("scope", Self.scopes.joined(separator: " ")), ("state", state), ("code_challenge", proof.challenge),
            ("code_challenge_method", "S256"),
        ])
        let path = "/apps/\(app.uid)/authorize"
        return app.clientSecret == nil
            ? "\(hosts.app.text)/?\(query)#!\(path)" : "\(hosts.app.text)\(path)?\(query)"
    }

    /// A code is good once, and for a minute.
    package func redeem(code: String, proof: CodeProof) async throws(OAuthFailure) -> OAuthTokens {
        try await tokens([
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", app.redirectURI),
            ("code_verifier", proof.verifier),
        ])
    }

    package func refresh(_ token: Secret) async throws(OAuthFailure) -> OAuthTokens {
        try await tokens([
            ("grant_type", "refresh_token"), ("refresh_token", token.reveal()), ("redirect_uri", app.redirectURI),
        ])
    }

    private func tokens(_ fields: [(name: String, value: String)]) async throws(OAuthFailure) -> OAuthTokens {
        var fields = fields + [(name: "client_id", value: app.clientID)]
        if let secret = app.clientSecret { fields.append((name: "client_secret", value: secret.reveal())) }
        let (endpoint, path) = app.clientSecret == nil ? (hosts.developerHub, "/token") : (hosts.app, "/apps-api/token")
        let call = HTTPCall(
            method: "POST", path: path,
            headers: [
                (name: "content-type", value: "application/x-www-form-urlencoded"),
                (name: "accept", value: "application/json"), (name: "user-agent", value: userAgent),
            ], body: Array(FormText.of(fields).utf8))
        let reply: HTTPReply
        do { reply = try await caller.send(call, to: endpoint) } catch {
            throw unreachable(endpoint, "gave no complete answer: \(error.reason)")
        }
        guard reply.answer.status == 200 else { throw refusal(reply, endpoint) }
        guard let answer = try? Self.decoder.decode(TokenAnswer.self, from: Data(reply.body)) else {
            throw unreachable(endpoint, "answered with something that is no token")
        }
        return OAuthTokens(
            access: Secret(answer.accessToken), refresh: answer.refreshToken.map { Secret($0) },
            lifetime: answer.lifetime, organizationUID: answer.organizationUid, userUID: answer.userUid)
    }

    private struct TokenAnswer: Decodable {
        private enum Key: String, CodingKey {
            case accessToken, refreshToken, expiresIn, organizationUid, userUid
        }

        /// Of what Contentstack says; nobody plans for longer.
        private static let longest = 30 * 24 * 3600.0

        var accessToken: String
        var refreshToken: String?
        var lifetime: Int
        var organizationUid: String?
        var userUid: String?

        /// The refresh token that was sent is used up by now, so that nothing but a missing access token may fail.
        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            func text(_ key: Key) -> String? { try? container.decode(String.self, forKey: key) }
            accessToken = try container.decode(String.self, forKey: .accessToken)
            (refreshToken, organizationUid, userUid) = (text(.refreshToken), text(.organizationUid), text(.userUid))
            let seconds =
                (try? container.decode(Double.self, forKey: .expiresIn)) ?? text(.expiresIn).flatMap { Double($0) }
            lifetime = Int(min(Self.longest, max(0, seconds ?? 3600)))
        }
    }

    private static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }

    private func unreachable(_ endpoint: HTTPEndpoint, _ what: String) -> OAuthFailure {
        OAuthFailure(
            .unanswered,
            .error("login_unreachable", "\(endpoint.authority) \(what)", hint: "check region and the network"))
    }

    private func refusal(_ reply: HTTPReply, _ endpoint: HTTPEndpoint) -> OAuthFailure {
        let status = reply.answer.status
        guard (400..<500).contains(status), status != 408, status != 429 else {
            return unreachable(endpoint, "answered \(status)")
        }
        let reason = ManagementRefusal(reply.body).reason ?? "\(status)"
        let hint =
            switch reason {
            case "invalid_client": "check auth.client_id and auth.client_secret against the app in the Developer Hub"
            case "invalid_grant":
                "a code is good once and for a minute; a login ends where it is revoked: headrace login"
            default: "check the auth section, region and hosts of the destination"
            }
        return OAuthFailure(
            reason == "invalid_grant" ? .ended : .refused,
            .error("login_refused", "\(endpoint.authority) gives no token (\(reason))", hint: hint))
    }

    // MARK: The end of a login

    /// Takes back what this person has allowed the app to do. Throws where Contentstack does not confirm that.
    package func revoke(_ access: Secret, organizationUID: String, userUID: String) async throws(OAuthFailure) {
        let path = "/manifests/\(app.uid)/authorizations"
        let headers = [
            (name: "authorization", value: "Bearer \(access.reveal())"),
            (name: "organization_uid", value: organizationUID), (name: "user-agent", value: userAgent),
        ]
        func send(_ method: String, _ path: String) async throws(OAuthFailure) -> HTTPReply {
            let reply: HTTPReply
            do {
                reply = try await caller.send(
                    HTTPCall(method: method, path: path, headers: headers), to: hosts.developerHub)
            } catch {
                throw unreachable(hosts.developerHub, "gave no complete answer: \(error.reason)")
            }
            guard (200..<300).contains(reply.answer.status) else { throw refusal(reply, hosts.developerHub) }
            return reply
        }
        let list = try await send("GET", path)
        guard let answer = try? Self.decoder.decode(AuthorizationList.self, from: Data(list.body)) else {
            throw unreachable(hosts.developerHub, "answered with something that is no list of authorizations")
        }
        // The list has everybody's.
        for authorization in answer.data where authorization.user?.uid == userUID {
            _ = try await send("DELETE", "\(path)/\(authorization.authorizationUid)")
        }
    }

    private struct AuthorizationList: Decodable {
        struct Authorization: Decodable {
            struct User: Decodable { var uid: String }
            var authorizationUid: String
            var user: User?
        }
        var data: [Authorization]
    }
}
