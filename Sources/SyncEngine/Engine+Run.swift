import ChangePlanning
import Logging
package import SyncCore

extension Engine {
    /// Plan, guards and delivery of one sync. Never throws: the report says what happened and how to exit.
    package func run(
        _ checked: CheckedSync, options: RunOptions, trigger: RunTrigger, observer: RunObserver?, stop: StopRequest
    ) async -> RunReport {
        let runID = RunID.new(at: environment.now())
        return await session(checked, run: runID, trigger: trigger, observer: observer, stop: stop) { session in
            let scope = try await environment.state.scope(
                sync: checked.sync.name, identity: checked.destination.identity)
            let known = options.baseline ? try await environment.state.confirmedUsers(of: scope.id) : 0
            if known > 0, !options.assumeYes {
                throw RunFailure(
                    .usage,
                    .error(
                        "baseline_not_confirmed",
                        "the snapshot of \(checked.sync.name) already holds \(known) users",
                        hint: "add --yes to record the model's current values as confirmed without sending them"))
            }
            session.plans(runID)
            try await session.enter(.querying)
            if let failed = try await cancelling(on: stop, { try await runTests(before: checked) }) {
                if !options.overrideGuards {
                    session.take([failed])
                    throw RunFailure(.blocked, Self.blockedByTests(failed, of: checked.sync.model))
                }
            }
            let builder = planBuilder(checked, scope: scope, options: options, run: runID, observer: observer)
            let built = try await cancelling(on: stop) { try await builder.build(runID) }
            session.take(built)
            if let key = options.key, !built.summary.hasSelectedRow { warn(ofUnknown: key, in: checked.sync) }
            if built.plan.status == .blocked, !options.overrideGuards {
                // An `apply` of it would later record values as confirmed that nobody sent.
                if options.baseline { try await environment.state.discardPlan(built.plan.planID) }
                throw RunFailure(.blocked, Self.blockedBy(built.plan.guards, baseline: options.baseline))
            }
            try await session.deliver(built.plan, stop: stop)
        }
    }

    private func warn(ofUnknown key: String, in sync: SyncDefinition) {
        var metadata: Logger.Metadata = ["sync": "\(sync.name)"]
        if !sync.match.isPII { metadata["key"] = "\(key)" }
        environment.logger.warning("no row has the key", metadata: metadata)
    }

    static func blockedBy(_ guards: [GuardResult], baseline: Bool = false) -> Diagnostic {
        let tripped = guards.filter(\.tripped)
        let names = tripped.map { result in
            guard let actual = result.actual, let limit = result.limit else { return result.name }
            return "\(result.name) (\(Self.short(actual)), limit \(Self.short(limit)))"
        }
        let look =
            tripped.contains { $0.name == Guards.stateRestored }
            ? "put the latest copy of the state back, if there is a later one, or look at `headrace plan`"
            : "look at `headrace plan`"
        return .error(
            "blocked", "stopped before the first request by \(names.joined(separator: ", "))",
            hint: "\(look); `--override-guards` "
                + (baseline ? "records the current values all the same" : "sends it all the same"))
    }

    private static func short(_ number: Double) -> String {
        number == number.rounded() ? String(Int(number)) : String((number * 10).rounded() / 10)
    }

    /// Everything around a run's own work: locks, recovery of dead runs, the run's row, and an honest end.
    func session(
        _ checked: CheckedSync, run: RunID, trigger: RunTrigger, observer: RunObserver?, stop: StopRequest,
        work: @Sendable @escaping (RunSession) async throws -> Void
    ) async -> RunReport {
        let report = RunReport(
            runID: run, sync: checked.sync.name, model: checked.sync.model.name, status: .queued, trigger: trigger,
            startedAt: environment.now(), exit: .done)
        let trust = LeaseTrust(length: environment.leaseTrust, from: environment.instant())
        let session = RunSession(
            environment: environment, checked: checked, report: report, observer: observer, trust: trust)
        let state = environment.state
        do {
            let names = LeaseKeeper.names(sync: checked.sync.name, identity: checked.destination.identity)
            let lease = try await state.acquireLeases(
                names, holder: environment.holder, run: run, at: environment.now(), isGone: environment.isGone)
            if case .held(let name, let holder, let other) = lease {
                return session.refused(by: holder, run: other, lease: name)
            }
        } catch {
            return session.neverBegan(RunFailure(error))
        }
        FailPoint.locksTaken.pass()
        do {
            try await LeaseKeeper(environment, stop: stop, trust: trust).holding(run) {
                do {
                    // First of all: a killed run is closed as what the state is.
                    try await examineWitness()
                    noteRecovered(
                        try await state.recoverRuns(of: checked.sync.name, except: run, at: environment.now()),
                        of: checked.sync.name)
                    FailPoint.recovered.pass()
                    try await state.expirePlans(before: environment.oldestApplicable)
                    try await state.protect(environment.protectedNames(of: checked.sync), of: checked.sync.name)
                    try await work(session)
                } catch {
                    await session.fail(RunFailure(error, stop: stop.reason), ownsLeases: true)
                }
            }
        } catch {
            await session.fail(RunFailure(error, stop: stop.reason), ownsLeases: false)
        }
        return session.report
    }
}
