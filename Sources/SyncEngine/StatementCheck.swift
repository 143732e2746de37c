import ChangePlanning
package import SyncCore

/// Asks the databases what they think of the models' statements, and holds the columns against the mappings. Reads no
/// row, sends nothing, needs no state.
package struct StatementCheck: Sendable {
    /// A model that its source has prepared.
    struct DescribedModel: Sendable {
        var source: any Source
        var columns: [ColumnDescription]
    }

    private let source: @Sendable (SourceDefinition) throws(Diagnostic) -> any Source
    /// Nil for a draft: its destinations are not looked at, and none of its syncs is ready to run.
    private let destination: (@Sendable (DestinationDefinition) throws(Diagnostic) -> any Destination)?
    /// Prepare also the models' tests, those of the models that `relationships` name among them.
    private let testsOf: Project?
    private var findings: [Diagnostic] = []
    private var checked: [CheckedSync] = []
    private var exits: [ExitStatus] = []
    private var described: [String: Result<DescribedModel, SourceFailure>] = [:]

    package init(
        source: @escaping @Sendable (SourceDefinition) throws(Diagnostic) -> any Source,
        destination: (@Sendable (DestinationDefinition) throws(Diagnostic) -> any Destination)?,
        testsOf project: Project? = nil
    ) {
        self.source = source
        testsOf = project
        self.destination = destination
    }

    /// Findings of the syncs, and of models that no sync of these reads. A model that several syncs share is prepared
    /// once.
    package func outcome(syncs: [SyncDefinition], models: [ModelDefinition] = []) async -> CheckOutcome {
        var check = self
        for sync in syncs {
            guard let model = await check.described(sync.model) else { continue }
            check.check(sync, model)
        }
        for model in models where check.described[model.name] == nil {
            guard let described = await check.described(model) else { continue }
            check.note(SyncCheck.findings(model: model, columns: described.columns))
        }
        if let testsOf {
            let names = Set(check.described.keys)
            for model in testsOf.models where names.contains(model.name) { await check.checkTests(model, of: testsOf) }
        }
        var seen: Set<String> = []
        let findings = check.findings.filter { seen.insert($0.rendered()).inserted }
        return CheckOutcome(
            findings: findings.sorted(by: Diagnostic.inFileOrder), checked: check.checked,
            exit: ExitStatus.strongest(check.exits))
    }

    private mutating func described(_ model: ModelDefinition) async -> DescribedModel? {
        if described[model.name] == nil {
            let result = await describe(model)
            described[model.name] = result
            if case .failure(let failure) = result {
                var finding = failure.diagnostic
                // A source that cannot be asked is found where headrace.yml defines it.
                finding.position = finding.position ?? model.source.position
                findings.append(finding)
                exits.append(failure.kind == .statement ? .usage : .sourceFailure)
            }
        }
        return try? described[model.name]?.get()
    }

    private mutating func check(_ sync: SyncDefinition, _ model: DescribedModel) {
        let found = SyncCheck.findings(sync: sync, columns: model.columns, dialect: model.source.dialect)
        note(found)
        guard let destination else { return }
        do throws(Diagnostic) {
            let destination = try destination(sync.destination)
            guard !found.contains(where: { $0.severity == .error }) else { return }
            checked.append(
                CheckedSync(sync: sync, columns: model.columns, source: model.source, destination: destination))
        } catch {
            note([error])
        }
    }

    /// The database's word on what only it can judge; columns that are not there are found already.
    private mutating func checkTests(_ model: ModelDefinition, of project: Project) async {
        guard let prepared = await described(model) else { return }
        let columns = Set(prepared.columns.map(\.name))
        for test in model.tests where columns.isSuperset(of: test.columns + model.primaryKey) {
            // What counts a model's rows is sound where the model is.
            if case .rowCount = test.claim { continue }
            do throws(SourceFailure) {
                _ = try await prepared.source.describe(project.statement(of: test, model))
            } catch {
                findings.append(error.diagnostic)
                exits.append(error.kind == .statement ? .usage : .sourceFailure)
            }
        }
    }

    private mutating func note(_ found: [Diagnostic]) {
        findings += found
        if found.contains(where: { $0.severity == .error }) { exits.append(.usage) }
    }

    private func describe(_ model: ModelDefinition) async -> Result<DescribedModel, SourceFailure> {
        do {
            let source = try source(model.source)
            return .success(DescribedModel(source: source, columns: try await source.describe(model.statement)))
        } catch let failure as SourceFailure {
            return .failure(failure)
        } catch {
            return .failure(SourceFailure(.statement, RunFailure(error).diagnostic))
        }
    }
}

extension Diagnostic {
    /// By file, line and column; findings without a place come first.
    package static func inFileOrder(_ left: Diagnostic, _ right: Diagnostic) -> Bool {
        func key(_ finding: Diagnostic) -> (String, Int, Int, String) {
            (
                finding.position?.file ?? "", finding.position?.line ?? 0, finding.position?.column ?? 0,
                finding.message
            )
        }
        return key(left) < key(right)
    }
}
