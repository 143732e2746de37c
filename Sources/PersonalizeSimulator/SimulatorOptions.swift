package import Foundation

/// How a simulator behaves.
package struct SimulatorOptions: Sendable {
    /// What a PATCH does with a key that is no attribute of the project. Contentstack does not document it.
    package enum UnknownKeys: String, Sendable, CaseIterable { case store, ignore, reject }

    package var host: String
    /// 0 takes any free port.
    package var port: Int
    package var faults: FaultRules
    /// The projects that exist; nil: every uid of 24 hexadecimal digits.
    package var projects: Set<String>?
    /// The tokens that open the management API; nil: any that is not empty.
    package var managementTokens: Set<String>?
    package var unknownKeys: UnknownKeys
    /// Status of a successful PATCH: 204, or 200 with a text.
    package var successStatus: Int
    /// How many requests the log keeps; 0 switches it off.
    package var loggedRequests: Int
    /// How much of each body the log keeps.
    package var loggedBodyInBytes: Int
    /// Time for the log and for definitions.
    package var now: @Sendable () -> Date
    /// Time for faults that wait.
    package var clock: any Clock<Duration>

    package init(
        host: String = "127.0.0.1", port: Int = 8787, faults: FaultRules = .none, projects: Set<String>? = nil,
        managementTokens: Set<String>? = nil, unknownKeys: UnknownKeys = .store, successStatus: Int = 204,
        loggedRequests: Int = 100_000, loggedBodyInBytes: Int = 4_096,
        now: @escaping @Sendable () -> Date = { Date() }, clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.host = host
        self.port = port
        self.faults = faults
        self.projects = projects
        self.managementTokens = managementTokens
        self.unknownKeys = unknownKeys
        self.successStatus = successStatus
        self.loggedRequests = loggedRequests
        self.loggedBodyInBytes = loggedBodyInBytes
        self.now = now
        self.clock = clock
    }

    func knows(project: String) -> Bool {
        if let projects { return projects.contains(project) }
        return project.utf8.count == 24 && project.utf8.allSatisfy { JSONText.hexadecimal($0) != nil }
    }
}
