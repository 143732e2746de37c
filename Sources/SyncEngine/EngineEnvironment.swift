package import ChangePlanning
package import Delivery
package import Logging
package import SyncCore

/// Everything the engine is given: the project, the ports' conformances, time and chance.
package struct EngineEnvironment: Sendable {
    package var project: Project
    package var state: any StateStore
    package var keys: KeyRing
    package var source: @Sendable (SourceDefinition) throws(Diagnostic) -> any Source
    package var destination: @Sendable (DestinationDefinition) throws(Diagnostic) -> any Destination
    package var holder: LeaseHolder
    /// Whether a lock's holder is certainly dead (this host, other boot, or no such process).
    package var isGone: @Sendable (LeaseHolder) -> Bool
    package var now: @Sendable () -> WallTime
    /// The clock that the age of this run's locks is measured by: it goes on while the process is stopped.
    package var instant: @Sendable () -> ContinuousClock.Instant = { .now }
    package var random: @Sendable () -> Double
    package var logger: Logger
    /// Where a diff goes on that memory has no room for; nil where it may not.
    package var spill: (any SpillSpace)?
    /// How long after a renewal a run takes its locks for its own. With a request's usual time limit (10 s) that ends
    /// before a holder elsewhere counts as dead (45 s).
    package var leaseTrust = Duration.seconds(30)
    /// What the deliveries of this environment know of their destinations, one run after the other and side by side.
    package let pacers = DestinationPacers()
    /// Waits that long; throws when the task is cancelled.
    package var pause: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

    package init(
        project: Project, state: any StateStore, keys: KeyRing,
        source: @escaping @Sendable (SourceDefinition) throws(Diagnostic) -> any Source,
        destination: @escaping @Sendable (DestinationDefinition) throws(Diagnostic) -> any Destination,
        holder: LeaseHolder, isGone: @escaping @Sendable (LeaseHolder) -> Bool,
        now: @escaping @Sendable () -> WallTime, random: @escaping @Sendable () -> Double, logger: Logger
    ) {
        self.project = project
        self.state = state
        self.keys = keys
        self.source = source
        self.destination = destination
        self.holder = holder
        self.isGone = isGone
        self.now = now
        self.random = random
        self.logger = logger
    }

    /// Plans that were made earlier can no longer be applied.
    var oldestApplicable: WallTime {
        WallTime(microseconds: now().microseconds - project.state.planTimeToLive.microseconds)
    }
}

extension EngineEnvironment {
    /// What the state holds no clear text of: attributes by their keys, and the keys of users.
    func protectedNames(of sync: SyncDefinition) -> Set<String> {
        let retainsValues = project.state.retainsValues
        let attributes = sync.mappings.map(\.attribute).filter { $0.isPII || !retainsValues }.map(\.key)
        return Set(attributes + (sync.match.isPII ? ["user_uid and primary key"] : []))
    }
}
