package import SyncCore

/// Why the management API did not do what it was asked.
package struct ManagementFailure: Error, Sendable, Equatable {
    package enum Kind: Sendable, Hashable {
        /// No credential, or none that is accepted.
        case notSignedIn
        /// The credential does not reach so far.
        case forbidden
        /// The project, or what was asked for in it, is not there.
        case notFound
        /// The request as such: it would be refused again.
        case refused
        /// No answer, or none that can be trusted; what was to be changed may have been.
        case unanswered
    }

    package var kind: Kind
    package var diagnostic: Diagnostic

    package init(_ kind: Kind, _ diagnostic: Diagnostic) { (self.kind, self.diagnostic) = (kind, diagnostic) }
}
