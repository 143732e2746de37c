import Synchronization

/// Contentstack takes ten requests a second of an organization (contentstack.md 2); all of this process share them.
package final class ManagementPace: Sendable {
    package static let requestsASecond = 10
    /// Requests may come closer together than they left.
    private static let window = Duration.milliseconds(1050)

    private let last: Mutex<[ContinuousClock.Instant]> = Mutex([])

    package init() {}

    /// Takes the next place; returns how long it is until then.
    package func wait(at now: ContinuousClock.Instant) -> Duration {
        last.withLock { last in
            let start = last.count < Self.requestsASecond ? now : max(now, last[0] + Self.window)
            if last.count == Self.requestsASecond { last.removeFirst() }
            last.append(start)
            return now.duration(to: start)
        }
    }
}
