import Synchronization

/// Counts requests, and notices two requests of one user in flight at once.
final class Traffic: Sendable {
    /// How many overlapping users are named; the rest is only counted.
    private static let namedOverlaps = 1_000

    struct Totals: Sendable {
        var requests = 0
        var applied = 0
        var unanswered = 0
        var byStatus: [Int: Int] = [:]
        var byFault: [String: Int] = [:]
        /// Impressions and conversions that the edge took, by kind.
        var events: [String: Int] = [:]
        var inFlight = 0
        var maximumInFlight = 0
        var inFlightByUser: [UserKey: Int] = [:]
        var maximumInFlightByUser = 0
        var overlappingUsers: [UserKey: Int] = [:]
    }

    private let totals = Mutex(Totals())

    /// A request of this user arrived.
    func begin(_ user: UserKey?) {
        totals.withLock { totals in
            totals.requests += 1
            totals.inFlight += 1
            totals.maximumInFlight = max(totals.maximumInFlight, totals.inFlight)
            guard let user else { return }
            let now = totals.inFlightByUser[user, default: 0] + 1
            totals.inFlightByUser[user] = now
            totals.maximumInFlightByUser = max(totals.maximumInFlightByUser, now)
            guard now > 1, totals.overlappingUsers[user] != nil || totals.overlappingUsers.count < Self.namedOverlaps
            else { return }
            totals.overlappingUsers[user] = max(totals.overlappingUsers[user] ?? 0, now)
        }
    }

    /// The request is over for its client: an answer is about to be written, or the connection is gone.
    func end(_ user: UserKey?) {
        totals.withLock { totals in
            totals.inFlight -= 1
            guard let user, let count = totals.inFlightByUser[user] else { return }
            totals.inFlightByUser[user] = count > 1 ? count - 1 : nil
        }
    }

    /// Counts what became of a request; a nil status is a request without an answer.
    func record(status: Int?, fault: String?, isApplied: Bool) {
        totals.withLock { totals in
            if let status { totals.byStatus[status, default: 0] += 1 } else { totals.unanswered += 1 }
            if let fault { totals.byFault[fault, default: 0] += 1 }
            if isApplied { totals.applied += 1 }
        }
    }

    func count(events kinds: [String]) {
        totals.withLock { totals in
            for kind in kinds { totals.events[kind, default: 0] += 1 }
        }
    }

    var snapshot: Totals { totals.withLock { $0 } }

    /// Forgets the counts; requests in flight stay counted, so that their end balances.
    func reset() {
        totals.withLock { totals in
            var fresh = Totals()
            fresh.inFlight = totals.inFlight
            fresh.inFlightByUser = totals.inFlightByUser
            totals = fresh
        }
    }
}

/// Ends one request in flight exactly once, whoever notices first: the answer or the closed connection.
final class FlightTicket: Sendable {
    private let traffic: Traffic
    private let user: UserKey?
    private let isOpen = Atomic(true)

    init(_ traffic: Traffic, user: UserKey?) {
        self.traffic = traffic
        self.user = user
    }

    func end() {
        guard isOpen.exchange(false, ordering: .acquiringAndReleasing) else { return }
        traffic.end(user)
    }
}
