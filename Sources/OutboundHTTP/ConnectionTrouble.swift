import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import SyncCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a failed connection proves, in one or two words.
enum ConnectionTrouble {
    private static let timeout = "timeout"

    /// Before a byte of the request could leave.
    static func beforeSending(_ error: any Error, certificate: NIOSSLCertificate?) -> AttemptResult {
        if let trouble = error as? ProxyTrouble { return trouble.result }
        if let name = certificateTrouble(error, certificate) { return .hopeless(answer: name) }
        return .notSent(answer: word(for: error))
    }

    /// After the request may have left.
    static func afterSending(_ error: any Error) -> AttemptResult { afterSending(answer: word(for: error)) }

    static func afterSending(answer word: String) -> AttemptResult {
        word == timeout ? .unanswered(answer: word) : .ambiguous(answer: word)
    }

    private static func certificateTrouble(_ error: any Error, _ certificate: NIOSSLCertificate?) -> String? {
        if let error = error as? NIOSSLExtraError, error == .failedToValidateHostname {
            return "certificate for another name"
        }
        guard case .handshakeFailed(.sslError(let stack)) = error as? NIOSSLError,
            TLSTrouble(stack) == .certificate
        else { return nil }
        // The library keeps the reason to itself: the certificate's own dates tell the cases apart.
        guard let certificate else { return "certificate not trusted" }
        let now = time(nil)
        if certificate.notValidAfter < now { return "certificate expired" }
        if certificate.notValidBefore > now { return "certificate not yet valid" }
        return "certificate from an unknown authority"
    }

    static func word(for error: any Error) -> String {
        switch error {
        case ProxyTrouble.connection(let error): return word(for: error)
        case let error as NIOConnectionError:
            guard let first = error.connectionErrors.first else {
                return error.dnsAError == nil && error.dnsAAAAError == nil ? "not connected" : "name not resolved"
            }
            return word(for: first.error)
        case let error as IOError: return word(forCode: error.errnoCode)
        case let error as ChannelError:
            if case .connectTimeout = error { return timeout }
            return "closed"
        case is SocketAddressError: return "name not resolved"
        case HTTPParserError.invalidEOFState, HTTPParserError.closedConnection: return "truncated"
        case HTTPParserError.headerOverflow: return "too large"
        case is HTTPParserError, is NIOHTTPDecoderError: return "garbled"
        case NIOSSLError.uncleanShutdown: return "truncated"
        case NIOSSLError.handshakeFailed(.sslError(let stack)): return TLSTrouble(stack).word
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError: return "tls failure"
        default: return "closed"
        }
    }

    private static func word(forCode code: CInt) -> String {
        switch code {
        case ECONNREFUSED: "connection refused"
        case ECONNRESET, EPIPE, ECONNABORTED: "reset"
        case ETIMEDOUT: timeout
        case ENETUNREACH, EHOSTUNREACH, EHOSTDOWN, ENETDOWN: "unreachable"
        case EMFILE, ENFILE: "no file descriptor left"
        default: "not connected"
        }
    }
}
