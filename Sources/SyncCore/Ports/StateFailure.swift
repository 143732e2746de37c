/// What went wrong at the state store. `kind` is what the caller does next.
package struct StateFailure: Error, Sendable {
    package enum Kind: Sendable, Equatable {
        /// Somebody else holds the file longer than 30 s: end the run, its in-flight users are dirty.
        case busy
        /// Disk full or an I/O error: nothing more may be sent.
        case storage
        /// The file is no state of ours, or of a newer Headrace, or sealed with another key: exit 2.
        case unusable
        /// A newer plan or run took the place of the plan that was to be delivered: nothing was sent, exit 2.
        case outdated
        /// A rule of ours is broken: exit 1.
        case inconsistent
    }

    package var kind: Kind
    package var diagnostic: Diagnostic

    /// Of the command that it ends.
    package var exit: ExitStatus {
        switch kind {
        case .busy, .storage, .inconsistent: .ownFault
        case .unusable, .outdated: .usage
        }
    }

    package init(_ kind: Kind, _ diagnostic: Diagnostic) { (self.kind, self.diagnostic) = (kind, diagnostic) }
}

/// 32 random bytes that fingerprint, hash and seal what the state holds. Cannot be printed.
package struct InstallKey: Sendable, CustomStringConvertible, CustomReflectable {
    private let bytes: [UInt8]
    package init(_ bytes: [UInt8]) { self.bytes = bytes }
    package func reveal() -> [UInt8] { bytes }
    package var description: String { "‹key›" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
