import Foundation

/// Uids in the shape of Contentstack's own: 24 hexadecimal digits, the first of them a time.
struct ObjectIDs: Sendable {
    private var generator: SplitMix64

    init(seed: UInt64) { generator = SplitMix64(state: seed) }

    mutating func next(at time: Date) -> String {
        let random = String(generator.next(), radix: 16)
        let digits = String(UInt32(truncatingIfNeeded: Int(time.timeIntervalSince1970)), radix: 16) + random
        return String((String(repeating: "0", count: 24) + digits).suffix(24))
    }
}
