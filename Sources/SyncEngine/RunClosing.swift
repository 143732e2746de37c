import SyncCore

extension RunReport {
    /// Decides status and exit code from the books when nothing else ended the run. `stop` is why it was asked to end
    /// early, `destinationStop` the sentence of a destination that could not be worked with, `lastTrouble` its last
    /// answer to an operation that ended deferred or unknown, `withheld` what was not to be sent in this run.
    mutating func close(
        stop: StopRequest.Reason?, destinationStop: String?, lastTrouble: String?, withheld: WithheldCounts
    ) {
        let unsent = operations.deferred - withheld.ageing
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
        } else if operations.unknown > 0 || unsent > 0 {
            (status, exit) = (.failed, .destinationStop)
            let answer = lastTrouble.map { " (the last answer was \($0))" } ?? ""
            fail(
                "not_all_sent",
                "not everything could be sent\(answer): \(operations.unknown) unknown, \(unsent) deferred; "
                    + "the next run sends them again, `headrace doctor` asks the destination")
        } else if operations.rejected > 0 || withheld.total > 0 || rows.invalid > 0 {
            (status, exit) = (.completedWithErrors, .completedWithErrors)
            tell(of: withheld)
        } else {
            (status, exit) = (.succeeded, .done)
        }
    }

    private mutating func tell(of withheld: WithheldCounts) {
        func users(_ count: Int) -> String { count == 1 ? "1 user is" : "\(count) users are" }
        if withheld.quarantined > 0 {
            fail(
                "users_quarantined",
                "\(users(withheld.quarantined)) quarantined and not sent: the same values were rejected in run after run; "
                    + "change the values, or release with `headrace retry \(sync)`")
        } else if withheld.ageing > 0 {
            fail(
                "users_ageing",
                "\(users(withheld.ageing)) left for a later run, since the destination rejected the same values before; "
                    + "`headrace retry \(sync)` has them sent by the next")
        }
    }

    /// Takes over what a failure says.
    mutating func fail(_ failure: RunFailure) {
        (status, exit) = (failure.status, failure.exit)
        (error, finding) = (failure.diagnostic.sentence, failure.diagnostic)
    }

    private mutating func fail(_ code: String, _ text: String) { (error, finding) = (text, .error(code, text)) }
}
