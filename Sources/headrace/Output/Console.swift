import Contentstack
import Foundation
import SyncCore

enum OutputFormat: String, Sendable, CaseIterable { case text, json }

/// Where a command's results and failures go: results to standard output, everything else to standard error.
struct Console: Sendable {
    var format: OutputFormat
    /// For standard output.
    var palette: Palette
    var errorPalette: Palette

    init(format: OutputFormat, environment: [String: String] = ProcessInfo.processInfo.environment) {
        self.format = format
        palette = Palette(isEnabled: Terminal.wantsColour(STDOUT_FILENO, environment: environment))
        errorPalette = Palette(isEnabled: Terminal.wantsColour(STDERR_FILENO, environment: environment))
    }

    var isJSON: Bool { format == .json }

    /// One value as its line of JSON, or as text. Text is escaped by whoever made it.
    func print(json: @autoclosure () -> JSONText, text: @autoclosure () -> String) {
        StandardStream.output.print(isJSON ? json().line : text())
    }

    /// For people only: nothing in JSON.
    func say(_ text: @autoclosure () -> String) {
        if !isJSON { StandardStream.output.print(text()) }
    }

    /// Findings as a command's result.
    func print(_ findings: [Diagnostic]) {
        for finding in findings {
            print(json: FindingReport(finding).json, text: FindingReport(finding).text(palette))
        }
    }

    /// Findings as the reason why a command has no result.
    func complain(_ findings: [Diagnostic]) {
        for finding in findings {
            let report = FindingReport(finding)
            StandardStream.error.print(isJSON ? report.json.line : report.text(errorPalette))
        }
    }
}

/// Why a command ends without its result.
struct CommandFailure: Error {
    var exit: ExitStatus
    var findings: [Diagnostic]

    init(_ exit: ExitStatus, _ findings: [Diagnostic]) { (self.exit, self.findings) = (exit, findings) }
    init(_ exit: ExitStatus, _ finding: Diagnostic) { self.init(exit, [finding]) }

    /// Any error that a port threw, in the terms of an exit code.
    init(_ error: any Error) {
        switch error {
        case let failure as CommandFailure: self = failure
        case let finding as Diagnostic:
            self.init(finding.code == "login_unreachable" ? .destinationStop : .usage, finding)
        case let failure as SourceFailure:
            let exit: ExitStatus = failure.kind == .statement ? .usage : .sourceFailure
            self.init(failure.kind == .cancelled ? .interrupted : exit, failure.diagnostic)
        case let failure as ManagementFailure: self.init(failure.exit, failure.diagnostic)
        case let failure as DestinationFailure: self.init(.destinationStop, failure.diagnostic)
        case let failure as StateFailure: self.init(failure.exit, failure.diagnostic)
        default:
            self.init(.ownFault, .error("internal", "a fault of Headrace's own: \(type(of: error))"))
        }
    }
}

extension ManagementFailure {
    /// What the user can set right is 2, what Contentstack does 5.
    fileprivate var exit: ExitStatus {
        switch kind {
        case .notSignedIn, .forbidden, .notFound: .usage
        case .refused, .unanswered: .destinationStop
        }
    }
}
