import Foundation
import Synchronization

/// How long the edge takes, as Contentstack says it does: half within 120 ms, 95 of 100 within 380 ms, 2 of 1000 above
/// a second, and rarely ten. One seed gives one order of delays.
final class LatencyProfile: Sendable {
    /// Shares of requests, and within how many seconds they are answered.
    private static let points = [(0.0, 0.04), (0.5, 0.12), (0.95, 0.38), (0.998, 1.0), (1.0, 10.0)]

    private let generator: Mutex<SplitMix64>

    init(seed: UInt64) { generator = Mutex(SplitMix64(state: seed)) }

    func next() -> Duration {
        Self.delay(ofShare: generator.withLock { Double($0.next() >> 11) * 0x1p-53 })
    }

    /// Between two points the logarithm of the delay grows evenly.
    private static func delay(ofShare share: Double) -> Duration {
        let place = points.lastIndex { $0.0 <= share } ?? 0
        let (low, high) = (points[place], points[min(place + 1, points.count - 1)])
        let part = high.0 > low.0 ? (share - low.0) / (high.0 - low.0) : 0
        return .seconds(exp(log(low.1) + part * (log(high.1) - log(low.1))))
    }
}
