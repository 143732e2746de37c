/// Signing in with a password, as the CMS does it.
struct SessionAPI {
    private struct SignIn {
        var account: SimulatorOptions.Account?
        var secondFactor: String?
    }

    let state: SimulatorState

    /// Nil where there is no such path.
    func answer(_ exchange: Exchange) -> Answer? {
        switch (exchange.method, exchange.path) {
        case ("POST", "/v3/user-session"): signIn(exchange.body)
        case ("DELETE", "/v3/user-session"): signOut(exchange)
        case ("POST", "/v3/user/request_token_sms"): sendCode(exchange.body)
        case ("GET", "/v3/user"): user(exchange)
        default: nil
        }
    }

    private func signIn(_ body: [UInt8]) -> Answer {
        let attempt = read(body)
        guard let account = attempt.account else { return Self.wrong }
        if let wanted = account.secondFactor {
            guard let given = attempt.secondFactor else {
                return .json(
                    401,
                    JSONText.object([
                        ("error_message", "\"A second factor is needed to sign in.\""), ("error_code", "294"),
                        ("errors", "{}"), ("tfa_type", "\"totp_authenticator\""),
                    ]))
            }
            guard given == wanted else { return Self.wrong }
        }
        let token = ("authtoken", JSONText.quoted(state.sessions.start(for: account.uid)))
        return .json(
            200,
            JSONText.object([
                ("notice", "\"Login Successful.\""), ("user", JSONText.object([token] + Self.members(of: account))),
            ]))
    }

    private func signOut(_ exchange: Exchange) -> Answer {
        guard let token = exchange.header(.authtoken), state.sessions.end(token) else {
            return SimulatorState.AccessRefusal.notSignedIn.answer
        }
        return .json(200, #"{"notice":"You are signed out."}"#)
    }

    private func sendCode(_ body: [UInt8]) -> Answer {
        read(body).account == nil ? Self.wrong : .json(200, #"{"notice":"The code was sent."}"#)
    }

    private func user(_ exchange: Exchange) -> Answer {
        let access: Access
        do { access = try state.access(exchange) } catch { return error.answer }
        // A token of no one in particular is the first account's; an app's own token is nobody's.
        let account = access.account ?? (access.scopes == nil ? state.options.signInAccounts.first : nil)
        guard let account else { return SimulatorState.AccessRefusal.notSignedIn.answer }
        // Contentstack names the organizations only to who asks for them.
        let members = Self.members(of: account).filter {
            $0.0 != "organizations" || exchange.query.contains("include_orgs_roles=true")
        }
        return .json(200, JSONText.object([("user", JSONText.object(members))]))
    }

    private func read(_ body: [UInt8]) -> SignIn {
        guard let json = try? RawJSON(parsing: body), let members = try? json.members(),
            let user = try? members.last(where: { $0.key == "user" })?.value.members()
        else { return SignIn() }
        let fields = Dictionary(user.map { ($0.key, $0.value) }) { $1 }
        func text(_ name: String) -> String? { (try? fields[name]?.text()).flatMap { $0.isEmpty ? nil : $0 } }
        let account = state.options.signInAccounts.first {
            $0.email.lowercased() == text("email")?.lowercased() && $0.password == text("password")
        }
        return SignIn(account: account, secondFactor: text("tfa_token"))
    }

    private static let wrong = Answer.message(422, "The email, the password or the code is wrong.", code: 104)

    private static func members(of account: SimulatorOptions.Account) -> [(String, String)] {
        let organizations = account.organizations.map { organization in
            JSONText.object([
                ("uid", JSONText.quoted(organization.uid)), ("name", JSONText.quoted(organization.name)),
            ])
        }
        return [
            ("uid", JSONText.quoted(account.uid)), ("email", JSONText.quoted(account.email)),
            ("organizations", JSONText.array(organizations)),
        ]
    }
}
