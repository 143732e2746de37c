import ProjectModels
import SyncCore
import SyncEngine

/// Everything that is wrong with a project, in its files and in the eyes of its databases, found in one go.
struct ProjectCheck {
    struct Outcome {
        /// By file, line and column.
        var findings: [Diagnostic]
        var checkedCount: Int
        var exit: ExitStatus
    }

    private let reading: ProjectReading
    private let patterns: [String]
    private let selected: Set<String>

    /// Throws `unknown_sync` for a pattern that matches no sync.
    init(_ reading: ProjectReading, syncs patterns: [String]) throws(Diagnostic) {
        self.reading = reading
        self.patterns = patterns
        selected = Set(try SyncSelection.select(patterns, among: reading.writtenSyncs.map(\.name)))
    }

    /// The databases are asked about all that is sound, also when other files are not, and Contentstack about the
    /// attributes where somebody is logged in. `withData`: when nothing is wrong
    /// the model tests are run too, and those that fail are findings. Throws when the task is cancelled.
    func outcome(withData: Bool = false) async throws -> Outcome {
        var findings = reading.findings
        var exits = reading.project == nil ? [ExitStatus.usage] : []
        if let draft = reading.draft {
            let check = StatementCheck(
                source: OpenedProject.source, destination: reading.project == nil ? nil : OpenedProject.destination,
                testsOf: draft)
            let asked = await check.outcome(
                syncs: draft.syncs.filter { selected.contains($0.name) }, models: patterns.isEmpty ? draft.models : [])
            findings += asked.findings
            exits.append(asked.exit)
            do throws(Diagnostic) { _ = try OpenedProject.statePath(of: draft) } catch {
                findings.append(error)
                exits.append(.usage)
            }
        }
        if let project = reading.project {
            let compared = try await DefinitionCheck(project: project, syncs: selected).findings()
            findings += compared
            if compared.contains(where: { $0.severity == .error }) { exits.append(.usage) }
        }
        if withData, let project = reading.project, ExitStatus.strongest(exits) == .done {
            let outcomes = try await TestSession(project: project).outcomes(of: tested(project)) { _ in }
            findings += outcomes.compactMap { TestReport($0).finding }
            exits += outcomes.map(\.exit)
        }
        return Outcome(
            findings: findings.map(reading.sourceLines.shown).sorted(by: Diagnostic.inFileOrder),
            checkedCount: selected.count,
            exit: ExitStatus.strongest(exits))
    }

    private func tested(_ project: Project) -> [ModelDefinition] {
        let names = Set(project.syncs.filter { selected.contains($0.name) }.map(\.model.name))
        return project.models.filter { patterns.isEmpty || names.contains($0.name) }
    }
}
