import Contentstack
import Foundation
import OutboundHTTP
import SyncCore
import SyncEngine

/// The management API of a destination, as whoever has logged in.
struct ManagementAccess: Sendable {
    /// Every request of this process comes out of one allowance.
    private static let pace = ManagementPace()

    let place: LoginPlace
    /// Of the environment, where that has one; else the login that is kept.
    private let given: FixedCredential?
    private let organizationUID: String?
    var destination: DestinationDefinition { place.destination }

    /// Throws `not_logged_in` where there is no credential, `auth_none` where the destination says that there is none.
    init(
        _ destination: DestinationDefinition, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(Diagnostic) {
        place = try LoginPlace(destination, environment: environment)
        given = try GivenToken(environment)?.credential
        guard given == nil else {
            organizationUID = nil
            return
        }
        guard let login = try place.store.login(named: place.name) else {
            throw .error(
                "not_logged_in", "nobody is logged in to destination \(destination.name)", at: destination.position,
                hint: "headrace login, or in CI set \(GivenToken.variables.map(\.name).joined(separator: " or "))")
        }
        organizationUID = login.organizationUID
    }

    /// Asks while `body` runs. Of what it throws a `ManagementFailure` ends the command as it deserves.
    func withClient<Result: Sendable>(
        _ body: @Sendable (ManagementClient) async throws -> Result
    ) async throws -> Result {
        try await place.withCaller { caller in
            try await body(client(caller, of: organizationUID, credentials(caller)))
        }
    }

    private func credentials(_ caller: HTTPCaller) -> any CredentialSource {
        if let given { given } else { place.kept(caller) }
    }

    private func client(
        _ caller: HTTPCaller, of organizationUID: String?, _ credentials: any CredentialSource
    ) -> ManagementClient {
        let address = ManagementClient.Address(
            endpoint: place.hosts.management, projectUID: destination.projectUID, organizationUID: organizationUID,
            userAgent: LoginPlace.userAgent)
        return ManagementClient(caller, address: address, credentials: credentials, pace: Self.pace)
    }

    /// What Contentstack says that the project uid is: the edge takes any. Nil where no organization of the person lists it.
    func identity() async throws -> ProjectIdentity? {
        try await place.withCaller { caller in
            let credentials = credentials(caller)
            let credential = try await credentials.credential(insteadOf: nil)
            let user = try await place.sessions(caller).user(credential).user
            var organizations = user?.organizations ?? []
            if let uid = organizationUID, !organizations.contains(where: { $0.uid == uid }) {
                organizations.insert(RemoteUser.Organization(uid: uid, name: uid), at: 0)
            }
            for organization in organizations {
                let client = client(caller, of: organization.uid, credentials)
                let projects: [RemoteProject]
                do throws(ManagementFailure) { projects = try await client.projects() } catch {
                    // Of one of several organizations that the login does not reach.
                    guard error.kind == .forbidden || error.kind == .notFound else { throw error }
                    continue
                }
                if let project = projects.first(where: { $0.uid == destination.projectUID }) {
                    return ProjectIdentity(
                        uid: project.uid, name: project.name, organization: organization.name,
                        region: destination.region)
                }
            }
            return nil
        }
    }

    func contents() async throws -> (attributes: [RemoteAttribute], audiences: [RemoteAudience]) {
        try await withClient { client in (try await client.attributes(), try await client.audiences()) }
    }
}

/// A token that CI sets instead of logging in.
struct GivenToken: Sendable {
    /// The first that is set counts.
    static let variables: [(name: String, kind: ManagementCredential.Kind)] = [
        ("HEADRACE_AUTHTOKEN", .authtoken), ("HEADRACE_ACCESS_TOKEN", .bearer),
    ]

    let variable: String
    let value: ManagementCredential

    /// Nil where none is set. Throws `token_illegible`.
    init?(_ environment: [String: String] = ProcessInfo.processInfo.environment) throws(Diagnostic) {
        for (name, kind) in Self.variables {
            guard let token = environment[name], !token.isEmpty else { continue }
            guard token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw .error(
                    "token_illegible", "\(name) holds a blank, a line break or another character that no token has",
                    hint: "often it is the line break at the end of a file")
            }
            (variable, value) = (name, ManagementCredential(kind, Secret(token)))
            return
        }
        return nil
    }

    var credential: FixedCredential { FixedCredential(value, from: variable) }
}
