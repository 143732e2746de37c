import ArgumentParser

struct StateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "state", abstract: "Look at what Headrace remembers, keep it small, or forget it.",
        subcommands: [StateInfoCommand.self, StatePruneCommand.self, StateResetCommand.self])
}
