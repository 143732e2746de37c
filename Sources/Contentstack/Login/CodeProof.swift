import Crypto
import Foundation

/// Proof that the one who redeems a code is the one who asked for it (PKCE, RFC 7636, method S256).
package struct CodeProof: Sendable {
    /// 43 to 128 characters, known to this process alone until the code is redeemed.
    package let verifier: String

    package init() { verifier = Self.randomText(bytes: 96) }

    var challenge: String { Self.text(Array(SHA256.hash(data: Array(verifier.utf8)))) }

    /// Base64 of a URL, of so many bytes of chance.
    package static func randomText(bytes count: Int) -> String {
        var random = SystemRandomNumberGenerator()
        return text((0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) })
    }

    private static func text(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
