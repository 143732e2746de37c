import Foundation

/// The page on which a person lets an app act for them, and what follows.
struct AuthorizeAPI {
    let state: SimulatorState

    /// Nil where there is no such path. The other style of address has the app behind a `#`, which no server sees:
    /// there the client id tells it.
    func answer(_ exchange: Exchange) -> Answer? {
        let query = Query(exchange.query, spaces: .plus)
        if exchange.path == "/", exchange.method == "GET", query["response_type"] == "code" {
            return show(query, app: state.options.oauthApps.first { $0.clientID == query["client_id"] })
        }
        let parts = exchange.path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[1] == "apps", parts[3] == "authorize" else { return nil }
        let app = state.options.oauthApps.first { $0.uid == parts[2] }
        switch exchange.method {
        case "GET": return show(query, app: app)
        case "POST": return decide(Query(form: exchange.body), app: app)
        default: return nil
        }
    }

    private func show(_ query: Query, app: SimulatorOptions.OAuthApp?) -> Answer {
        guard let app else { return AuthorizePage.refusal("There is no such app.") }
        do {
            return AuthorizePage.question(try AuthorizationRequest(query, app: app), people: people)
        } catch { return refuse(error) }
    }

    private func refuse(_ refusal: AuthorizationRequest.Refusal) -> Answer {
        refusal.redirect.map(redirect) ?? AuthorizePage.refusal(refusal.reason)
    }

    private func decide(_ form: Query, app: SimulatorOptions.OAuthApp?) -> Answer {
        guard let app else { return AuthorizePage.refusal("There is no such app.") }
        let request: AuthorizationRequest
        do { request = try AuthorizationRequest(form, app: app) } catch { return refuse(error) }
        switch form["decision"] {
        case "deny":
            return redirect(to: request.redirect([("error", "access_denied"), ("state", request.state)]))
        case "approve":
            guard let person = people.first(where: { $0.id == form["person"] }) else {
                return AuthorizePage.refusal("There is no such account.")
            }
            let code = state.oauth.approve(
                app: app.uid, account: person.account.uid, organization: person.organization, scopes: request.scopes,
                redirectURI: request.redirectURI, challenge: request.challenge, at: state.options.now())
            return redirect(
                to: request.redirect([("code", code), ("location", OAuthAPI.location), ("state", request.state)]))
        default: return AuthorizePage.refusal("Approve or deny, nothing else.")
        }
    }

    private var people: [AuthorizePage.Person] {
        state.options.signInAccounts.flatMap { account in
            account.organizations.map { AuthorizePage.Person(account: account, organization: $0) }
        }
    }

    private func redirect(to address: String) -> Answer {
        Answer(status: 302, headers: [("location", address), ("cache-control", "no-store")])
    }
}
