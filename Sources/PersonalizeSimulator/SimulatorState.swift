import Foundation

/// Everything that a simulator remembers, and the APIs over it.
final class SimulatorState: Sendable {
    let options: SimulatorOptions
    let users: UserStore
    let definitions: DefinitionStore
    let audiences: ProjectItems<StoredAudience>
    let experiences: ProjectItems<StoredExperience>
    let events: ProjectItems<StoredEvent>
    let projects: ProjectStore
    let sessions = SessionStore()
    let oauth: OAuthStore
    let budget: RequestBudget
    /// Nil answers at once.
    let latency: LatencyProfile?
    let traffic = Traffic()
    let log: RequestLog
    let faults: FaultSchedule
    let changes = ChangeFeed()
    /// The users in order, for the pages.
    let index: UserIndex

    init(_ options: SimulatorOptions) {
        self.options = options
        users = UserStore(visibilityDelay: options.visibilityDelay)
        index = UserIndex(of: users)
        latency = options.latency == .contentstack ? LatencyProfile(seed: options.faults.seed) : nil
        definitions = DefinitionStore(now: options.now)
        audiences = ProjectItems(now: options.now)
        experiences = ProjectItems(now: options.now)
        events = ProjectItems(now: options.now)
        projects = ProjectStore(
            known: options.projects ?? [], of: options.defaultOrganization.uid, now: options.now)
        oauth = OAuthStore(lifetime: options.accessTokenLifetime)
        budget = RequestBudget(perSecond: options.managementRequestsPerSecond)
        log = RequestLog(capacity: options.loggedRequests, bodyLimitInBytes: options.loggedBodyInBytes)
        faults = FaultSchedule(options.faults)
    }

    /// Applies a request and gives the answer a healthy Contentstack would.
    func answer(_ exchange: Exchange) -> Answer {
        EdgeAPI(state: self).answer(exchange) ?? ManagementAPI(state: self).answer(exchange)
            ?? SessionAPI(state: self).answer(exchange) ?? AuthorizeAPI(state: self).answer(exchange)
            ?? OAuthAPI(state: self).answer(exchange)
            ?? .error(404, field: "path", code: "Cannot \(exchange.method) \(exchange.path)")
    }

    func knows(project: String) -> Bool { options.knows(project: project) || projects.contains(project) }

    /// Counts and logs a request; a nil status is a request without an answer.
    func record(_ exchange: Exchange, at time: Date, status: Int?, fault: String?, isApplied: Bool) {
        traffic.record(status: status, fault: fault, isApplied: isApplied)
        log.append(
            LoggedRequest(
                sequence: 0, time: time, method: exchange.method, path: exchange.path, project: exchange.project,
                uid: exchange.uid, status: status, fault: fault, isApplied: isApplied,
                body: Self.hidesBody(of: exchange.path) ? [] : exchange.body,
                bodySizeInBytes: exchange.body.count))
        changes.note()
    }

    /// What is sent there holds passwords, codes and tokens.
    private static func hidesBody(of path: String) -> Bool {
        let path = path.drop { $0 == "/" }.lowercased()
        return ["apps", "token", "v3/"].contains { path.hasPrefix($0) }
    }
}
