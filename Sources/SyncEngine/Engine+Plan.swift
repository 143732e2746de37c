import ChangePlanning
import ProjectModels
import SyncCore

extension Engine {
    /// Makes and stores a plan, taking no lock. The plan is `blocked` when a guard tripped.
    package func plan(
        _ checked: CheckedSync, options: RunOptions, details: Int, observer: RunObserver?, stop: StopRequest
    ) async -> PlanOutcome {
        let planID = PlanID.new(at: environment.now())
        do {
            let built = try await cancelling(on: stop) {
                let scope = try await environment.state.scope(
                    sync: checked.sync.name, identity: checked.destination.identity)
                let builder = planBuilder(checked, scope: scope, options: options, run: nil, observer: observer)
                return try await builder.build(planID)
            }
            let operations = try await environment.state.operations(of: planID, after: 0, limit: max(0, details))
            let exit: ExitStatus =
                built.plan.status == .blocked
                ? .blocked : built.plan.rows.invalid > 0 ? .completedWithErrors : .done
            return PlanOutcome(
                plan: built.plan, operations: operations, invalidSample: built.summary.invalidSample, error: nil,
                exit: exit)
        } catch {
            var failure = RunFailure(error)
            if let reason = stop.reason { failure.exit = reason.exit }
            return PlanOutcome(
                plan: nil, operations: [], invalidSample: [], error: failure.diagnostic, exit: failure.exit)
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
        // Not structured: only a task with a handle can be cancelled from a signal. It never outlives this call.
        let task = Task { try await work() }
        stop.onRequest { _ in task.cancel() }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }
}
