import ChangePlanning
import Logging
import ProjectModels
import SyncCore

extension Engine {
    /// Makes and stores a plan, taking no lock but for the moment that closes a run that was killed. The plan is
    /// `blocked` when a guard tripped.
    package func plan(
        _ checked: CheckedSync, options: RunOptions, details: Int, observer: RunObserver?, stop: StopRequest
    ) async -> PlanOutcome {
        let planID = PlanID.new(at: environment.now())
        do {
            let built = try await cancelling(on: stop) {
                if let failed = try await runTests(before: checked) {
                    throw RunFailure(.blocked, Self.blockedByTests(failed, of: checked.sync.model))
                }
                try await examineWitness()
                try await closeKilledRuns(of: checked)
                let scope = try await environment.state.scope(
                    sync: checked.sync.name, identity: checked.destination.identity)
                let builder = planBuilder(checked, scope: scope, options: options, run: nil, observer: observer)
                return try await builder.build(planID)
            }
            let operations = try await environment.state.operations(of: planID, after: 0, limit: max(0, details))
            let withheld = try await environment.state.withheld(
                of: planID, quarantineAfterRuns: checked.sync.retry.quarantineAfterRuns)
            let exit: ExitStatus =
                built.plan.status == .blocked
                ? .blocked : built.plan.rows.invalid > 0 ? .completedWithErrors : .done
            return PlanOutcome(
                plan: built.plan, operations: operations, withheld: withheld,
                invalidSample: built.summary.invalidSample, error: nil, exit: exit)
        } catch {
            var failure = RunFailure(error)
            if let reason = stop.reason { failure.exit = reason.exit }
            return PlanOutcome(
                plan: nil, operations: [], invalidSample: [], error: failure.diagnostic, exit: failure.exit)
        }
    }

    /// Whoever was in a killed run's window must be sent again, and the plan has to say so. Where somebody holds the
    /// locks, the plan still counts the open window as dirty.
    private func closeKilledRuns(of checked: CheckedSync) async throws {
        let (state, sync) = (environment.state, checked.sync.name)
        guard try await state.runs(sync: sync, limit: 50).contains(where: { !$0.status.isFinal }) else { return }
        let closer = RunID.new(at: environment.now())
        let lease = try await state.acquireLeases(
            LeaseKeeper.names(sync: sync, identity: checked.destination.identity), holder: environment.holder,
            run: closer, at: environment.now(), isGone: environment.isGone)
        guard case .acquired = lease else { return }
        do {
            noteRecovered(try await state.recoverRuns(of: sync, except: closer, at: environment.now()), of: sync)
        } catch {
            try? await state.releaseLeases(run: closer)
            throw error
        }
        try await state.releaseLeases(run: closer)
    }

    func noteRecovered(_ runs: [RunID], of sync: String) {
        for dead in runs {
            environment.logger.notice(
                "a run that was killed is closed; its open users are sent again",
                metadata: ["run": "\(dead)", "sync": "\(sync)"])
        }
    }

    func planBuilder(
        _ checked: CheckedSync, scope: ScopeRecord, options: RunOptions, run: RunID?, observer: RunObserver?
    ) -> PlanBuilder {
        PlanBuilder(
            environment: environment, checked: checked, scope: scope, options: options,
            definitionDigest: definitionDigest(of: checked.sync, identity: checked.destination.identity)
        ) { status, rowsRead in
            var progress = RunProgress(sync: checked.sync.name, runID: run, status: status)
            progress.rowsRead = rowsRead
            observer?(progress)
        }
    }

    /// A digest of everything that decides a plan; another digest means the plan is of other files.
    func definitionDigest(of sync: SyncDefinition, identity: DestinationIdentity) -> String {
        environment.keys.valueFingerprint(
            attribute: "definition", .string(DefinitionDigest.canonicalText(of: sync) + "\n" + identity.description))
    }

    /// Runs `work` as a task of its own, so that a stop request cancels it while its caller goes on to report.
    func cancelling<Result: Sendable>(
        on stop: StopRequest, _ work: @Sendable @escaping () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                await stop.wait()
                return nil
            }
            var result: Result?
            while let next = try await group.next() {
                result = next ?? result
                group.cancelAll()
            }
            guard let result else { throw CancellationError() }
            return result
        }
    }
}
