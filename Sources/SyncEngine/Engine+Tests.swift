import ChangePlanning
import Logging
import SyncCore

extension Engine {
    /// Runs the tests of a sync's model where the sync asks for it. Returns what blocks the run, nil when nothing does;
    /// throws when `tests: block` cannot be answered. Failures that block nothing are logged.
    func runTests(before checked: CheckedSync) async throws -> GuardResult? {
        guard let policy = checked.sync.tests else { return nil }
        let testing = ModelTesting(
            project: environment.project, source: environment.source, mask: { environment.keys.mask($0) },
            now: environment.now, pause: environment.pause)
        let outcomes = try await testing.outcomes(of: checked.sync.model)
        for outcome in outcomes {
            switch outcome.result {
            case .judged(let verdict): if !verdict.passed { warn(of: outcome.test, verdict.message, checked.sync) }
            case .failed(let finding, let exit):
                if policy == .block { throw RunFailure(exit, finding) }
                warn(of: outcome.test, finding.message, checked.sync)
            }
        }
        let failed = outcomes.filter(\.hasFailed)
        guard policy == .block, !failed.isEmpty else { return nil }
        return GuardResult(
            name: "model_tests", limit: 0, actual: Double(failed.count), tripped: true,
            detail: failed.map { "\($0.test.name) (\($0.test.position.file):\($0.test.position.line))" }
                .joined(separator: ", "))
    }

    private func warn(of test: ModelTest, _ message: String, _ sync: SyncDefinition) {
        environment.logger.warning(
            "a test of the model failed",
            metadata: [
                "sync": "\(sync.name)", "test": "\(test.name)", "reason": "\(message)",
                "place": "\(test.position.file):\(test.position.line)",
            ])
    }

    static func blockedByTests(_ failed: GuardResult, of model: ModelDefinition) -> Diagnostic {
        .error(
            "blocked", "stopped before the plan by failing tests of model \(model.name): \(failed.detail ?? "")",
            hint: "`headrace test \(model.name)` shows what fails; `run --override-guards` sends all the same")
    }
}
