import SyncCore

extension RunReport {
    /// Decides status and exit code from the books when nothing else ended the run. `stop` is why it was asked to end
    /// early, `destinationStop` the sentence of a destination that could not be worked with, `lastTrouble` its last
    /// answer to an operation that ended deferred or unknown.
    mutating func close(stop: StopRequest.Reason?, destinationStop: String?, lastTrouble: String?) {
        if !rows.isBalanced || !operations.isBalanced {
            (status, exit) = (.failed, .ownFault)
            fail(
                "books_unbalanced",
                "the books do not balance: this is a fault of Headrace; nothing was marked confirmed without proof")
        } else if let stop {
            status = stop == .cancelled ? .cancelled : .interrupted
            exit = stop.exit
            fail(
                "interrupted",
                "stopped while sending: \(operations.unknown) unknown, \(operations.deferred) deferred; "
                    + "the next run sends them again")
        } else if let destinationStop {
            (status, exit) = (.failed, .destinationStop)
            fail("destination_stop", destinationStop)
        } else if operations.unknown > 0 || operations.deferred > 0 {
            (status, exit) = (.failed, .destinationStop)
            let answer = lastTrouble.map { " (the last answer was \($0))" } ?? ""
            fail(
                "not_all_sent",
                "not everything could be sent\(answer): \(operations.unknown) unknown, \(operations.deferred) deferred; "
                    + "the next run sends them again, `headrace doctor` asks the destination")
        } else if operations.rejected > 0 || operations.quarantined > 0 || rows.invalid > 0 {
            (status, exit) = (.completedWithErrors, .completedWithErrors)
        } else {
            (status, exit) = (.succeeded, .done)
        }
    }

    /// Takes over what a failure says.
    mutating func fail(_ failure: RunFailure) {
        (status, exit) = (failure.status, failure.exit)
        (error, finding) = (failure.diagnostic.sentence, failure.diagnostic)
    }

    private mutating func fail(_ code: String, _ text: String) { (error, finding) = (text, .error(code, text)) }
}
