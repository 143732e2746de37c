import SyncCore

/// Forgets what a sync's destinations confirmed, under the sync's lock.
struct StateReset {
    let state: any StateUpkeep
    private let identity = ProcessIdentity()

    init(state: any StateUpkeep) { self.state = state }

    /// Throws `already_running` with exit code 7 while somebody holds the lock. A killed run is closed first, so that
    /// nothing of it comes back.
    func forget(_ sync: String, at destinations: [DestinationIdentity]) async throws -> [ForgottenSnapshot] {
        let run = RunID.new(at: .current())
        let holder = identity.current()
        let lease = try await state.acquireLeases(
            ["sync:\(sync)"], holder: holder, run: run, at: .current(),
            isGone: { ProcessIdentity().isGone($0, seenFrom: holder) })
        if case .held(_, let other, let running) = lease {
            throw CommandFailure(
                .alreadyRunning,
                .error(
                    "already_running",
                    "run \(running) is using \(sync) (process \(other.processID) on \(other.host))",
                    hint: "wait for it, or end it with `headrace cancel \(running)`"))
        }
        do {
            // As a run does: what is closed is closed as what the state is.
            _ = try await state.examineWitness(at: .current())
            _ = try await state.recoverRuns(of: sync, except: run, at: .current())
            let forgotten = try await state.forget(sync, at: destinations, run: run)
            try await state.releaseLeases(run: run)
            return forgotten
        } catch {
            try? await state.releaseLeases(run: run)
            throw error
        }
    }
}
