import Contentstack
import Foundation
import OutboundHTTP
import SyncCore
import SyncEngine

/// The management API of a destination, as whoever has logged in.
struct ManagementAccess: Sendable {
    /// What CI sets instead of a login; the first that is set counts.
    private static let variables: [(name: String, kind: ManagementCredential.Kind)] = [
        ("HEADRACE_AUTHTOKEN", .authtoken), ("HEADRACE_ACCESS_TOKEN", .bearer),
    ]

    /// Every request of this process comes out of one allowance.
    private static let pace = ManagementPace()

    let destination: DestinationDefinition
    private let endpoint: HTTPEndpoint
    private let credentials: any CredentialSource

    /// Throws `not_logged_in` where there is no credential, `auth_none` where the destination says that there is none.
    init(
        _ destination: DestinationDefinition, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(Diagnostic) {
        self.destination = destination
        guard destination.authentication != .none else {
            throw .error(
                "auth_none", "destination \(destination.name) has auth: {method: none}, so that nobody can be asked",
                at: destination.position, hint: "write auth: {method: authtoken} or {method: oauth}")
        }
        guard let credentials = Self.credentials(environment) else {
            throw .error(
                "not_logged_in", "nobody is logged in to destination \(destination.name)", at: destination.position,
                hint: "set \(Self.variables.map(\.name).joined(separator: " or "))")
        }
        self.credentials = credentials
        guard let region = Region(named: destination.region) else {
            throw .error("unknown_region", "\(destination.region) is no region", at: destination.position)
        }
        endpoint = try HTTPEndpoint(destination.managementURL ?? region.managementURL, at: destination.position)
    }

    private static func credentials(_ environment: [String: String]) -> (any CredentialSource)? {
        for (name, kind) in variables {
            guard let token = environment[name], !token.isEmpty else { continue }
            return FixedCredential(ManagementCredential(kind, Secret(token)), from: name)
        }
        return nil
    }

    /// Asks while `body` runs. Of what it throws a `ManagementFailure` ends the command as it deserves.
    func withClient<Result: Sendable>(
        _ body: @Sendable (ManagementClient) async throws -> Result
    ) async throws -> Result {
        var options = ConnectionOptions()
        options.timeout = .seconds(30)
        options.caFile = destination.caFile
        options.caFilePosition = destination.caFilePosition
        options.proxy = destination.proxy
        let caller = try HTTPCaller(options)
        let address = ManagementClient.Address(
            endpoint: endpoint, projectUID: destination.projectUID, userAgent: "headrace/\(HeadraceVersion.text)")
        let client = ManagementClient(caller, address: address, credentials: credentials, pace: Self.pace)
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body(client)) } catch { result = .failure(error) }
        await caller.close()
        return try result.get()
    }
}

extension ManagementAccess {
    func contents() async throws -> (attributes: [RemoteAttribute], audiences: [RemoteAudience]) {
        try await withClient { client in (try await client.attributes(), try await client.audiences()) }
    }
}
