import Contentstack
import Foundation
import OutboundHTTP
import SyncCore

/// Where a destination's login is kept, and who gives one.
struct LoginPlace: Sendable {
    let destination: DestinationDefinition
    let hosts: LoginHosts
    let store: LoginStore
    /// By hosts and kind: a login holds for every destination of them.
    let name: String

    /// Throws `auth_none` where the destination wants no login, `no_config_folder` where nothing says where it is kept.
    init(
        _ destination: DestinationDefinition, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(Diagnostic) {
        guard destination.authentication != .none else {
            throw .error(
                "auth_none", "destination \(destination.name) has auth: {method: none}, so that nobody can be asked",
                at: destination.position, hint: "write auth: {method: authtoken} or {method: oauth}")
        }
        guard let folder = UserFolder.configuration(in: environment) else {
            throw .error(
                "no_config_folder", "neither XDG_CONFIG_HOME nor HOME says where logins are kept",
                hint: "set one to an absolute path")
        }
        self.destination = destination
        hosts = try LoginHosts(destination)
        for host in hosts.all where !host.isSecure && !host.isLoopback {
            throw .error(
                "login_insecure", "a login is never sent to \(host.text), which is not https",
                at: destination.position, hint: "write https:// in the destination's URLs")
        }
        store = LoginStore(folder: folder)
        let app = destination.oauthApp.map { [$0.clientID] } ?? []
        // All of them: a file that names another host for a part of it must not get the login of the others.
        let parts = hosts.all.map(\.text) + [destination.authentication.rawValue] + app
        name = parts.joined(separator: " ")
    }

    static var userAgent: String { "headrace/\(HeadraceVersion.text)" }

    /// Throws `oauth_app_missing`.
    func oauth(_ caller: HTTPCaller) throws(Diagnostic) -> OAuthClient {
        guard let app = destination.oauthApp else {
            throw .error(
                "oauth_app_missing", "destination \(destination.name) does not say which OAuth app to log in with",
                at: destination.position,
                hint: "write auth: {method: oauth, app_uid: …, client_id: …} of an app of your organization")
        }
        return OAuthClient(caller, hosts: hosts, app: app, userAgent: Self.userAgent)
    }

    func sessions(_ caller: HTTPCaller) -> SessionClient {
        SessionClient(caller, hosts: hosts, userAgent: Self.userAgent)
    }

    /// Durable when it returns; nil forgets it.
    func keep(_ login: StoredLogin?) async throws(Diagnostic) {
        try await store.locked { () throws(Diagnostic) in try store.keep(login, as: name) }
    }

    /// The login that is kept, renewed where it must be.
    func kept(_ caller: HTTPCaller) -> KeptLogin {
        KeptLogin(in: store, named: name) { token throws(OAuthFailure) in
            let client: OAuthClient
            do throws(Diagnostic) { client = try oauth(caller) } catch { throw OAuthFailure(.refused, error) }
            return try await client.refresh(token)
        }
    }

    /// Asks while `body` runs, with the destination's proxy and authorities.
    func withCaller<Result: Sendable>(
        _ body: @Sendable (HTTPCaller) async throws -> Result
    ) async throws -> Result {
        var options = ConnectionOptions()
        options.timeout = .seconds(30)
        options.caFile = destination.caFile
        options.caFilePosition = destination.caFilePosition
        options.proxy = destination.proxy
        let caller = try HTTPCaller(options)
        let result: Swift.Result<Result, any Error>
        do { result = .success(try await body(caller)) } catch { result = .failure(error) }
        await caller.close()
        return try result.get()
    }
}
