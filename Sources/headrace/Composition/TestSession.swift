import ChangePlanning
import SyncCore
import SyncEngine

/// The tests of some models of a project. Needs no state: where the install key is not at hand, a personal value has a
/// bare mask.
struct TestSession: Sendable {
    let project: Project

    /// Tells of each outcome as it comes. A model that its source refuses has no test answered.
    func outcomes(
        of models: [ModelDefinition], observer: @escaping @Sendable (TestOutcome) -> Void
    ) async throws -> [TestOutcome] {
        let keys = keys
        let testing = ModelTesting(
            project: project, source: OpenedProject.source, mask: { keys?.mask($0) ?? "‹masked›" },
            now: { WallTime.current() })
        var outcomes: [TestOutcome] = []
        for model in models where !model.tests.isEmpty {
            let check = await StatementCheck(source: OpenedProject.source, destination: nil).outcome(
                syncs: [], models: [model])
            guard let error = check.findings.first(where: { $0.severity == .error }) else {
                outcomes += try await testing.outcomes(of: model, observer: observer)
                continue
            }
            let finding = project.sourceLines.shown(error)
            for test in model.tests {
                let outcome = TestOutcome(
                    model: model.name, test: test, result: .failed(finding, exit: check.exit), seconds: 0)
                observer(outcome)
                outcomes.append(outcome)
            }
        }
        return outcomes
    }

    private var keys: KeyRing? {
        guard let path = try? OpenedProject.statePath(of: project) else { return nil }
        return OpenedProject.knownKey(of: project.state, statePath: path).map { KeyRing($0) }
    }
}
