import Foundation
import SyncCore

/// Turns times of the model's `time_zone` into UTC. A local time that a change of the clocks skips or repeats names
/// no single moment, and is not guessed.
struct LocalClock: Sendable {
    enum Answer: Equatable {
        /// Microseconds since 1970-01-01T00:00:00Z.
        case utc(Int64)
        case skipped
        case repeated
    }

    private let zone: TimeZone
    /// Offset in seconds of whole local days with no change of the clocks near; bounded, then forgotten.
    private var quietDays: [Int64: Int64] = [:]
    private var lastQuietDay: (day: Int64, offset: Int64)?
    private static let rememberedDays = 50_000

    /// Nil for a name that is no IANA zone.
    init?(_ identifier: String) {
        guard TimeZoneName.isKnown(identifier), let zone = TimeZone(identifier: identifier) else { return nil }
        self.zone = zone
    }

    mutating func utc(fromLocal local: Int64) -> Answer {
        let day = local.dividedFloor(by: ISO8601.microsecondsPerDay).quotient
        if let lastQuietDay, lastQuietDay.day == day { return .utc(local - lastQuietDay.offset * 1_000_000) }
        if let offset = quietDays[day] ?? quietOffset(ofDay: day) {
            lastQuietDay = (day, offset)
            return .utc(local - offset * 1_000_000)
        }
        return utc(nearChange: local)
    }

    /// The local time of a moment, in the same units.
    func local(fromUTC utc: Int64) -> Int64 {
        utc + offset(atUTC: utc.dividedFloor(by: 1_000_000).quotient) * 1_000_000
    }

    private mutating func quietOffset(ofDay day: Int64) -> Int64? {
        let start = day * 86_400
        let expected = offset(atUTC: start - 86_400)
        for hours: Int64 in [0, 12, 24, 48] where offset(atUTC: start + hours * 3600) != expected { return nil }
        if quietDays.count >= Self.rememberedDays { quietDays.removeAll(keepingCapacity: true) }
        quietDays[day] = expected
        return expected
    }

    private func utc(nearChange local: Int64) -> Answer {
        let seconds = local.dividedFloor(by: 1_000_000).quotient
        let candidates = Set((-48...48).map { offset(atUTC: seconds + $0 * 1800) })
        let fitting = candidates.filter { offset(atUTC: seconds - $0) == $0 }
        guard let offset = fitting.first else { return .skipped }
        return fitting.count == 1 ? .utc(local - offset * 1_000_000) : .repeated
    }

    private func offset(atUTC seconds: Int64) -> Int64 {
        Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds))))
    }
}
