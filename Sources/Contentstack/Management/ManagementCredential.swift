package import SyncCore

/// What opens the management API.
package struct ManagementCredential: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        /// A person's session; it does not end by time.
        case authtoken
        /// An access token of OAuth, good for an hour.
        case bearer
    }

    package var kind: Kind
    package var token: Secret

    package init(_ kind: Kind, _ token: Secret) { (self.kind, self.token) = (kind, token) }

    var header: (name: String, value: String) {
        switch kind {
        case .authtoken: ("authtoken", token.reveal())
        case .bearer: ("authorization", "Bearer \(token.reveal())")
        }
    }
}

/// Where the credential comes from: the environment, or a login that is kept.
package protocol CredentialSource: Sendable {
    /// `refused` is what Contentstack has just not accepted: another one is wanted. Throws why there is none, in one
    /// sentence with what to do.
    func credential(insteadOf refused: ManagementCredential?) async throws(Diagnostic) -> ManagementCredential
}

/// One that never changes.
package struct FixedCredential: CredentialSource {
    private let credential: ManagementCredential
    private let name: String

    /// `name` says where it is from: `HEADRACE_AUTHTOKEN`.
    package init(_ credential: ManagementCredential, from name: String) {
        self.credential = credential
        self.name = name
    }

    package func credential(
        insteadOf refused: ManagementCredential?
    ) async throws(Diagnostic) -> ManagementCredential {
        if refused == nil { return credential }
        throw .error(
            "login_lost", "Contentstack does not accept the token of \(name)",
            hint: "it may be expired, revoked, or of another region; set a new one")
    }
}
