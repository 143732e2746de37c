/// Who can sign in, and the applications that may ask them.
extension SimulatorOptions {
    /// What projects belong to, and the management API's rate limit.
    package struct Organization: Sendable, Equatable {
        package var uid: String
        package var name: String

        package init(uid: String, name: String) { (self.uid, self.name) = (uid, name) }

        /// The organization of `Account.standard`.
        package static let standard = Organization(uid: "blt5e1f000000000001", name: "Demo organization")
    }

    /// Somebody who can sign in with a password, and agree to what an app asks for.
    package struct Account: Sendable {
        package var uid: String
        package var email: String
        package var password: String
        /// The code that a sign-in must bring besides; nil: none.
        package var secondFactor: String?
        /// The first is the default.
        package var organizations: [Organization]

        package init(
            uid: String, email: String, password: String, secondFactor: String? = nil,
            organizations: [Organization] = [.standard]
        ) {
            self.uid = uid
            self.email = email
            self.password = password
            self.secondFactor = secondFactor
            self.organizations = organizations
        }

        /// Who can sign in where no accounts are configured.
        package static let standard = Account(
            uid: "blt5e1f0000000000a1", email: "demo@example.com", password: "headrace-demo")
    }

    /// An application that may ask for access.
    package struct OAuthApp: Sendable {
        package var uid: String
        package var name: String
        package var clientID: String
        /// Nil for an app that cannot keep one: it must use PKCE.
        package var clientSecret: String?
        /// The first is taken where a request names none. One on `localhost` or `127.0.0.1` matches any port.
        package var redirectURIs: [String]
        package var scopes: [String]

        package init(
            uid: String, name: String, clientID: String, clientSecret: String? = nil, redirectURIs: [String],
            scopes: [String] = ["personalize:read", "personalize:manage"]
        ) {
            self.uid = uid
            self.name = name
            self.clientID = clientID
            self.clientSecret = clientSecret
            self.redirectURIs = redirectURIs
            self.scopes = scopes
        }

        /// The one app of a simulator that is told nothing else.
        package static let standard = OAuthApp(
            uid: "6500000000000000000000aa", name: "Headrace demo", clientID: "headrace-demo",
            clientSecret: "headrace-demo-secret",
            redirectURIs: [
                "http://localhost:8184", "http://localhost/callback", "http://127.0.0.1/callback",
                "http://localhost/oauth/callback", "http://127.0.0.1/oauth/callback",
            ])
    }

    /// Whoever can sign in, also where no accounts are configured.
    var signInAccounts: [Account] { accounts ?? [.standard] }

    /// Where projects belong that nobody else's token has named.
    var defaultOrganization: Organization { signInAccounts.first?.organizations.first ?? .standard }
}
