import ArgumentParser
import Contentstack
import OutboundHTTP
import SyncCore
import SyncEngine

struct WhoamiCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "whoami",
        abstract: "Say who is logged in to Contentstack, of which organization, and until when.",
        discussion: """
            Asks Contentstack, and renews the login where it is about to end. Exits 2 where nobody is logged in, or where the \
            login is not accepted any more.
            """)

    @OptionGroup var options: DefinitionOptions

    func run() async throws {
        let console = options.project.output.console
        try await ending(console) {
            let (_, destination) = try options.definitions()
            let place = try LoginPlace(destination)
            let signals = ProcessSignals(announcing: ProcessSignals.ofReading)
            let report = try await signals.cancelling {
                try await place.withCaller { caller in
                    if let given = try GivenToken() {
                        return LoginReport(
                            given, user: try await place.sessions(caller).user(given.value).user, place: place)
                    }
                    let kept = place.kept(caller)
                    var credential = try await kept.credential(insteadOf: nil)
                    var answer = try await place.sessions(caller).user(credential)
                    if case .refused = answer {
                        // Ended before its time, perhaps; one that is lost says so.
                        credential = try await kept.credential(insteadOf: credential)
                        answer = try await place.sessions(caller).user(credential)
                    }
                    guard let login = try place.store.login(named: place.name) else {
                        throw Diagnostic.error("not_logged_in", "nobody is logged in", hint: "headrace login")
                    }
                    return LoginReport(login, user: answer.user, place: place)
                }
            }
            console.print(json: report.json, text: report.sentence)
            return .done
        }
    }
}
