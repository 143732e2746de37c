import ArgumentParser
import Contentstack
import Foundation
import OutboundHTTP
import SyncCore
import SyncEngine

struct LoginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Log in to Contentstack, for definitions and audiences; sending needs no login.",
        discussion: """
            With auth: {method: oauth} it opens the region's page in the browser and waits five minutes for it to come back; with \
            --no-browser it prints the address and takes the code that is pasted. With auth: {method: authtoken}, or --authtoken, it \
            asks for e-mail, password and, where one is wanted, the second factor. The login is kept below XDG_CONFIG_HOME (~/.config), \
            readable by you alone, and holds for every destination of that host. In CI set HEADRACE_AUTHTOKEN or \
            HEADRACE_ACCESS_TOKEN instead.
            """)

    @Flag(name: .long, help: "Print the address instead of opening a browser, and take what is pasted.")
    var noBrowser = false
    @Flag(name: .long, help: "Ask for e-mail and password instead of opening a page.") var authtoken = false
    @OptionGroup var options: DefinitionOptions

    func validate() throws {
        if noBrowser, authtoken { throw ValidationError("--authtoken opens no page: leave --no-browser out.") }
    }

    func run() async throws {
        let console = options.project.output.console
        try await ending(console) {
            let (_, destination) = try options.definitions()
            let place = try LoginPlace(destination)
            let signals = ProcessSignals(announcing: ProcessSignals.ofReading)
            let asksPassword = authtoken || destination.authentication == .authtoken
            let opensBrowser = !noBrowser
            let login = try await signals.cancelling {
                try await place.withCaller { caller in
                    asksPassword
                        ? try await PasswordLogin(place: place, caller: caller).login()
                        : try await BrowserLogin(place: place, caller: caller, opensBrowser: opensBrowser).login()
                }
            }
            let report = LoginReport(login, place: place)
            console.print(json: report.json, text: "logged in: \(report.sentence)")
            return .done
        }
    }
}
