import Crypto
import Foundation
package import SyncCore

/// The keys that one install key gives, each for one use: fingerprints, key hashes, masks and sealing. Two uses never
/// share a key, so that nothing learnt from one helps with another.
package struct KeyRing: Sendable {
    /// SHA-256 states that have already absorbed their key, copied for every digest.
    private let keyHashStart: SHA256
    private let fingerprintInner: SHA256
    private let fingerprintOuter: SHA256
    private let fingerprintKey: SymmetricKey
    private let valueKey: SymmetricKey
    private let maskKey: SymmetricKey
    private let rowKey: SymmetricKey
    private let sealingKey: SymmetricKey
    /// What `StateStore.keyCheck` holds: tells whether a state was made with this install key, and nothing else.
    package let check: [UInt8]

    package init(_ installKey: InstallKey) {
        let material = SymmetricKey(data: installKey.reveal())
        func derive(_ use: String) -> SymmetricKey {
            HKDF<SHA256>.deriveKey(
                inputKeyMaterial: material, info: Array("headrace \(use) v1".utf8), outputByteCount: 32)
        }
        fingerprintKey = derive("fingerprint")
        valueKey = derive("value fingerprint")
        maskKey = derive("mask")
        rowKey = derive("row digest")
        sealingKey = derive("seal")
        check = Self.bytes(of: derive("check"))
        keyHashStart = Self.hasher(absorbing: Self.bytes(of: derive("key hash")))
        let key = Self.bytes(of: fingerprintKey) + [UInt8](repeating: 0, count: 32)
        fingerprintInner = Self.hasher(absorbing: key.map { $0 ^ 0x36 })
        fingerprintOuter = Self.hasher(absorbing: key.map { $0 ^ 0x5C })
    }

    /// How the diff and the snapshot find a user: one SHA-256 over a key and the uid, cut to 128 bits.
    package func keyHash(of uid: [UInt8]) -> KeyHash {
        let words = Self.words(uid, after: keyHashStart)
        return KeyHash(high: words.0, low: words.1)
    }

    package func keyHash(of uid: UserUID) -> KeyHash { keyHash(of: Array(uid.text.utf8)) }

    /// HMAC-SHA-256 cut to 128 bits, from states that hold the padded key: two compressions fewer a row.
    package func fingerprint(of canonical: [UInt8]) -> ValuesFingerprint {
        var inner = fingerprintInner
        unsafe canonical.withUnsafeBytes { unsafe inner.update(bufferPointer: $0) }
        var outer = fingerprintOuter
        unsafe inner.finalize().withUnsafeBytes { unsafe outer.update(bufferPointer: $0) }
        let words = Self.words(of: outer.finalize())
        return ValuesFingerprint(high: words.0, low: words.1)
    }

    /// Of the constants that a removed user is left with: another one than of any values, which begin with a digest.
    func fingerprint(ofRemoval body: [UInt8]) -> ValuesFingerprint {
        fingerprint(of: Array("headrace removal\n".utf8) + body)
    }

    /// Digests rows that are typed by `rules`, of the cells in `columns`.
    func rowDigester(rules: String, columns: [Int]) -> RowDigester {
        let digest = HMAC<SHA256>.authenticationCode(for: Array(rules.utf8), using: rowKey)
        // Key and rules fill one block of SHA-256, which is done once.
        return RowDigester(
            rules: unsafe digest.withUnsafeBytes { unsafe $0.loadUnaligned(as: UInt64.self) },
            start: Self.hasher(absorbing: Self.bytes(of: rowKey) + digest), columns: columns)
    }

    /// What the snapshot keeps of one value that it must not hold: 32 hex digits over the attribute's key and the
    /// value's JSON.
    package func valueFingerprint(attribute: String, _ value: AttributeValue) -> String {
        var json: [UInt8] = []
        value.appendJSON(to: &json)
        return valueFingerprint(attribute: attribute, json: json)
    }

    func valueFingerprint(attribute: String, json: [UInt8]) -> String {
        // The key's length keeps ("ab", "c") and ("a", "bc") apart.
        let message = Array("\(attribute.utf8.count):\(attribute)".utf8) + json
        return Self.hex(HMAC<SHA256>.authenticationCode(for: message, using: valueKey).prefix(16))
    }

    /// `‹masked 5f2a›`: the same four digits for the same text, so that people can see equality and nothing more.
    package func mask(_ text: String) -> String {
        "‹masked \(Self.hex(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: maskKey).prefix(2)))›"
    }

    /// The mask of a value of which only the fingerprint is held.
    package func mask(valueFingerprint: String) -> String { "‹masked \(valueFingerprint.prefix(4))›" }

    /// AES-GCM: a random nonce, the ciphertext and the tag.
    package func seal(_ bytes: [UInt8]) -> [UInt8] {
        guard let box = try? AES.GCM.seal(bytes, using: sealingKey) else {
            preconditionFailure("AES-GCM refuses no input with a 256-bit key")
        }
        return Array(box.nonce) + Array(box.ciphertext) + Array(box.tag)
    }

    package func seal(_ text: String) -> ProtectedText { .sealed(seal(Array(text.utf8))) }

    /// The bytes that `seal` was given. Throws when they were sealed with another key, or changed since.
    package func unseal(_ sealed: [UInt8]) throws(Diagnostic) -> [UInt8] {
        let nonceSize = 12
        let tagSize = 16
        guard sealed.count >= nonceSize + tagSize,
            let nonce = try? AES.GCM.Nonce(data: sealed.prefix(nonceSize)),
            let box = try? AES.GCM.SealedBox(
                nonce: nonce, ciphertext: sealed.dropFirst(nonceSize).dropLast(tagSize), tag: sealed.suffix(tagSize)),
            let bytes = try? AES.GCM.open(box, using: sealingKey)
        else {
            throw .error(
                "state_unsealable", "the state holds a sealed value that this install key does not open",
                hint: "use the key that the state was made with")
        }
        return Array(bytes)
    }

    /// The text itself, sealed or not. Throws as `unseal` does.
    package func reveal(_ text: ProtectedText) throws(Diagnostic) -> String {
        switch text {
        case .clear(let clear): clear
        case .sealed(let sealed): String(decoding: try unseal(sealed), as: UTF8.self)
        }
    }

    private static func bytes(of key: SymmetricKey) -> [UInt8] { unsafe key.withUnsafeBytes { unsafe Array($0) } }

    private static func hasher(absorbing bytes: [UInt8]) -> SHA256 {
        var hasher = SHA256()
        hasher.update(data: bytes)
        return hasher
    }

    static func words(_ bytes: [UInt8], after start: SHA256) -> (UInt64, UInt64) {
        var hasher = start
        unsafe bytes.withUnsafeBytes { unsafe hasher.update(bufferPointer: $0) }
        return words(of: hasher.finalize())
    }

    private static func words(of digest: SHA256.Digest) -> (UInt64, UInt64) {
        unsafe digest.withUnsafeBytes { bytes in
            unsafe (
                UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
    }

    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension KeyRing: CustomStringConvertible, CustomReflectable {
    package var description: String { "‹keys›" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
