package import SyncCore

/// What bounds one delivery.
package struct DeliverySettings: Sendable {
    /// Attempts a user a run, at least 1.
    package var attempts: Int
    /// Ceiling of the adaptive concurrency.
    package var maximumInFlight: Int
    package var maximumRequestsPerSecond: Double?
    /// Users of the whole run: decides whether the first ones go alone.
    package var plannedWrites: Int

    package init(
        attempts: Int = 5, maximumInFlight: Int = 256, maximumRequestsPerSecond: Double? = nil, plannedWrites: Int
    ) {
        self.attempts = max(1, attempts)
        self.maximumInFlight = max(1, maximumInFlight)
        self.maximumRequestsPerSecond = maximumRequestsPerSecond
        self.plannedWrites = plannedWrites
    }

    package init(_ sync: SyncDefinition, plannedWrites: Int) {
        self.init(
            attempts: sync.retry.attempts, maximumInFlight: sync.destination.maxInFlight,
            maximumRequestsPerSecond: sync.destination.maxRequestsPerSecond, plannedWrites: plannedWrites)
    }

    /// Writes that may be open at once: what a kill can make us send twice.
    package var windowSize: Int { 2 * maximumInFlight }
}

/// Where a delivery stands, for the progress bar and the report.
package struct DeliveryCounts: Sendable, Hashable {
    package var attempts = AttemptCounts()
    package var confirmed = 0
    package var rejected = 0
    package var unknown = 0
    package var deferred = 0
    package var inFlight = 0
    /// Appended and neither in flight nor finished.
    package var waiting = 0
    /// Requests that may be in flight now.
    package var concurrencyLimit = 0
    /// The destination asked for a pause, or the breaker is open.
    package var pausedUntil: ContinuousClock.Instant?
    package init() {}

    package var finished: Int { confirmed + rejected + unknown + deferred }
}
