package import Foundation

/// How a simulator behaves.
package struct SimulatorOptions: Sendable {
    package var host: String
    /// 0 takes any free port.
    package var port: Int
    package var faults: FaultRules
    /// The projects that exist; nil: every uid of 24 hexadecimal digits.
    package var projects: Set<String>?
    /// Tokens that open the management API without a sign-in; nil: any, where there are no accounts.
    package var managementTokens: Set<String>?
    /// Who can sign in. Nil: `Account.standard` can, and any token that was not issued here opens the management API.
    package var accounts: [Account]?
    package var oauthApps: [OAuthApp]
    package var accessTokenLifetime: Duration
    /// Of each organization; nil: no limit.
    package var managementRequestsPerSecond: Double?
    package var unknownKeys: UnknownKeys
    package var nestedObjects: NestedObjects
    package var arrays: Arrays
    package var nulls: Nulls
    package var latency: Latency
    /// How long after a write the manifest begins to see it.
    package var visibilityDelay: Duration
    /// Status of a successful PATCH: 204, or 200 with a text.
    package var successStatus: Int
    /// How many requests the log keeps; 0 switches it off.
    package var loggedRequests: Int
    /// How much of each body the log keeps.
    package var loggedBodyInBytes: Int
    /// Time for the log and for definitions.
    package var now: @Sendable () -> Date
    /// Time for faults that wait, and for the pace of the pages' events.
    package var clock: any Clock<Duration>

    package init(
        host: String = "127.0.0.1", port: Int = 8787, faults: FaultRules = .none, projects: Set<String>? = nil,
        managementTokens: Set<String>? = nil, accounts: [Account]? = nil, oauthApps: [OAuthApp] = [.standard],
        accessTokenLifetime: Duration = .seconds(3_600), managementRequestsPerSecond: Double? = 10,
        unknownKeys: UnknownKeys = .store,
        nestedObjects: NestedObjects = .reject, arrays: Arrays = .store, nulls: Nulls = .unset,
        latency: Latency = .none, visibilityDelay: Duration = .zero, successStatus: Int = 204,
        loggedRequests: Int = 100_000, loggedBodyInBytes: Int = 4_096,
        now: @escaping @Sendable () -> Date = { Date() }, clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.host = host
        self.port = port
        self.faults = faults
        self.projects = projects
        self.managementTokens = managementTokens
        self.accounts = accounts
        self.oauthApps = oauthApps
        self.accessTokenLifetime = accessTokenLifetime
        self.managementRequestsPerSecond = managementRequestsPerSecond
        self.unknownKeys = unknownKeys
        self.nestedObjects = nestedObjects
        self.arrays = arrays
        self.nulls = nulls
        self.latency = latency
        self.visibilityDelay = visibilityDelay
        self.successStatus = successStatus
        self.loggedRequests = loggedRequests
        self.loggedBodyInBytes = loggedBodyInBytes
        self.now = now
        self.clock = clock
    }

    /// Whether a project exists without having been created.
    func knows(project: String) -> Bool {
        if let projects { return projects.contains(project) }
        return project.utf8.count == 24 && project.utf8.allSatisfy { JSONText.hexadecimal($0) != nil }
    }
}
