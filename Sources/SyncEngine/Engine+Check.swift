import ChangePlanning
package import SyncCore

extension Engine {
    /// Prepares and types every selected sync; reads no row and sends nothing. A model that several syncs share is
    /// prepared once.
    package func check(_ syncs: [SyncDefinition]) async -> CheckOutcome {
        var findings: [Diagnostic] = []
        var checked: [CheckedSync] = []
        var exits: [ExitStatus] = []
        var described: [String: Result<DescribedModel, SourceFailure>] = [:]
        for sync in syncs {
            if described[sync.model.name] == nil {
                let result = await describe(sync.model)
                described[sync.model.name] = result
                if case .failure(let failure) = result {
                    var finding = failure.diagnostic
                    finding.position = finding.position ?? sync.model.source.position
                    findings.append(finding)
                    exits.append(failure.kind == .statement ? .usage : .sourceFailure)
                }
            }
            guard case .success(let model) = described[sync.model.name] else { continue }
            do {
                let destination = try environment.destination(sync.destination)
                let found = SyncCheck.findings(
                    sync: sync, columns: model.columns, dialect: model.source.dialect)
                findings += found
                if found.contains(where: { $0.severity == .error }) {
                    exits.append(.usage)
                } else {
                    checked.append(
                        CheckedSync(
                            sync: sync, columns: model.columns, source: model.source, destination: destination))
                }
            } catch {
                findings.append(error)
                exits.append(.usage)
            }
        }
        var seen: Set<String> = []
        findings = findings.filter { seen.insert($0.rendered()).inserted }
        return CheckOutcome(
            findings: findings.sorted(by: Diagnostic.inFileOrder), checked: checked,
            exit: ExitStatus.strongest(exits))
    }

    struct DescribedModel: Sendable {
        var source: any Source
        var columns: [ColumnDescription]
    }

    private func describe(_ model: ModelDefinition) async -> Result<DescribedModel, SourceFailure> {
        do {
            let source = try environment.source(model.source)
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
