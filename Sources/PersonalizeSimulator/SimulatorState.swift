import Foundation

/// Everything that a simulator remembers, and the APIs over it.
final class SimulatorState: Sendable {
    let options: SimulatorOptions
    let users = UserStore()
    let definitions: DefinitionStore
    let audiences: ProjectItems<StoredAudience>
    let experiences: ProjectItems<StoredExperience>
    let events: ProjectItems<StoredEvent>
    let traffic = Traffic()
    let log: RequestLog
    let faults: FaultSchedule

    init(_ options: SimulatorOptions) {
        self.options = options
        definitions = DefinitionStore(now: options.now)
        audiences = ProjectItems(now: options.now)
        experiences = ProjectItems(now: options.now)
        events = ProjectItems(now: options.now)
        log = RequestLog(capacity: options.loggedRequests, bodyLimitInBytes: options.loggedBodyInBytes)
        faults = FaultSchedule(options.faults)
    }

    /// Applies a request and gives the answer a healthy Contentstack would.
    func answer(_ exchange: Exchange) -> Answer {
        EdgeAPI(state: self).answer(exchange) ?? ManagementAPI(state: self).answer(exchange)
            ?? .error(404, field: "path", code: "Cannot \(exchange.method) \(exchange.path)")
    }

    /// Counts and logs a request; a nil status is a request without an answer.
    func record(_ exchange: Exchange, at time: Date, status: Int?, fault: String?, isApplied: Bool) {
        traffic.record(status: status, fault: fault, isApplied: isApplied)
        log.append(
            LoggedRequest(
                sequence: 0, time: time, method: exchange.method, path: exchange.path, project: exchange.project,
                uid: exchange.uid, status: status, fault: fault, isApplied: isApplied, body: exchange.body,
                bodySizeInBytes: exchange.body.count))
    }
}
