import ArgumentParser

struct CompletionsCommand: ParsableCommand {
    enum Shell: String, CaseIterable, ExpressibleByArgument {
        case bash, zsh, fish

        var completionShell: CompletionShell {
            switch self {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        }
    }

    static let configuration = CommandConfiguration(
        commandName: "completions",
        abstract: "Print the completion script of a shell.",
        discussion: """
            bash: headrace completions bash > /etc/bash_completion.d/headrace
            zsh:  headrace completions zsh > "${fpath[1]}/_headrace"
            fish: headrace completions fish > ~/.config/fish/completions/headrace.fish
            """)

    @Argument(help: "bash, zsh or fish.") var shell: Shell

    func run() { StandardStream.output.print(Headrace.completionScript(for: shell.completionShell)) }
}
