import ArgumentParser
import Foundation
import Logging

extension OutputFormat: ExpressibleByArgument {}

enum LogFormat: String, Sendable, CaseIterable, ExpressibleByArgument { case text, json }

enum LogLevel: String, Sendable, CaseIterable, ExpressibleByArgument {
    case trace, debug, info, notice, warning, error

    var level: Logger.Level {
        switch self {
        case .trace: .trace
        case .debug: .debug
        case .info: .info
        case .notice: .notice
        case .warning: .warning
        case .error: .error
        }
    }
}

/// How every command prints and logs.
struct OutputOptions: ParsableArguments {
    @Option(name: .long, help: "How results are printed on standard output: text or json.")
    var output = OutputFormat.text

    @Option(name: .long, help: "The least level that is logged on standard error.")
    var logLevel = LogLevel.notice

    @Option(name: .long, help: "How log lines are written on standard error: text or json.")
    var logFormat = LogFormat.text

    var console: Console { Console(format: output) }

    var logger: Logger {
        Logger(label: "headrace") { _ in StandardErrorLogHandler(level: logLevel.level, format: logFormat) }
    }
}

/// The options of every command that works on a project.
struct ProjectOptions: ParsableArguments {
    @Option(
        name: .long, help: "The project's folder; else this one or the nearest parent with headrace.yml.",
        completion: .directory)
    var project: String?

    @Option(
        name: .customLong("var"),
        help: ArgumentHelp(
            "A value for :NAME in the models, instead of that of `vars` in headrace.yml. Repeatable.",
            valueName: "name=value"))
    var variables: [String] = []

    @OptionGroup var output: OutputOptions

    /// By name.
    var variableTexts: [String: String] {
        let pairs = variables.compactMap { written in
            written.firstIndex(of: "=").map { (String(written[..<$0]), String(written[written.index(after: $0)...])) }
        }
        return Dictionary(pairs) { first, _ in first }
    }

    func validate() throws {
        var names: Set<String> = []
        for written in variables {
            // The value may be a secret, so a text without a = is not shown.
            guard let equals = written.firstIndex(of: "="), equals > written.startIndex else {
                throw ValidationError("--var takes NAME=VALUE.")
            }
            let name = String(written[..<equals])
            guard names.insert(name).inserted else { throw ValidationError("--var \(name) is given twice.") }
        }
    }
}
