package import SyncCore

extension Engine {
    /// Prepares and types every selected sync; reads no row and sends nothing.
    package func check(_ syncs: [SyncDefinition]) async -> CheckOutcome {
        await StatementCheck(source: environment.source, destination: environment.destination).outcome(syncs: syncs)
    }
}
