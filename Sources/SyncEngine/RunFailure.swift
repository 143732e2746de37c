import SyncCore

/// Why a run or a plan ended before its work was done, in the terms of its report.
struct RunFailure: Error {
    var exit: ExitStatus
    var diagnostic: Diagnostic
    /// By `headrace cancel`.
    var wasCancelled = false
    /// Nothing was sent, however far the run had come.
    var isBeforeSending = false

    init(_ exit: ExitStatus, _ diagnostic: Diagnostic) {
        self.exit = exit
        self.diagnostic = diagnostic
    }

    init(_ failure: SourceFailure) {
        let exit: ExitStatus =
            switch failure.kind {
            case .statement: .usage
            case .unavailable, .unreachable, .lost, .timedOut: .sourceFailure
            case .cancelled: .interrupted
            }
        self.init(exit, failure.diagnostic)
    }

    init(_ failure: StateFailure) {
        self.init(failure.exit, failure.diagnostic)
        isBeforeSending = failure.kind == .outdated
    }

    /// What to report of any error that a stage threw.
    init(_ error: any Error) {
        switch error {
        case let failure as RunFailure: self = failure
        case let failure as SourceFailure: self.init(failure)
        case let failure as StateFailure: self.init(failure)
        case let failure as DestinationFailure: self.init(.destinationStop, failure.diagnostic)
        case let finding as Diagnostic: self.init(.usage, finding)
        case is CancellationError:
            self.init(.interrupted, .error("interrupted", "the run was asked to stop"))
        default:
            self.init(.ownFault, .error("internal", "a fault of Headrace's own: \(type(of: error))"))
        }
    }

    /// The same, unless the work only ended because it was asked to.
    init(_ error: any Error, stop: StopRequest.Reason?) {
        self.init(error)
        guard let stop else { return }
        // Where both apply, the signal's code comes before any other; what went wrong stays in words.
        let isByRequest = exit == .interrupted
        exit = stop.exit
        wasCancelled = stop == .cancelled
        guard isByRequest else { return }
        diagnostic = .error("interrupted", "the run was asked to stop before the first request; nothing was sent")
    }

    /// Status of a run that ends with this failure.
    var status: RunStatus {
        switch exit {
        case .interrupted, .terminated: wasCancelled ? .cancelled : .interrupted
        case .blocked: .blocked
        default: .failed
        }
    }
}
