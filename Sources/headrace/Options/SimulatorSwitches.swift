import ArgumentParser
import PersonalizeSimulator

extension SimulatorOptions.UnknownKeys: ExpressibleByArgument {}
extension SimulatorOptions.NestedObjects: ExpressibleByArgument {}
extension SimulatorOptions.Arrays: ExpressibleByArgument {}
extension SimulatorOptions.Nulls: ExpressibleByArgument {}
extension SimulatorOptions.Latency: ExpressibleByArgument {}

/// How a simulator behaves where Contentstack is not documented, or where a test wants it otherwise.
struct SimulatorSwitches: ParsableArguments {
    @Option(help: "What a key does that is no attribute of the project.")
    var unknownKeys = SimulatorOptions.UnknownKeys.store
    @Option(help: "What an object does as a value.") var nestedObjects = SimulatorOptions.NestedObjects.reject
    @Option(help: "What an array does as a value.") var arrays = SimulatorOptions.Arrays.store
    @Option(help: "What null does: take the attribute away, stay as no value, or be refused.")
    var nulls = SimulatorOptions.Nulls.unset
    @Option(help: "Status of a write that was taken: 204, or 200 with a text.") var successStatus = 204
    @Option(help: "How long the edge takes: not at all, or as long as Contentstack's.")
    var latency = SimulatorOptions.Latency.none
    @Option(help: "After how many milliseconds the manifest sees a write.") var visibilityDelayMs = 0
    @Option(help: "Management requests a second for each organization; 0 is no limit.")
    var managementRequestsPerSecond = 10.0
    @Option(help: "How many seconds an access token lives.") var accessTokenSeconds = 3_600
    @Option(help: "A redirect URI of the demo app, besides those it has; may be repeated.") var redirectURI: [String] =
        []
    @Flag(help: "The management API takes only tokens from a sign-in to the demo account.") var requireSignIn = false
    @Option(help: "The code that a sign-in with the demo account's password wants besides; needs --require-sign-in.")
    var secondFactor: String?
    @Option(help: "A scope that the demo app may ask for, instead of both; may be repeated.") var appScope: [String] =
        []
    @Flag(help: "The demo app has no client secret, as one that cannot keep any: it must use PKCE.") var publicApp =
        false

    func validate() throws {
        guard [200, 204].contains(successStatus) else { throw ValidationError("--success-status takes 200 or 204.") }
        guard visibilityDelayMs >= 0 else { throw ValidationError("--visibility-delay-ms takes 0 or more.") }
        guard (0...1_000_000).contains(managementRequestsPerSecond) else {
            throw ValidationError("--management-requests-per-second takes 0 to 1000000.")
        }
        guard secondFactor == nil || requireSignIn else {
            throw ValidationError("--second-factor needs --require-sign-in.")
        }
        guard accessTokenSeconds > 0 else { throw ValidationError("--access-token-seconds takes 1 or more.") }
    }

    func options(host: String, port: Int, faults: FaultRules) -> SimulatorOptions {
        var app = SimulatorOptions.OAuthApp.standard
        app.redirectURIs += redirectURI
        if publicApp { app.clientSecret = nil }
        if !appScope.isEmpty { app.scopes = appScope }
        var account = SimulatorOptions.Account.standard
        account.secondFactor = secondFactor
        return SimulatorOptions(
            host: host, port: port, faults: faults, accounts: requireSignIn ? [account] : nil, oauthApps: [app],
            accessTokenLifetime: .seconds(accessTokenSeconds),
            managementRequestsPerSecond: managementRequestsPerSecond > 0 ? managementRequestsPerSecond : nil,
            unknownKeys: unknownKeys, nestedObjects: nestedObjects, arrays: arrays, nulls: nulls, latency: latency,
            visibilityDelay: .milliseconds(visibilityDelayMs), successStatus: successStatus)
    }
}
