import NIOSSL

/// What made a TLS handshake fail.
enum TLSTrouble {
    case certificate
    /// What came is no TLS: most likely plain HTTP.
    case notTLS
    case version
    /// The server has nothing in common with us, or does not like what we asked for.
    case refused
    case clientCertificate
    case closed
    case other

    init(_ stack: [BoringSSLInternalError]) {
        if stack.contains(.eofDuringHandshake) {
            self = .closed
            return
        }
        self = stack.lazy.compactMap(Self.reason).first.map(Self.init(reason:)) ?? .other
    }

    /// The reason of BoringSSL's library 16, TLS. The code is only public as the first number of the description.
    private static func reason(_ error: BoringSSLInternalError) -> Int? {
        let words = error.description.split(separator: " ", maxSplits: 2)
        guard words.count > 1, let code = Int(words[1]), code >> 24 == 16 else { return nil }
        return code & 0xFFF
    }

    /// Numbers of BoringSSL's ssl.h; those from 1000 on are alerts of the server.
    private init(reason: Int) {
        self =
            switch reason {
            case 125: .certificate
            case 247: .notTLS
            case 240, 1070: .version
            case 1040, 1071, 1112, 1120: .refused
            case 1116: .clientCertificate
            default: .other
            }
    }

    var word: String {
        switch self {
        case .certificate: "certificate not trusted"
        case .notTLS: "no tls on this port"
        case .version: "no common tls version"
        case .refused: "tls handshake refused"
        case .clientCertificate: "tls client certificate wanted"
        case .closed: "closed in the tls handshake"
        case .other: "tls failure"
        }
    }
}
