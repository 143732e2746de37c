package import Foundation
package import SyncCore

/// A login that is kept, and its access token renewed before it ends: once for all who ask, the new pair durable before
/// anybody uses it. One that Contentstack ends is said to be lost, and not tried again until somebody logs in.
package actor KeptLogin: CredentialSource {
    package typealias Refresh = @Sendable (_ token: Secret) async throws(OAuthFailure) -> OAuthTokens

    /// Before the access token's end.
    private static let head: TimeInterval = 5 * 60

    private let store: LoginStore
    private let name: String
    private let refresh: Refresh
    private let now: @Sendable () -> Date
    private var refreshing: Task<Result<StoredLogin, Diagnostic>, Never>?

    /// `name` is the login's in the store.
    package init(
        in store: LoginStore, named name: String, now: @escaping @Sendable () -> Date = { Date() },
        refresh: @escaping Refresh
    ) {
        self.store = store
        self.name = name
        self.now = now
        self.refresh = refresh
    }

    /// Throws `not_logged_in`, `login_lost`, or why the file or Contentstack cannot be asked.
    package func credential(
        insteadOf refused: ManagementCredential?
    ) async throws(Diagnostic) -> ManagementCredential {
        let login = try stored()
        if let lost = login.lost { throw Self.lost(lost) }
        let isRefused = login.credential == refused
        guard login.method == .oauth else {
            // It is kept: one odd answer of a server must not throw away what only its owner can replace.
            if isRefused { throw Self.lost("Contentstack does not accept the authtoken") }
            return login.credential
        }
        let isFresh = login.expiresAt.map { $0.timeIntervalSince(now()) > Self.head } ?? true
        if isFresh, !isRefused { return login.credential }
        return try await renewed(login.token, isRefused: isRefused).credential
    }

    private func stored() throws(Diagnostic) -> StoredLogin {
        guard let login = try store.login(named: name) else { throw Self.nobody }
        return login
    }

    private static let nobody = Diagnostic.error(
        "not_logged_in", "nobody is logged in", hint: "log in: headrace login")

    private static func lost(_ reason: String) -> Diagnostic {
        .error("login_lost", "the login is lost: \(reason)", hint: "log in again: headrace login")
    }

    /// `token` is the access token that will not do. Whoever comes while another renews waits for that.
    private func renewed(_ token: String, isRefused: Bool) async throws(Diagnostic) -> StoredLogin {
        let task: Task<Result<StoredLogin, Diagnostic>, Never>
        if let refreshing {
            task = refreshing
        } else {
            // Of its own: one caller who is cancelled must not take the tokens away from the others.
            task = Task {
                do throws(Diagnostic) { return .success(try await renew(token, isRefused: isRefused)) } catch {
                    return .failure(error)
                }
            }
            refreshing = task
        }
        let result = await task.value
        refreshing = nil
        return try result.get()
    }

    private func renew(_ token: String, isRefused: Bool) async throws(Diagnostic) -> StoredLogin {
        try await store.locked { () async throws(Diagnostic) in
            var login = try stored()
            if let lost = login.lost { throw Self.lost(lost) }
            // Another process was faster.
            if login.token != token { return login }
            guard let refreshToken = login.refreshToken else {
                throw try abandon(login, "its access token has ended, and there is none to renew it with")
            }
            // The new pair must be durable, the old one is used up by then: that it can be written is tried first.
            try store.keep(login, as: name)
            do {
                let tokens = try await refresh(Secret(refreshToken))
                login.token = tokens.access.reveal()
                login.refreshToken = tokens.refresh?.reveal() ?? refreshToken
                login.expiresAt = now().addingTimeInterval(TimeInterval(tokens.lifetime))
                login.organizationUID = tokens.organizationUID ?? login.organizationUID
                try store.keep(login, as: name)
                return login
            } catch let failure as OAuthFailure {
                if failure.kind == .ended { throw try abandon(login, failure.diagnostic.message) }
                // It is renewed early enough to do without once.
                if let end = login.expiresAt, end > now(), !isRefused { return login }
                throw failure.diagnostic
            } catch let finding as Diagnostic {
                throw finding
            } catch {
                throw .error("login_failed", "the login cannot be renewed")
            }
        }
    }

    /// So that no later command asks with it.
    private func abandon(_ login: StoredLogin, _ reason: String) throws(Diagnostic) -> Diagnostic {
        var login = login
        login.lost = reason
        try store.keep(login, as: name)
        return Self.lost(reason)
    }
}
