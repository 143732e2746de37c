import HTTPTypes

/// What a request's credential opens.
struct Access: Sendable {
    /// Nil: any.
    var organizations: [SimulatorOptions.Organization]?
    /// Nil: every scope.
    var scopes: Set<String>?
    /// Nil: nobody in particular.
    var account: SimulatorOptions.Account?

    /// Where something belongs when nothing else says so.
    func organization(asked: String?, otherwise: SimulatorOptions.Organization) -> String {
        if let asked, isMember(of: asked) { return asked }
        return organizations?.first?.uid ?? otherwise.uid
    }

    func isMember(of organization: String) -> Bool {
        organizations?.contains { $0.uid == organization } ?? true
    }

    /// `personalize:read` opens what only reads; `personalize:manage` opens all.
    func permits(_ method: String) -> Bool {
        guard let scopes else { return true }
        return scopes.contains("personalize:manage") || method == "GET" && scopes.contains("personalize:read")
    }
}

extension SimulatorState {
    /// Why a credential opens nothing.
    struct AccessRefusal: Error {
        var answer: Answer

        static let notSignedIn = AccessRefusal(
            answer: .message(401, "You're not allowed in here unless you're logged in.", code: 105))
        static let expired = AccessRefusal(
            answer: .message(401, "The access token is invalid or expired", code: 105))
    }

    func access(_ exchange: Exchange) throws(AccessRefusal) -> Access {
        if let token = exchange.header(.authtoken) {
            switch sessions.standing(of: token) {
            case .open(let uid): return try access(of: uid, or: .notSignedIn)
            case .ended: throw .notSignedIn
            case .unknown: return try accessWithout(record: token, or: .notSignedIn)
            }
        }
        guard let token = exchange.bearer else { throw .notSignedIn }
        switch oauth.standing(of: token, at: options.now()) {
        case .open(let grant):
            var access = Access()
            if let uid = grant.account { access = try self.access(of: uid, or: .expired) }
            access.organizations = [grant.organization]
            access.scopes = Set(grant.scopes)
            return access
        case .ended: throw .expired
        case .unknown: return try accessWithout(record: token, or: .expired)
        }
    }

    private func access(of uid: String, or refusal: AccessRefusal) throws(AccessRefusal) -> Access {
        guard let account = options.signInAccounts.first(where: { $0.uid == uid }) else { throw refusal }
        return Access(organizations: account.organizations, account: account)
    }

    /// A token that was not issued here: one of the static ones, or any where there are no accounts.
    private func accessWithout(record token: String, or refusal: AccessRefusal) throws(AccessRefusal) -> Access {
        guard options.managementTokens?.contains(token) ?? (options.accounts == nil) else { throw refusal }
        return Access()
    }
}

extension Exchange {
    var bearer: String? {
        guard let parts = header(.authorization)?.split(separator: " ", maxSplits: 1), parts.count == 2,
            parts[0].lowercased() == "bearer"
        else { return nil }
        return String(parts[1])
    }

    var organization: String? { header(.organizationUID) }
}
