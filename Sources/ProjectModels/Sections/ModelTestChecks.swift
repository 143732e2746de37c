import SyncCore

/// What only shows when all models of the project are looked at together.
struct ModelTestChecks {
    let findings: Findings

    /// One statement cannot read two databases.
    func check(_ models: [ModelDefinition]) {
        for model in models {
            for test in model.tests {
                guard case .relationships(_, let parent, _) = test.claim, case .model(let name) = parent.relation,
                    let other = models.first(where: { $0.name == name }), other.source.name != model.source.name
                else { continue }
                findings.error(
                    "different_source",
                    "`to`: model `\(name)` is of source `\(other.source.name)`, this one of `\(model.source.name)`",
                    at: parent.position, hint: "name a table of source `\(model.source.name)`")
            }
        }
    }
}
