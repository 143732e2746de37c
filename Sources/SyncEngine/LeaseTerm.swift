import Synchronization

/// How long a run may go on without having renewed its locks.
final class LeaseTerm: Sendable {
    /// Another host takes the locks over 45 s after their renewal. What leaves before this has had its ten seconds then,
    /// so that no request of ours is on its way when theirs begin.
    static let length = Duration.seconds(35)

    private let renewal: Mutex<ContinuousClock.Instant>

    /// From a moment before the locks were taken.
    init(from instant: ContinuousClock.Instant) { renewal = Mutex(instant) }

    /// From a moment before they were renewed.
    func renewed(at instant: ContinuousClock.Instant) { renewal.withLock { $0 = instant } }

    /// The process was stopped, or the state could not be written, for so long that the locks may be somebody else's.
    func isOver(at instant: ContinuousClock.Instant) -> Bool { renewal.withLock { instant - $0 > Self.length } }
}
