package import SyncCore
import Synchronization

/// The one pacing owner of a destination: every delivery to it in the process asks here before a write leaves, and
/// reports what came of it. So a cap holds for all of them together, and a pause, a rate, a limit or an outage that one
/// met is known to the next.
package final class DestinationPacer: Sendable {
    package typealias Instant = ContinuousClock.Instant

    private let rules: Mutex<DestinationRules>

    package init(_ rules: DestinationRules = DestinationRules()) { self.rules = Mutex(rules) }

    /// Call once before a delivery; its reason to end at once, if any.
    package func begin(_ settings: DeliverySettings, at now: Instant) -> StopReason? {
        rules.withLock {
            $0.begin(
                maximumInFlight: settings.maximumInFlight, maximumPerSecond: settings.maximumRequestsPerSecond,
                at: now)
        }
    }

    package var limit: Int { rules.withLock { $0.limit } }

    package func pause(at now: Instant) -> Instant? { rules.withLock { $0.pause(at: now) } }

    /// What this destination began or ceased to do since the last call.
    package func takeNews() -> [DestinationNews] { rules.withLock { $0.takeNews() } }

    /// Asks for one write to be handed out now.
    package func take(at now: Instant) -> DestinationRules.Permission { rules.withLock { $0.take(at: now) } }

    /// For a write handed out that was given up for a reason of our own: it says nothing of the destination.
    package func giveBack(isProbe: Bool, at now: Instant) { rules.withLock { $0.giveBack(isProbe: isProbe, at: now) } }

    /// Else call once for every write handed out; the reason to stop comes out.
    package func record(
        _ result: AttemptResult, latency: Duration, isProbe: Bool, at now: Instant
    ) -> StopReason? {
        rules.withLock { $0.record(result, latency: latency, isProbe: isProbe, at: now) }
    }
}

/// The pacers of a process. A destination is a project uid on an edge host, as for locks and snapshots: two entries of
/// headrace.yml that name the same one share a pacer, and two projects on one host do not.
package final class DestinationPacers: Sendable {
    private let pacers = Mutex<[DestinationIdentity: DestinationPacer]>([:])

    package init() {}

    package func pacer(for destination: DestinationIdentity) -> DestinationPacer {
        pacers.withLock { pacers in
            if let known = pacers[destination] { return known }
            let pacer = DestinationPacer()
            pacers[destination] = pacer
            return pacer
        }
    }
}
