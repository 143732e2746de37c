import Foundation
import Synchronization

/// What a person agreed to, or an app asked for itself.
struct OAuthGrant: Sendable {
    var app: String
    /// Nil for an app's own token.
    var account: String?
    var organization: SimulatorOptions.Organization
    var scopes: [String]
    /// What all tokens of one agreement have in common; it is what can be revoked.
    var authorization: String
    /// What all tokens that came from one code have in common.
    var family: String
}

/// The codes and tokens of all apps.
final class OAuthStore: Sendable {
    static let codeLifetime: TimeInterval = 60

    private struct Code {
        var grant: OAuthGrant
        var redirectURI: String
        var challenge: CodeChallenge?
        var expiresAt: Date
        var isSpent = false
    }

    private struct Token {
        var grant: OAuthGrant
        var expiresAt: Date?
        var hasEnded = false
    }

    private struct State {
        var codes: [String: Code] = [:]
        var access: [String: Token] = [:]
        var refresh: [String: Token] = [:]
        var authorizations: [Authorization] = []

        mutating func end(where condition: (OAuthGrant) -> Bool) {
            for (key, token) in access where condition(token.grant) { access[key]?.hasEnded = true }
            for (key, token) in refresh where condition(token.grant) { refresh[key]?.hasEnded = true }
        }

        mutating func issue(_ grant: OAuthGrant, lifetime: Duration, refreshable: Bool, at now: Date) -> Tokens {
            let tokens = Tokens(
                access: RandomToken.make(), refresh: refreshable ? RandomToken.make() : nil, grant: grant)
            access[tokens.access] = Token(grant: grant, expiresAt: now.addingTimeInterval(lifetime / .seconds(1)))
            if let refresh = tokens.refresh { self.refresh[refresh] = Token(grant: grant) }
            return tokens
        }
    }

    struct Authorization: Sendable {
        var uid: String
        var app: String
        var account: String
        var organization: SimulatorOptions.Organization
        var scopes: [String]
        var createdAt: Date
    }

    struct Tokens: Sendable {
        var access: String
        var refresh: String?
        var grant: OAuthGrant
    }

    /// A code or refresh token that is not, or no longer, good for this.
    struct InvalidGrant: Error {}

    private let state = Mutex(State())
    private let lifetime: Duration

    /// `lifetime` of access tokens.
    init(lifetime: Duration) { self.lifetime = lifetime }

    /// Remembers an agreement and returns its code.
    func approve(
        app: String, account: String, organization: SimulatorOptions.Organization, scopes: [String],
        redirectURI: String, challenge: CodeChallenge?, at now: Date
    ) -> String {
        let code = RandomToken.make()
        state.withLock { state in
            let known = state.authorizations.firstIndex {
                $0.app == app && $0.account == account && $0.organization == organization
            }
            let authorization = Authorization(
                uid: known.map { state.authorizations[$0].uid } ?? String(RandomToken.make().prefix(24)), app: app,
                account: account, organization: organization, scopes: scopes, createdAt: now)
            if let known {
                state.authorizations[known] = authorization
            } else {
                state.authorizations.append(authorization)
            }
            let grant = OAuthGrant(
                app: app, account: account, organization: organization, scopes: scopes,
                authorization: authorization.uid, family: code)
            state.codes[code] = Code(
                grant: grant, redirectURI: redirectURI, challenge: challenge,
                expiresAt: now.addingTimeInterval(Self.codeLifetime))
        }
        return code
    }

    /// Turns a code into tokens, once. A second time ends the tokens of the first.
    func redeem(
        _ code: String, app: String, redirectURI: String?, verifier: String?, needsChallenge: Bool, at now: Date
    ) throws(InvalidGrant) -> Tokens {
        try state.withLock { state throws(InvalidGrant) in
            guard let known = state.codes[code] else { throw InvalidGrant() }
            guard !known.isSpent else {
                state.end { $0.family == code }
                throw InvalidGrant()
            }
            // Also a wrong attempt spends it: whoever has a stolen code gets one guess.
            state.codes[code]?.isSpent = true
            guard now < known.expiresAt, known.grant.app == app, known.redirectURI == redirectURI,
                known.challenge?.isMet(by: verifier) ?? (verifier == nil && !needsChallenge),
                state.authorizations.contains(where: { $0.uid == known.grant.authorization })
            else { throw InvalidGrant() }
            return state.issue(known.grant, lifetime: lifetime, refreshable: true, at: now)
        }
    }

    /// New tokens for a refresh token, which ends with that.
    func refresh(_ token: String, app: String, at now: Date) throws(InvalidGrant) -> Tokens {
        try state.withLock { state throws(InvalidGrant) in
            guard let known = state.refresh[token], !known.hasEnded, known.grant.app == app else {
                throw InvalidGrant()
            }
            state.refresh[token]?.hasEnded = true
            return state.issue(known.grant, lifetime: lifetime, refreshable: true, at: now)
        }
    }

    /// A token for the app itself; there is nothing to refresh.
    func issue(to app: String, organization: SimulatorOptions.Organization, scopes: [String], at now: Date) -> Tokens {
        let grant = OAuthGrant(
            app: app, organization: organization, scopes: scopes, authorization: "", family: RandomToken.make())
        return state.withLock { $0.issue(grant, lifetime: lifetime, refreshable: false, at: now) }
    }

    /// Of an access token.
    func standing(of token: String, at now: Date) -> TokenStanding<OAuthGrant> {
        standing(at: now) { $0.access[token] }
    }

    /// Of an access or a refresh token.
    func standingOfAny(_ token: String, at now: Date) -> TokenStanding<OAuthGrant> {
        standing(at: now) { $0.access[token] ?? $0.refresh[token] }
    }

    private func standing(at now: Date, _ find: (State) -> Token?) -> TokenStanding<OAuthGrant> {
        state.withLock { state in
            guard let known = find(state) else { return .unknown }
            return known.hasEnded || known.expiresAt.map { now >= $0 } ?? false ? .ended : .open(known.grant)
        }
    }

    func authorizations(of app: String, in organization: String) -> [Authorization] {
        state.withLock { $0.authorizations.filter { $0.app == app && $0.organization.uid == organization } }
    }

    /// Ends an agreement and all its tokens; false where there is none.
    func revoke(_ authorization: String, of app: String, in organization: String) -> Bool {
        state.withLock { state in
            guard
                let place = state.authorizations.firstIndex(where: {
                    $0.uid == authorization && $0.app == app && $0.organization.uid == organization
                })
            else { return false }
            state.authorizations.remove(at: place)
            state.end { $0.authorization == authorization }
            return true
        }
    }

    func removeAll() { state.withLock { $0 = State() } }
}
