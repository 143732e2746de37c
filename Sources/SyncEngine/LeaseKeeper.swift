import SyncCore

/// Holds a run's locks while its work lasts: renews them, and cancels the work when they are no longer its own.
struct LeaseKeeper: Sendable {
    /// How soon a run notices `headrace cancel`.
    static let cancelCheckInterval = Duration.milliseconds(500)

    var environment: EngineEnvironment
    var stop: StopRequest
    var trust: LeaseTrust
    private var state: any StateStore { environment.state }

    init(_ environment: EngineEnvironment, stop: StopRequest, trust: LeaseTrust) {
        self.environment = environment
        self.stop = stop
        self.trust = trust
    }

    /// The names of the locks: one run a sync, and one a project uid on an edge host, so that no user is ever sent by two.
    static func names(sync: String, identity: DestinationIdentity) -> [String] {
        ["sync:\(sync)", "destination:\(identity.projectUID)@\(identity.edgeHost)"]
    }

    /// Runs `work` under the run's leases and releases them after it, whatever happened.
    func holding<Result: Sendable>(
        _ run: RunID, work: @Sendable @escaping () async throws -> Result
    ) async throws -> Result {
        do {
            let result = try await withThrowingTaskGroup(of: Result?.self) { group in
                group.addTask { try await work() }
                group.addTask {
                    try await keepRenewing(run)
                    return nil
                }
                guard case .some(.some(let result)) = try await group.next() else {
                    throw RunFailure(
                        .ownFault,
                        .error(
                            "lease_lost", "another run took over this run's locks",
                            hint: "this process was stopped for too long; what it may have sent is sent again"))
                }
                group.cancelAll()
                return result
            }
            try? await state.releaseLeases(run: run)
            return result
        } catch {
            // The locks of a process that is gone are taken over; of one that failed they must not stay.
            try? await state.releaseLeases(run: run)
            throw error
        }
    }

    /// Returns when the leases are lost; throws when cancelled, and what kept it from renewing them for too long.
    private func keepRenewing(_ run: RunID) async throws {
        var lastRenewal = environment.instant()
        var failures = 0
        while true {
            try await environment.pause(Self.cancelCheckInterval)
            if (try? await state.isCancelRequested(of: run)) == true { stop.request(.cancelled) }
            guard environment.instant() - lastRenewal > trust.renewalInterval else { continue }
            lastRenewal = environment.instant()
            do {
                guard try await state.renewLeases(run: run, at: environment.now()) else { return }
                trust.renewed(at: lastRenewal)
                failures = 0
            } catch {
                failures += 1
                guard failures < 3 else { throw error }
            }
        }
    }
}
