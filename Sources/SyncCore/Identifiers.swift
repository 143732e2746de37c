/// The user of the destination that a row belongs to: 1–256 bytes of visible ASCII (0x21–0x7E).
/// The uid travels in an HTTP header, so a value that exists is safe to send; nothing is ever trimmed.
package struct UserUID: Hashable, Sendable, CustomStringConvertible {
    package static let maximumLengthInBytes = 256
    package let text: String

    package init?(_ text: String) {
        guard Self.isValid(text.utf8) else { return nil }
        self.text = text
    }

    package var description: String { text }

    package static func isValid(_ bytes: some Collection<UInt8>) -> Bool {
        (1...maximumLengthInBytes).contains(bytes.count) && bytes.allSatisfy { (0x21...0x7E).contains($0) }
    }
}

/// A ULID: 48 bits of Unix milliseconds and 80 random bits in Crockford's base 32, so that ids sort by time.
/// https://github.com/ulid/spec
package struct ULID: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let text: String

    package init(milliseconds: UInt64, random: (UInt64, UInt16)) {
        let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".unicodeScalars)
        var value = UInt128(milliseconds & 0xFFFF_FFFF_FFFF) << 80 | UInt128(random.0) << 16 | UInt128(random.1)
        var digits: [Unicode.Scalar] = []
        for _ in 0..<26 {
            digits.append(alphabet[Int(value & 31)])
            value >>= 5
        }
        text = String(String.UnicodeScalarView(digits.reversed()))
    }

    /// A new id for this moment from the system's random numbers.
    package static func new(at time: WallTime) -> ULID {
        ULID(
            milliseconds: UInt64(max(0, time.microseconds / 1000)),
            random: (.random(in: .min ... .max), .random(in: .min ... .max)))
    }

    /// Reads back what a user typed or the state holds; case is folded.
    package init?(_ text: String) {
        let folded = text.uppercased()
        guard folded.utf8.count == 26, folded.allSatisfy({ "0123456789ABCDEFGHJKMNPQRSTVWXYZ".contains($0) }) else {
            return nil
        }
        self.text = folded
    }

    /// The moment that it was made for.
    package var time: WallTime {
        let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
        let milliseconds = text.prefix(10).reduce(Int64(0)) { sum, digit in
            sum << 5 | Int64(alphabet.firstIndex(of: digit) ?? 0)
        }
        return WallTime(microseconds: milliseconds * 1000)
    }

    package var description: String { text }
    package static func < (left: ULID, right: ULID) -> Bool { left.text < right.text }
}

package typealias RunID = ULID
package typealias PlanID = ULID

/// Where a sync's values go, for good: attributes belong to a project on an edge host.
/// The snapshot is only true for one such pair.
package struct DestinationIdentity: Hashable, Sendable, CustomStringConvertible {
    package var projectUID: String
    /// Host, with `:port` where it is not the scheme's own, lower case.
    package var edgeHost: String
    /// A loopback edge host is a simulator: changing from it to another asks no one, since nothing real was sent.
    package var isLoopback: Bool

    package init(projectUID: String, edgeHost: String, isLoopback: Bool) {
        self.projectUID = projectUID
        self.edgeHost = edgeHost
        self.isLoopback = isLoopback
    }

    package var description: String { "project \(projectUID) at \(edgeHost)" }
}

/// 128 bits of a keyed digest of a user uid: how the diff and the snapshot find a user without holding the uid.
package struct KeyHash: Hashable, Sendable, Comparable {
    package var high: UInt64, low: UInt64
    package init(high: UInt64, low: UInt64) { (self.high, self.low) = (high, low) }
    package static func < (left: Self, right: Self) -> Bool { (left.high, left.low) < (right.high, right.low) }
}

/// 128 bits of HMAC-SHA-256 over a row's canonical bytes; equal values, and only those, have equal fingerprints.
package struct ValuesFingerprint: Hashable, Sendable {
    package var high: UInt64, low: UInt64
    package init(high: UInt64, low: UInt64) { (self.high, self.low) = (high, low) }
}

/// A keyed digest of a row's cells as the source gave them, before typing, and of the rules that would type them: a row
/// that has its user's digest needs no typing to be known as unchanged. Another digest says nothing: equal values can
/// come of different cells.
package struct RowDigest: Hashable, Sendable {
    /// Of the rules: digests of other rules are stale.
    package var rules: UInt64
    /// Of the cells, under those rules; never 0. One user's row is only ever compared with that user's last one.
    package var cells: UInt64
    package init(rules: UInt64, cells: UInt64) { (self.rules, self.cells) = (rules, cells) }
}

/// What the snapshot knows a user's row by.
package struct Fingerprint: Hashable, Sendable {
    package var values: ValuesFingerprint
    package var row: RowDigest?
    package init(values: ValuesFingerprint, row: RowDigest? = nil) { (self.values, self.row) = (values, row) }

    package init(high: UInt64, low: UInt64, row: RowDigest? = nil) {
        self.init(values: ValuesFingerprint(high: high, low: low), row: row)
    }
}
