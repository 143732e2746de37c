/// Tokens: issuing, refreshing, inspecting and revoking them.
struct OAuthAPI {
    static let location = "NA"

    let state: SimulatorState

    /// Nil where there is no such path.
    func answer(_ exchange: Exchange) -> Answer? {
        switch (exchange.method, exchange.path) {
        case ("POST", "/apps-api/token"), ("POST", "/token"): return token(Query(form: exchange.body))
        case ("POST", "/apps-api/introspect"): return introspect(Query(form: exchange.body))
        default: break
        }
        let parts = exchange.path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard [4, 5].contains(parts.count), parts[1] == "manifests", parts[3] == "authorizations" else { return nil }
        switch (exchange.method, parts.count) {
        case ("GET", 4), ("DELETE", 5): break
        default: return nil
        }
        return authorizations(exchange, app: parts[2], uid: parts.count == 5 ? parts[4] : nil)
    }

    // MARK: Tokens

    private func token(_ form: Query) -> Answer {
        guard let app = state.options.oauthApps.first(where: { $0.clientID == form["client_id"] }) else {
            return Self.failure(401, "invalid_client")
        }
        let secret = form["client_secret"]
        guard secret == nil || secret == app.clientSecret else { return Self.failure(401, "invalid_client") }
        let now = state.options.now()
        do throws(OAuthStore.InvalidGrant) {
            switch form["grant_type"] {
            case "authorization_code":
                return Self.answer(
                    try state.oauth.redeem(
                        form["code"] ?? "", app: app.uid, redirectURI: form["redirect_uri"],
                        verifier: form["code_verifier"], needsChallenge: secret == nil, at: now),
                    lifetime: state.options.accessTokenLifetime)
            case "refresh_token":
                return Self.answer(
                    try state.oauth.refresh(form["refresh_token"] ?? "", app: app.uid, at: now),
                    lifetime: state.options.accessTokenLifetime)
            case "client_credentials":
                guard secret != nil else { return Self.failure(401, "invalid_client") }
                let scopes = form["scope"]?.split(separator: " ").map(String.init) ?? app.scopes
                guard Set(scopes).isSubset(of: app.scopes) else { return Self.failure(400, "invalid_scope") }
                let tokens = state.oauth.issue(
                    to: app.uid, organization: state.options.defaultOrganization, scopes: scopes, at: now)
                return Self.answer(tokens, lifetime: state.options.accessTokenLifetime)
            default: return Self.failure(400, "unsupported_grant_type")
            }
        } catch { return Self.failure(400, "invalid_grant") }
    }

    private static func answer(_ tokens: OAuthStore.Tokens, lifetime: Duration) -> Answer {
        var members = [("access_token", JSONText.quoted(tokens.access))]
        if let refresh = tokens.refresh { members.append(("refresh_token", JSONText.quoted(refresh))) }
        members += [
            ("token_type", "\"Bearer\""), ("expires_in", String(lifetime.components.seconds)),
            ("location", JSONText.quoted(location)),
            ("organization_uid", JSONText.quoted(tokens.grant.organization.uid)),
            ("authorization_type", tokens.grant.account == nil ? "\"app\"" : "\"user\""),
        ]
        if let account = tokens.grant.account { members.append(("user_uid", JSONText.quoted(account))) }
        var answer = Answer.json(200, JSONText.object(members))
        answer.headers.append(("cache-control", "no-store"))
        return answer
    }

    private static func failure(_ status: Int, _ code: String) -> Answer {
        .json(status, JSONText.object([("error", JSONText.quoted(code)), ("status", String(status))]))
    }

    private func introspect(_ form: Query) -> Answer {
        guard case .open(let grant) = state.oauth.standingOfAny(form["token"] ?? "", at: state.options.now()) else {
            return .json(200, #"{"active":false}"#)
        }
        let scope = JSONText.quoted(grant.scopes.joined(separator: " "))
        return .json(200, JSONText.object([("active", "true"), ("scope", scope)]))
    }

    // MARK: Authorizations

    private func authorizations(_ exchange: Exchange, app: String, uid: String?) -> Answer {
        let access: Access
        do { access = try state.access(exchange) } catch { return error.answer }
        guard let organization = exchange.organization else {
            return .error(400, field: "organization_uid", code: "The organization_uid header is missing")
        }
        guard access.isMember(of: organization) else {
            return .error(403, field: "organization_uid", code: "You are no member of this organization")
        }
        if let uid {
            return state.oauth.revoke(uid, of: app, in: organization)
                ? Answer(status: 204) : .error(404, field: "authorization_uid", code: "There is no such authorization")
        }
        let entries = state.oauth.authorizations(of: app, in: organization).map { authorization in
            let account = state.options.signInAccounts.first { $0.uid == authorization.account }
            return JSONText.object([
                ("authorization_uid", JSONText.quoted(authorization.uid)),
                (
                    "user",
                    JSONText.object([
                        ("uid", JSONText.quoted(authorization.account)),
                        ("email", JSONText.quoted(account?.email ?? "")),
                    ])
                ),
                ("scopes", JSONText.array(authorization.scopes.map(JSONText.quoted))),
                ("created_at", JSONText.quoted(LoggedRequest.text(of: authorization.createdAt))),
            ])
        }
        return .json(200, JSONText.object([("data", JSONText.array(entries))]))
    }
}
