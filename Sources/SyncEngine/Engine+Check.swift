package import SyncCore

extension Engine {
    /// Prepares and types every selected sync; reads no row and sends nothing.
    package func check(_ syncs: [SyncDefinition]) async -> CheckOutcome {
        let check = StatementCheck(source: environment.source, destination: environment.destination)
        var outcome = await check.outcome(syncs: syncs)
        outcome.findings = outcome.findings.map(environment.project.sourceLines.shown)
        return outcome
    }
}
