import ArgumentParser
import SyncCore
import SyncEngine

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Parse, prepare and type everything; send nothing, read no row.",
        discussion: """
            Reads all files of the project, prepares each model's statement on its source and holds its columns against \
            the mappings: all findings of all files at once. Exits 2 when one of them is an error, 6 when a source cannot be asked. With \
            --with-data the model tests are run too, when nothing else is wrong: a failing one is a finding, and exits 3.
            """)

    @Argument(help: "Syncs to check, by name or glob; all when none is named.") var syncs: [String] = []
    @Flag(name: .long, help: "Run the model tests of the syncs' models too, which reads rows.") var withData = false
    @OptionGroup var options: ProjectOptions

    func run() async throws {
        let console = options.output.console
        try await ending(console) {
            let signals = ProcessSignals(announcing: ProcessSignals.ofReading)
            do {
                let check = try ProjectCheck(OpenedProject.read(options), syncs: syncs)
                let withData = withData
                let outcome = try await signals.cancelling { try await check.outcome(withData: withData) }
                console.print(outcome.findings)
                console.say(Self.summary(checked: outcome.checkedCount, findings: outcome.findings))
                return outcome.exit
            } catch {
                // Here findings are the result, not the reason that there is none.
                let failure = CommandFailure(error)
                guard signals.stop.reason == nil else { throw failure }
                console.print(failure.findings)
                console.say(Self.summary(checked: 0, findings: failure.findings))
                return failure.exit
            }
        }
    }

    static func summary(checked: Int, findings: [Diagnostic]) -> String {
        let errors = findings.count { $0.severity == .error }
        let warnings = findings.count { $0.severity == .warning }
        let counts = [
            errors > 0 ? NumberText.counted(errors, "error") : nil,
            warnings > 0 ? NumberText.counted(warnings, "warning") : nil,
        ].compactMap { $0 }
        let verdict = counts.isEmpty ? "nothing to fix" : counts.joined(separator: ", ")
        return checked > 0 ? "\(NumberText.counted(checked, "sync")) checked: \(verdict)" : verdict
    }
}
