package import SyncCore

extension Engine {
    /// Delivers exactly a stored plan without reading the source. A killed apply is resumed by the same call: what had
    /// its outcome is not sent again.
    package func apply(
        plan prefix: String, overrideGuards: Bool, observer: RunObserver?, stop: StopRequest
    ) async -> RunReport {
        let checked: CheckedSync
        do {
            checked = try await applicable(prefix)
        } catch {
            var report = RunReport(
                runID: nil, sync: "", model: "", status: .failed, trigger: .apply, startedAt: environment.now(),
                exit: .usage)
            report.fail(RunFailure(error))
            report.finishedAt = environment.now()
            return report
        }
        let runID = RunID.new(at: environment.now())
        return await session(checked, run: runID, trigger: .apply, observer: observer, stop: stop) { session in
            // Read again under the lock: recovery may just have given a killed apply's plan back.
            guard let plan = try await environment.state.plan(matching: prefix) else { throw Self.unknownPlan(prefix) }
            session.plans(plan.planID)
            try await refuseOlderThanRestore(plan, checked: checked)
            try await refuseOutdated(plan, checked: checked, current: runID)
            session.take(plan)
            if plan.guards.contains(where: \.tripped), !overrideGuards {
                try await environment.state.saveRun(session.report)
                try await session.takeInvalidSample()
                throw RunFailure(.blocked, Self.blockedBy(plan.guards))
            }
            try await session.deliver(plan, stop: stop)
        }
    }

    private static func unknownPlan(_ prefix: String) -> RunFailure {
        RunFailure(
            .usage,
            .error(
                "unknown_plan", "there is no plan \(prefix)",
                hint: "`headrace plan` makes one and prints its id"))
    }

    /// The sync that a plan belongs to.
    private func applicable(_ prefix: String) async throws -> CheckedSync {
        guard let plan = try await environment.state.plan(matching: prefix) else { throw Self.unknownPlan(prefix) }
        guard let sync = environment.project.syncs.first(where: { $0.name == plan.sync }) else {
            throw RunFailure(
                .usage, .error("plan_outdated", "the plan is of sync \(plan.sync), which the project no longer has"))
        }
        return CheckedSync(
            sync: sync, columns: [], source: try environment.source(sync.model.source),
            destination: try environment.destination(sync.destination))
    }

    private static func outdated(_ plan: PlanRecord, _ text: String) -> RunFailure {
        RunFailure(
            .usage,
            .error("plan_outdated", "plan \(plan.planID) \(text)", hint: "make a new one with `headrace plan`"))
    }

    /// It came with a copy of the state that was put back, and knows nothing of what was sent after it.
    private func refuseOlderThanRestore(_ plan: PlanRecord, checked: CheckedSync) async throws {
        let scope = try await environment.state.scope(
            sync: plan.sync, identity: checked.destination.identity)
        guard let restoredAt = scope.restoredAt, plan.createdAt < restoredAt else { return }
        throw Self.outdated(plan, "is older than the finding that the state is an old copy (state_restored)")
    }

    private func refuseOutdated(_ plan: PlanRecord, checked: CheckedSync, current: RunID) async throws {
        func refuse(_ text: String) -> RunFailure { Self.outdated(plan, text) }
        if plan.createdAt < environment.oldestApplicable { throw refuse("is older than state.plan_ttl allows") }
        switch plan.status {
        case .ready, .blocked, .delivering: break
        case .finished: throw refuse("was applied already")
        case .superseded: throw refuse("was superseded by a newer plan or run of \(plan.sync)")
        case .building: throw refuse("is not complete")
        }
        if definitionDigest(of: checked.sync, identity: checked.destination.identity) != plan.definitionDigest {
            throw refuse("was made from other definitions than the project's files hold now")
        }
        if let newest = try await environment.state.newestPlan(of: plan.sync), newest.planID != plan.planID {
            throw refuse("is not the newest plan of \(plan.sync)")
        }
        // A run that was still sending while the plan was made has moved the snapshot under it since.
        let later = try await environment.state.runs(sync: plan.sync, limit: 50).first { run in
            guard run.runID != current, run.planID != plan.planID else { return false }
            return run.startedAt > plan.createdAt || run.finishedAt.map { $0 > plan.createdAt } ?? true
        }
        if let later, let id = later.runID { throw refuse("was made before the end of run \(id) of \(plan.sync)") }
    }
}
