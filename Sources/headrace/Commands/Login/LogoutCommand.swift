import ArgumentParser
import Contentstack
import OutboundHTTP
import SyncCore
import SyncEngine

struct LogoutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logout",
        abstract: "End the login at Contentstack, and forget it here.",
        discussion: """
            Where Contentstack cannot be asked the login is forgotten here all the same, and a warning says that it may still be \
            good there. What is set in the environment is left alone.
            """)

    @OptionGroup var options: DefinitionOptions

    func run() async throws {
        let console = options.project.output.console
        try await ending(console) {
            let (_, destination) = try options.definitions()
            let place = try LoginPlace(destination)
            guard let login = try place.store.login(named: place.name) else {
                console.print(json: Self.json(place, wasLoggedIn: false, isRevoked: false), text: "nobody is logged in")
                return .done
            }
            var failure: Diagnostic?
            if login.lost == nil {
                do { try await Self.revoke(at: place) } catch { failure = CommandFailure(error).findings.first }
            }
            try await place.keep(nil)
            if let failure {
                console.complain([
                    .warning(
                        "logout_unconfirmed", "the login may still be good at Contentstack: \(failure.message)",
                        hint: "end it on your profile's page there")
                ])
            }
            console.print(
                json: Self.json(place, wasLoggedIn: true, isRevoked: failure == nil && login.lost == nil),
                text: "logged out")
            return .done
        }
    }

    private static func revoke(at place: LoginPlace) async throws {
        try await place.withCaller { caller in
            let credential = try await place.kept(caller).credential(insteadOf: nil)
            guard let login = try place.store.login(named: place.name) else { return }
            switch login.method {
            case .authtoken: try await place.sessions(caller).end(credential.token)
            case .oauth:
                let client = try place.oauth(caller)
                guard let user = login.userUID, let organization = login.organizationUID else {
                    throw Diagnostic.error("login_unnamed", "it is not known whose authorization of the app it is")
                }
                do throws(OAuthFailure) {
                    try await client.revoke(
                        credential.token, organizationUID: organization, userUID: user)
                } catch {
                    throw error.diagnostic
                }
            }
        }
    }

    private static func json(_ place: LoginPlace, wasLoggedIn: Bool, isRevoked: Bool) -> JSONText {
        .members([
            "host": .string(place.hosts.management.authority), "was_logged_in": .boolean(wasLoggedIn),
            "revoked": .boolean(isRevoked),
        ])
    }
}
