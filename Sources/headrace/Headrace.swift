import ArgumentParser
import Foundation
import SyncCore

@main struct Headrace: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "headrace",
        abstract: "Syncs the rows of SQL models to users of Contentstack Personalize.",
        discussion: """
            A project is a folder with headrace.yml and models/. Start with `headrace init`, then `headrace check`, \
            `headrace plan` and `headrace run`.

            Exit codes: 0 done, 1 a fault of Headrace's own, 2 usage or configuration, 3 done with invalid or rejected \
            rows, 4 blocked by a guard, 5 destination stop, 6 source failure, 7 already running, 8 changes (plan \
            --exit-code), 130 or 143 stopped by a signal.
            """,
        version: HeadraceVersion.text,
        subcommands: [
            InitCommand.self, DoctorCommand.self, CheckCommand.self, PreviewCommand.self, TestCommand.self,
            PlanCommand.self, ApplyCommand.self, RunCommand.self, StatusCommand.self, RunsCommand.self,
            CancelCommand.self, RetryCommand.self, AttributesCommand.self, AudiencesCommand.self,
            LoginCommand.self, LogoutCommand.self, WhoamiCommand.self,
            StateCommand.self, SimulateCommand.self, SchemaCommand.self, CompletionsCommand.self,
        ])

    static func main() async {
        ProcessSignals.ignoreBrokenPipes()
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            leave(.done)
        } catch {
            leave(after: error)
        }
    }

    /// Ends the process as ArgumentParser would, but with the contract's code for a usage error.
    private static func leave(after error: any Error) -> Never {
        if let code = error as? ExitCode { leave(ExitStatus(rawValue: code.rawValue) ?? .ownFault) }
        let message = fullMessage(for: error)
        guard exitCode(for: error) == .success else {
            StandardStream.error.print(TerminalText.escapedLines(message))
            leave(.usage)
        }
        if !message.isEmpty { StandardStream.output.print(message) }
        leave(.done)
    }

    private static func leave(_ status: ExitStatus) -> Never {
        guard !StandardStream.output.tookEverything else { Foundation.exit(status.rawValue) }
        StandardStream.error.print("error: standard output could not be written; is the disk full? [output_failed]")
        Foundation.exit(ExitStatus.strongest([status, .ownFault]).rawValue)
    }
}
