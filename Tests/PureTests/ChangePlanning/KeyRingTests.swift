import Crypto
import SyncCore
import Testing

@testable import ChangePlanning

@Suite("The key ring") struct KeyRingTests {
    @Test("fingerprints are HMAC-SHA-256 cut to 128 bits", arguments: [0, 1, 55, 64, 65, 1000])
    func fingerprintIsHMAC(length: Int) {
        let install = [UInt8](0..<32)
        let derived = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: install), info: Array("headrace fingerprint v1".utf8),
            outputByteCount: 32)
        let message = [UInt8](repeating: 7, count: length)
        let expected = HMAC<SHA256>.authenticationCode(for: message, using: derived).prefix(16)
        let found = KeyRing(InstallKey(install)).fingerprint(of: message)
        let words = [found.high, found.low].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) }
        }
        #expect(words == Array(expected))
    }

    @Test("what is sealed opens with the same key only, and never reads the same twice")
    func sealing() throws {
        let keys = PlanningBench.keys
        let sealed = keys.seal([1, 2, 3])
        #expect(try keys.unseal(sealed) == [1, 2, 3])
        #expect(keys.seal([1, 2, 3]) != sealed)
        let other = KeyRing(InstallKey(Array(repeating: 9, count: 32)))
        #expect(throws: Diagnostic.self) { try other.unseal(sealed) }
        #expect(throws: Diagnostic.self) { try keys.unseal(sealed.dropLast() + [sealed.last.map { $0 ^ 1 } ?? 0]) }
        #expect(other.check != keys.check)
    }

    @Test("masks show equality and depend on the key")
    func masks() {
        #expect(PlanningBench.keys.mask("a@b.c") == PlanningBench.keys.mask("a@b.c"))
        #expect(PlanningBench.keys.mask("a@b.c") != PlanningBench.keys.mask("a@b.d"))
        #expect(PlanningBench.keys.mask("x").hasPrefix("‹masked "))
    }
}
