import Crypto
import Foundation

/// What PKCE binds a code to: the SHA-256 of a secret that only the asking client has.
struct CodeChallenge: Sendable {
    private let digest: String

    /// Nil for what cannot be 32 bytes in base64url.
    init?(_ text: String) {
        guard text.utf8.count == 43, text.utf8.allSatisfy(Self.isUnreserved) else { return nil }
        digest = text
    }

    func isMet(by verifier: String?) -> Bool {
        guard let verifier, (43...128).contains(verifier.utf8.count) else { return false }
        let text = Data(SHA256.hash(data: Data(verifier.utf8))).base64EncodedString()
        return text.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "") == digest
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
